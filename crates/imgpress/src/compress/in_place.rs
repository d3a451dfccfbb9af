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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use imgpress_codec::{Budget, Limits, compress};
    use imgpress_options::{Options, OutputFormat};

    use super::*;

    /// A PNG made anew, said to have so many bytes.
    fn png(bytes: usize) -> Output {
        let options = Options { format: OutputFormat::Png, ..Options::default() };
        let of = |input: &[u8]| compress(input, &options, &Limits::default(), &Budget::unlimited()).unwrap();
        let once = of(b"P6 2 1 255\n\xff\x00\x00\x00\x00\xff");
        Output { bytes: vec![0; bytes], outcome: Outcome::Compressed, ..of(&once.bytes) }
    }

    /// What is written over an image of 100 bytes, if anything is, when the first output has 90 and further runs have these.
    fn written(runs: &[usize], change: impl Fn(Output) -> Output) -> Result<usize, Reason> {
        let run = Cell::new(0);
        let again = |_: &[u8]| {
            let bytes = runs[run.replace(run.get() + 1).min(runs.len() - 1)];
            Ok(change(png(bytes)))
        };
        let (output, reason) = replacement(change(png(90)), 100, again).unwrap();
        reason.map_or(Ok(output.bytes.len()), Err)
    }

    fn lossy(output: Output) -> Output {
        Output { quality: Quality::default(), ..output }
    }

    #[test]
    fn what_a_second_run_leaves_is_written() {
        assert_eq!(written(&[90], lossy), Ok(90));
        assert_eq!(written(&[95], lossy), Ok(90));
    }

    #[test]
    fn without_loss_it_is_made_as_small_as_it_gets() {
        assert_eq!(written(&[88, 87, 87], |output| output), Ok(87));
        assert_eq!(
            written(&[89, 88, 87, 86, 85], |output| output),
            Err(Reason::Unsettled),
            "there is an end"
        );
    }

    #[test]
    fn what_would_lose_more_with_each_run_is_left_alone() {
        assert_eq!(written(&[88, 88], lossy), Err(Reason::Unsettled));
    }

    #[test]
    fn what_is_no_smaller_is_left_alone() {
        let (_, reason) = replacement(png(100), 100, |_| panic!("there is nothing to try")).unwrap();
        assert_eq!(reason, Some(Reason::NotSmaller));
    }
}
