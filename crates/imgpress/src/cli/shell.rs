//! What shells and manuals know of the command line: made from the command line itself.

use std::process::ExitCode;

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::{Cli, Usage};
use crate::text::Lines;

/// Which shell.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell.
    shell: Shell,
}

/// Which page.
#[derive(Debug, Args)]
pub(crate) struct ManArguments {
    /// The command that the page is of; imgpress itself if not given.
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

/// Prints a script that completes commands, options and values.
pub(crate) fn completions(arguments: &CompletionsArguments) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "imgpress", &mut script);
    print(&script)
}

/// Prints a page in the form that `man` reads.
pub(crate) fn man(arguments: &ManArguments) -> anyhow::Result<ExitCode> {
    let mut imgpress = Cli::command();
    imgpress.build();
    let command = match &arguments.command {
        None => imgpress,
        Some(name) => page_of(&imgpress, name)?,
    };
    let mut page = Vec::new();
    let version = env!("CARGO_PKG_VERSION");
    Man::new(command).source(format!("imgpress {version}")).render(&mut page)?;
    print(&page)
}

fn page_of(imgpress: &Command, name: &str) -> Result<Command, Usage> {
    let command = imgpress.find_subcommand(name).cloned();
    command.ok_or_else(|| Usage(format!("{name:?} is no command of imgpress")))
}

fn print(text: &[u8]) -> anyhow::Result<ExitCode> {
    Lines::stdout().write(String::from_utf8_lossy(text).trim_end())?;
    Ok(ExitCode::SUCCESS)
}
