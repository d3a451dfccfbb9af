//! `imgpress compare`: how alike two pictures look.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use imgpress_codec::{Budget, Limits, Pair};
use serde::Serialize;

use crate::files::{read, unfinished, write};
use crate::machine;
use crate::text::{Lines, shown};

/// What to compare.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The original.
    #[arg(value_name = "A")]
    original: PathBuf,
    /// Its copy, of the same size in pixels.
    #[arg(value_name = "B")]
    copy: PathBuf,
    /// A PNG to write that shows the differences, eight times as large as they are: black where there is none.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Prints a line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Comparison {
    /// SSIMULACRA2, to a hundredth.
    score: f64,
    /// Whether there was too little memory for the whole picture at once: then it is within half a point.
    in_strips: bool,
    largest_difference: u8,
    width: u32,
    height: u32,
}

/// Prints SSIMULACRA2 of the two, and writes the picture of their differences where one is asked for.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (original, copy) = (read_whole(&arguments.original)?, read_whole(&arguments.copy)?);
    let budget = Budget::unlimited();
    let pair = Pair::decode(&original, &copy, &Limits::default(), &budget)?;
    drop((original, copy));
    let (width, height) = pair.size();
    // As for the engine: the rest is for what an allocator keeps.
    let in_strips = pair.memory() > machine::memory() / 2;
    let score = if in_strips { pair.score_in_strips()? } else { pair.score()? };
    let score = (score * 100.0).round() / 100.0;
    let comparison =
        Comparison { score, in_strips, largest_difference: pair.largest_difference(), width, height };
    if let Some(path) = &arguments.output {
        let picture = pair.difference(&budget)?;
        unfinished::remove_when_asked_to_end().context("listening for Ctrl-C")?;
        write::whole(path, &picture, None, None).with_context(|| format!("writing {}", shown(path)))?;
    }
    let text = if arguments.json {
        serde_json::to_string(&comparison)?
    } else {
        let about = if in_strips { " (within 0.5: in strips, for want of memory)" } else { "" };
        format!("SSIMULACRA2 {score:.2}{about}")
    };
    Lines::stdout().write(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn read_whole(path: &Path) -> anyhow::Result<Vec<u8>> {
    read::open(path).and_then(read::Opened::read).with_context(|| format!("reading {}", shown(path)))
}
