//! Peak memory of whole processes on single large pictures, all at the same quality.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::cli::{Folders, Memory};
use crate::contender::{self, Paths};
use crate::encoder::Scale;
use crate::picture::{self, Picture};
use crate::table::Table;

/// Measures, and prints a table.
///
/// # Errors
///
/// A picture is not there, or a process fails.
pub(crate) fn run(folders: &Folders, options: &Memory) -> Result<()> {
    println!("{}", table(folders, options)?);
    Ok(())
}

/// A row for each picture and process.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn table(folders: &Folders, options: &Memory) -> Result<Table> {
    let mut encoders = super::installed(&options.encoders, folders);
    encoders.retain(|encoder| encoder.scale() == Scale::Quality);
    let contenders = contender::all(encoders, options.imgpress.as_ref());
    ensure!(!contenders.is_empty(), "no process to measure");
    let sources = picture::find(&folders.corpus)?;
    let mut table = Table::new(["picture", "process", "peak MB", "bytes a pixel", "file KB"]);
    for label in &options.pictures {
        let source = sources.iter().find(|source| source.label() == *label);
        let source = source.with_context(|| format!("there is no picture {label}"))?;
        let picture = Picture::unhashed(&source.path)?;
        let folder = tempfile::tempdir()?;
        let paths = Paths { input: &source.path, output: &folder.path().join("out.jpg"), folders };
        for contender in &contenders {
            let peak = contender.job(options.quality, &picture, &paths)?.peak()?;
            let bytes = fs::metadata(paths.output)?.len();
            table.push([
                format!("{} ({:.1} MP)", source.name, picture.megapixels()),
                contender.name(),
                format!("{peak:.0}"),
                format!("{:.1}", peak / picture.megapixels()),
                format!("{:.0}", bytes as f64 / 1e3),
            ]);
        }
    }
    Ok(table)
}
