//! `imgpress compress`: files of this machine, without a server.

mod arguments;
mod image;
mod in_place;
mod json;
mod memory;
mod plan;
mod pool;
mod progress;
mod report;
mod source;
mod table;

use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::process::ExitCode;

use anyhow::Context;

pub(crate) use self::arguments::Arguments;
use self::image::Compression;
use self::memory::Memory;
use self::plan::{Plan, Target};
use self::progress::Progress;
use self::report::Report;
use crate::cli::Usage;
use crate::files::unfinished;
use crate::machine;
use crate::text::Lines;

/// Compresses what was asked for. One image that fails does not keep the others from being done.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let options = arguments.options()?;
    let Plan { work, unreadable } = plan::plan(arguments, options.format)?;
    let to_stdout = work.iter().any(|item| item.target == Target::Stdout);
    if to_stdout && !arguments.dry_run && io::stdout().is_terminal() {
        let refused = "the image would go to the terminal; send it on, or name a file with --output";
        return Err(Usage(refused.to_owned()).into());
    }
    let compression = Compression {
        options,
        verify: arguments.verify,
        // As for the engine: the rest is for outputs and what an allocator keeps.
        memory: Memory::new(machine::memory() / 2),
        out_dir: arguments.out_dir.as_deref(),
        dry_run: arguments.dry_run,
    };
    unfinished::remove_when_asked_to_end().context("listening for Ctrl-C")?;
    let progress = Progress::of(work.iter().map(|item| item.bytes).sum());
    let results = if to_stdout { Lines::stderr() } else { Lines::stdout() };
    let mut report = Report::new(&progress, results, arguments.json);
    for error in unreadable {
        report.complain(&error.to_string())?;
    }
    let jobs =
        arguments.jobs.and_then(|jobs| NonZeroUsize::new(jobs.into())).unwrap_or_else(machine::workers);
    let mut told = Ok(());
    let compress = |number: usize| {
        let item = &work[number];
        let path = item.source.path();
        (path, progress.during(path, item.bytes, || compression.of(item)))
    };
    pool::in_order(work.len(), jobs, compress, |(path, result)| {
        let taken = report.take(path, &result);
        if told.is_ok() {
            told = taken;
        }
    })?;
    let failed = report.finish()?;
    told?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
