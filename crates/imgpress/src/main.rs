//! imgpress, the one binary: each role is a subcommand. Only this crate reads the environment, the command
//! line and signals.

mod cli;
#[cfg(feature = "cli")]
mod compare;
#[cfg(feature = "cli")]
mod compress;
#[cfg(feature = "cli")]
mod files;
#[cfg(feature = "server")]
mod healthcheck;
#[cfg(feature = "gateway")]
mod keys;
#[cfg(any(feature = "cli", feature = "engine"))]
mod machine;
#[cfg(all(feature = "gateway", feature = "otel"))]
mod otel;
#[cfg(feature = "server")]
mod role;
#[cfg(feature = "engine")]
mod sandbox;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
mod settings;
#[cfg(feature = "cli")]
mod text;

use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::cli::{Command, Usage};

/// Wrong usage or configuration, as clap and most shells have it.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    match cli::parse().and_then(run) {
        Ok(code) => code,
        Err(error) => report(&error),
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        #[cfg(all(feature = "engine", feature = "gateway"))]
        Command::Serve(settings) => role::serve::run(settings),
        #[cfg(feature = "gateway")]
        Command::Gateway(settings) => role::gateway::run(settings),
        #[cfg(feature = "engine")]
        Command::Engine(settings) => role::engine::run(&settings),
        #[cfg(feature = "cli")]
        Command::Compress(arguments) => compress::run(&arguments),
        #[cfg(feature = "cli")]
        Command::Compare(arguments) => compare::run(&arguments),
        #[cfg(feature = "cli")]
        Command::Completions(arguments) => cli::shell::completions(&arguments),
        #[cfg(feature = "cli")]
        Command::Man(arguments) => cli::shell::man(&arguments),
        #[cfg(feature = "gateway")]
        Command::Keys(arguments) => keys::run(&arguments),
        #[cfg(feature = "server")]
        Command::Healthcheck(arguments) => healthcheck::run(&arguments),
    }
}

/// Says what went wrong, in one line, and picks the exit code: 2 where the caller can mend it, else 1.
#[expect(clippy::print_stderr, reason = "the last word of a process that ends")]
fn report(error: &anyhow::Error) -> ExitCode {
    if let Some(shown) = error.downcast_ref::<clap::Error>() {
        let asked_for = matches!(shown.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
        // A closed pipe (`imgpress --help | head -1`) is no failure.
        let _ = shown.print();
        return if asked_for { ExitCode::SUCCESS } else { ExitCode::from(EXIT_USAGE) };
    }
    eprintln!("imgpress: {error:#}");
    if error.is::<Usage>() { ExitCode::from(EXIT_USAGE) } else { ExitCode::FAILURE }
}
