//! The way of one image: read, compressed, written.

use std::fs::Metadata;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use anyhow::Context;
use imgpress_codec::{Budget, Limits, Output, Verify, compress_verified, probe};
use imgpress_options::Options;

use crate::compress::in_place::{self, Reason};
use crate::compress::memory::Memory;
use crate::compress::plan::{Target, Work};
use crate::compress::source::Source;
use crate::files::{read, write};
use crate::text::shown;

/// How all images of a run are compressed.
pub(super) struct Compression<'a> {
    pub(super) options: Options,
    pub(super) verify: Verify,
    pub(super) memory: Memory,
    pub(super) out_dir: Option<&'a Path>,
    pub(super) dry_run: bool,
}

/// What became of an image.
pub(super) struct Receipt {
    /// Bytes of the input.
    pub(super) before: u64,
    /// Bytes of what there is now in its place, or was written elsewhere.
    pub(super) after: u64,
    /// What the codec says; its bytes have been written.
    pub(super) output: Output,
    pub(super) place: Place,
}

/// Where the output is; in a dry run, where it would be.
pub(super) enum Place {
    Stdout,
    File(PathBuf),
    OverInput,
    /// The input stays as it is.
    Unchanged(Reason),
}

impl Compression<'_> {
    /// Compresses an image and writes the output where it belongs.
    ///
    /// # Errors
    /// Nothing was written then.
    pub(super) fn of(&self, work: &Work) -> anyhow::Result<Receipt> {
        let mut reservation = self.memory.for_file(work.bytes.min(read::MOST));
        let (input, metadata) = match &work.source {
            Source::Stdin => (read::stdin()?, None),
            Source::File { path, .. } => {
                if matches!(work.target, Target::InPlace { .. }) {
                    anyhow::ensure!(!path.is_symlink(), "it is a link; name the file that it leads to");
                }
                let opened = read::open(path)?;
                let metadata = opened.metadata.clone();
                (opened.read()?, Some(metadata))
            }
        };
        let limits = Limits::default();
        let estimate = || probe(&input, &limits)?.working_set_for(&self.options, &limits);
        reservation.for_work(guarded(estimate)?);
        let before = input.len() as u64;
        let output = self.compress(&input, &limits)?;
        drop(input);
        let (mut output, place) = match (&work.target, work.target.file(output.format)) {
            (_, Some(path)) => (output, Place::File(path)),
            (Target::InPlace { .. }, _) => {
                let again = |bytes: &[u8]| self.compress(bytes, &limits);
                let (output, reason) = in_place::replacement(output, before, again)?;
                (output, reason.map_or(Place::OverInput, Place::Unchanged))
            }
            _ => (output, Place::Stdout),
        };
        let bytes = std::mem::take(&mut output.bytes);
        if !self.dry_run {
            self.write(work, &place, &bytes, metadata.as_ref())?;
        }
        let after = if matches!(place, Place::Unchanged(_)) { before } else { bytes.len() as u64 };
        Ok(Receipt { before, after, output, place })
    }

    fn compress(&self, input: &[u8], limits: &Limits) -> anyhow::Result<Output> {
        guarded(|| compress_verified(input, &self.options, limits, &Budget::unlimited(), self.verify))
    }

    fn write(
        &self,
        work: &Work,
        place: &Place,
        bytes: &[u8],
        metadata: Option<&Metadata>,
    ) -> anyhow::Result<()> {
        match place {
            Place::Unchanged(_) => Ok(()),
            Place::Stdout => to_stdout(bytes).context("writing to the standard output"),
            Place::File(path) => write::whole(path, bytes, metadata, self.out_dir)
                .with_context(|| format!("writing {}", shown(path))),
            Place::OverInput => {
                let backup = work.target == Target::InPlace { backup: true };
                let metadata = metadata.context("the standard input has no place")?;
                write::in_place(work.source.path(), bytes, metadata, backup).context("writing in place")
            }
        }
    }
}

/// A panic costs one image, not all.
fn guarded<T>(work: impl FnOnce() -> Result<T, imgpress_codec::Error>) -> anyhow::Result<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => Ok(done?),
        Err(_) => anyhow::bail!("a fault of imgpress; please report it"),
    }
}

/// Whoever has stopped reading has got what was wanted.
fn to_stdout(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
