//! What each subcommand does.

mod auto;
mod choice;
mod cpu;
mod crops;
mod decode;
mod encode;
mod format_quality;
mod formats;
mod memory;
mod process;
mod quality;
mod rd;
mod report;
mod scale;
mod service;

use anyhow::Result;

use crate::cli::{Cli, Command, Folders};
use crate::clock;
use crate::encoder::{self, Encoder};

/// Runs what the command line asks for.
///
/// # Errors
///
/// Something that it needs is missing or fails.
pub(crate) fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Rd(options) => rd::run(&cli.folders, &options),
        Command::Cpu(options) => cpu::run(&cli.folders, &options),
        Command::Decode(options) => decode::run(&cli.folders, &options),
        Command::Process(options) => process::run(&cli.folders, &options),
        Command::Crops(options) => crops::run(&cli.folders, &options),
        Command::Memory(options) => memory::run(&cli.folders, &options),
        Command::Service(options) => service::run(&cli.folders, &options),
        Command::Auto(options) => auto::run(&cli.folders, &options),
        Command::Choice(options) => choice::run(&cli.folders, &options),
        Command::Formats(options) => formats::run(&cli.folders, &options),
        Command::Scale(options) => scale::run(&cli.folders, &options),
        Command::Quality(options) => quality::run(&cli.folders, &options),
        Command::Report(options) => report::run(&cli.folders, &options),
        Command::Encode(options) => encode::run(&cli.folders, &options),
        Command::Run { command } => {
            let usage = clock::run(&command)?;
            println!("{} {}", usage.cpu, usage.peak);
            Ok(())
        }
    }
}

/// The encoders of these names; those that are not there are said to be left out.
fn installed(names: &[String], folders: &Folders) -> Vec<Box<dyn Encoder>> {
    let found = names.iter().filter_map(|name| match encoder::by_name(name, &folders.peers) {
        Ok(encoder) => Some(encoder),
        Err(error) => {
            eprintln!("skipped: {error:#}");
            None
        }
    });
    found.collect()
}
