//! Whether an image is written over: only by what is smaller, and what a second run would leave as it is.

use imgpress_codec::{Note, Outcome, Output};
use imgpress_options::{ImageFormat, Quality};

/// How often an output without loss is made smaller once more: of 20 files one PNG shrank a second time, by 21 of 40,136
/// bytes.
const ROUNDS: usize = 4;

/// Why an image is not written over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    NotSmaller,
    FramesLost,
    /// In its own format, which is this.
    NotWritten(ImageFormat),
    Unsettled,
}

impl Reason {
    pub(super) fn message(self) -> String {
        match self {
            Self::NotSmaller => "it would not get smaller".to_owned(),
            Self::FramesLost => "only the first of its pictures would be left".to_owned(),
            Self::NotWritten(format) => format!("{format} is not written"),
            Self::Unsettled => "every run would take a little more from it".to_owned(),
        }
    }
}

/// The output to write over an image of so many bytes, or why it is to stay; `compress` is what a second run would do.
///
/// # Errors
/// Those of `compress`.
pub(super) fn replacement(
    mut output: Output,
    before: u64,
    compress: impl Fn(&[u8]) -> anyhow::Result<Output>,
) -> anyhow::Result<(Output, Option<Reason>)> {
    let format = output.original.format;
    let reason = if output.format != format {
        Some(Reason::NotWritten(format))
    } else if output.notes.contains(&Note::FramesDropped) {
        Some(Reason::FramesLost)
    } else if output.bytes.len() as u64 >= before {
        Some(Reason::NotSmaller)
    } else {
        None
    };
    if reason.is_some() {
        return Ok((output, reason));
    }
    for _ in 0..ROUNDS {
        let again = compress(&output.bytes)?;
        if again.bytes.len() >= output.bytes.len() {
            return Ok((output, None));
        }
        if !is_exact(&again) {
            break;
        }
        output.bytes = again.bytes;
    }
    Ok((output, Some(Reason::Unsettled)))
}

/// Whether an output has every pixel of its input.
fn is_exact(output: &Output) -> bool {
    let is_lossless_png = output.format == ImageFormat::Png && output.quality == Quality::MAX;
    output.outcome == Outcome::Kept || is_lossless_png
}
