//! What was typed: the command line, with every flag's environment variable, and `.env` ahead of both.

mod refusal;
#[cfg(feature = "cli")]
pub(crate) mod shell;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::cli::refusal::refusal;

/// Compresses images as far as they keep their look.
///
/// Every flag has an environment variable, shown in brackets. A .env file in the working directory is read
/// first and never overrides the real environment.
#[derive(Debug, Parser)]
#[command(name = "imgpress", version, max_term_width = 110, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// The roles that this build has.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the public API with the engine embedded: one process, nothing to configure.
    #[cfg(all(feature = "engine", feature = "gateway"))]
    Serve(Box<crate::settings::ServeSettings>),
    /// Runs the public API alone, in front of an engine.
    #[cfg(feature = "gateway")]
    Gateway(Box<crate::settings::GatewayRoleSettings>),
    /// Runs the compression engine alone: no secrets, no storage, no outgoing connection.
    #[cfg(feature = "engine")]
    Engine(crate::settings::EngineRoleSettings),
    /// Compresses files of this machine, without a server.
    #[cfg(feature = "cli")]
    Compress(Box<crate::compress::Arguments>),
    /// Prints how alike two pictures look: SSIMULACRA2.
    #[cfg(feature = "cli")]
    Compare(crate::compare::Arguments),
    /// Prints completions for a shell.
    #[cfg(feature = "cli")]
    Completions(shell::CompletionsArguments),
    /// Prints a manual page.
    #[cfg(feature = "cli")]
    Man(shell::ManArguments),
    /// Makes, lists and revokes API keys; running gateways take up the change.
    #[cfg(feature = "gateway")]
    Keys(crate::keys::Arguments),
    /// Exits with 0 if a URL answers 200: for container health checks.
    #[cfg(feature = "server")]
    Healthcheck(crate::healthcheck::Arguments),
}

/// Wrong usage or configuration, in one line that says what to change.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// Reads `.env`, the environment and the command line.
pub(crate) fn parse() -> anyhow::Result<Command> {
    read_env_file()?;
    let command = Cli::command().mut_subcommands(|role| role.mut_args(without_empty_variable));
    let matches = command.clone().try_get_matches().map_err(|error| refusal(error, &command))?;
    Ok(Cli::from_arg_matches(&matches)?.command)
}

fn read_env_file() -> anyhow::Result<()> {
    match dotenvy::from_path(".env") {
        Err(error) if !error.not_found() => Err(Usage(format!(".env cannot be read: {error}")).into()),
        _ => Ok(()),
    }
}

/// A variable that is set to nothing is not set: compose files and unit files make many of those.
fn without_empty_variable(argument: clap::Arg) -> clap::Arg {
    let name = argument.get_env().map(std::ffi::OsStr::to_owned);
    match name.and_then(std::env::var_os) {
        Some(value) if value.is_empty() => argument.env(clap::builder::Resettable::Reset),
        _ => argument,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    /// What runs and is set up by its environment; the others do one thing and are told what.
    fn is_service(role: &str) -> bool {
        !matches!(role, "compress" | "compare" | "completions" | "man")
    }

    #[test]
    fn every_setting_of_a_service_has_a_variable() {
        for role in Cli::command().get_subcommands().filter(|role| is_service(role.get_name())) {
            for argument in role.get_arguments().filter(|argument| !argument.is_positional()) {
                let long = argument.get_long().unwrap_or_default();
                if matches!(long, "help" | "version") {
                    continue;
                }
                let variable = argument.get_env().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
                let derived = long.to_uppercase().replace('-', "_");
                let own_name = format!("IMGPRESS_{derived}");
                assert!(variable == own_name || variable == derived, "--{long} has {variable:?}");
            }
        }
    }
}
