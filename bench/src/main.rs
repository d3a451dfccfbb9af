//! Measures JPEG encoders: size at equal look, CPU time and memory. See `bench/README.md`.

mod bd;
mod cache;
mod charts;
mod cli;
mod clock;
mod command;
mod comparison;
mod contender;
mod decoder;
mod encoder;
mod http;
mod load;
mod look;
mod machine;
mod measure;
mod picture;
mod plot;
mod scene;
mod score;
mod server;
mod sheet;
mod statistics;
mod subset;
mod table;
mod tool;
mod versions;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match command::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("imgpress-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
