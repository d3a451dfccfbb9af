//! What is read and what is written, decided before any work starts.

mod collisions;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use imgpress_options::{ImageFormat, OutputFormat};

use crate::cli::Usage;
use crate::compress::arguments::Arguments;
use crate::compress::source::{self, STANDARD, Source};

/// Bytes of a file by which its format is recognised.
const START: u64 = 256;

/// One image and where its result goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) source: Source,
    pub(super) target: Target,
    /// Bytes of the source as it is now, for the progress of all; 0 where that is not known.
    pub(super) bytes: u64,
}

/// Where a result goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Stdout,
    /// This file.
    File(PathBuf),
    /// A file of this name, with the extension of the format that turns out to be the smallest.
    FileOfAnyFormat(PathBuf),
    /// The place of the source.
    InPlace {
        backup: bool,
    },
}

/// All that is to be done, and what could not even be looked at.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) work: Vec<Work>,
    pub(super) unreadable: Vec<io::Error>,
}

impl Target {
    /// The file to write a result of this format to; `None` for what is no file of its own.
    pub(super) fn file(&self, format: ImageFormat) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(path.clone()),
            Self::FileOfAnyFormat(path) => Some(named(path, format)),
            Self::Stdout | Self::InPlace { .. } => None,
        }
    }
}

/// Decides what is read and what is written.
///
/// # Errors
/// Two images would be written to one file, several to the one that `--output` names, or one over an input.
pub(super) fn plan(arguments: &Arguments, format: OutputFormat) -> Result<Plan, Usage> {
    let out_dir = arguments.out_dir.as_deref();
    let listing = source::list(&arguments.inputs, arguments.recursive, out_dir)?;
    let mut work = Vec::with_capacity(listing.sources.len());
    for source in listing.sources {
        let target = target(arguments, &source, format)?;
        let bytes = fs::metadata(source.path()).map_or(0, |metadata| metadata.len());
        work.push(Work { source, target, bytes });
    }
    if arguments.output.is_some() && work.len() > 1 {
        return Err(Usage("--output names one file, but there are several images; use --out-dir".to_owned()));
    }
    let work = collisions::without_repeats(work);
    collisions::refuse_shared_names(&work)?;
    collisions::refuse_overwriting(&work)?;
    Ok(Plan { work, unreadable: listing.unreadable })
}

fn target(arguments: &Arguments, source: &Source, format: OutputFormat) -> Result<Target, Usage> {
    let Arguments { output, out_dir, in_place, backup, .. } = arguments;
    match (output, out_dir, source) {
        (Some(output), ..) if output.as_os_str() == STANDARD => Ok(Target::Stdout),
        (Some(output), ..) => Ok(Target::File(output.clone())),
        (None, Some(folder), Source::File { path, name }) => Ok(in_folder(&folder.join(name), path, format)),
        (None, None, Source::File { .. }) if *in_place => Ok(Target::InPlace { backup: *backup }),
        (None, None, Source::Stdin) if !in_place && arguments.inputs.len() == 1 => Ok(Target::Stdout),
        (None, None, Source::File { .. }) => {
            Err(Usage("it is not said where to write: --output FILE, --out-dir DIR or --in-place".to_owned()))
        }
        (None, _, Source::Stdin) => Err(Usage(
            "the standard input has no name; compress it alone, with --output FILE or to the standard output"
                .to_owned(),
        )),
    }
}

fn in_folder(output: &Path, source: &Path, format: OutputFormat) -> Target {
    match format {
        OutputFormat::Auto => Target::FileOfAnyFormat(output.to_owned()),
        // A format that is not written becomes PNG. What cannot be read will fail, whatever it would be called.
        OutputFormat::Same => {
            let same = format_of(source).and_then(|format| OutputFormat::of_extension(format.extension()));
            let same = same.and_then(OutputFormat::fixed).unwrap_or(ImageFormat::Png);
            Target::File(named(output, same))
        }
        other => {
            Target::File(other.fixed().map_or_else(|| output.to_owned(), |format| named(output, format)))
        }
    }
}

fn format_of(path: &Path) -> Option<ImageFormat> {
    // Opening a pipe would wait for whoever writes to it.
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut start = Vec::new();
    File::open(path).ok()?.take(START).read_to_end(&mut start).ok()?;
    imgpress_codec::recognise(&start).ok()
}

/// A name with the extension of a format, unless it has one already: `a.JPG` and `a.jpeg` stay as they are.
fn named(path: &Path, format: ImageFormat) -> PathBuf {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let is_fit = extension.and_then(OutputFormat::of_extension).and_then(OutputFormat::fixed) == Some(format);
    if is_fit { path.to_owned() } else { path.with_extension(format.extension()) }
}

#[cfg(test)]
mod tests;
