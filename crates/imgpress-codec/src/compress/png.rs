//! PNG outputs.

use super::Job;
use super::ready::{Made, Ready, Source};
use crate::carry::File;
use crate::container::png::Still;
use crate::options::{ImageFormat, Lossless, Options, OutputFormat, Quality};
use crate::transform::Holds;
use crate::verify::Closeness;
use crate::{Error, Outcome, Output, encode};

impl Job<'_> {
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the job is one of another lifetime")]
    pub(super) fn to_png(&self, source: Source<'_>) -> Result<Output, Error> {
        let ready = self.ready(&source, Holds::PNG)?;
        self.with_look(ImageFormat::Png, source, ready, |job, source, ready| job.png(source, ready))
    }

    /// The smallest file of every pixel, or the input's own.
    pub(super) fn png(&self, source: &Source<'_>, ready: &Ready) -> Result<Made, Error> {
        let Options { metadata, effort, .. } = *self.options;
        let bare = encode::png::lossless(&ready.raster, effort, self.budget)?;
        let still = Still::read(&bare).ok_or_else(|| Error::Encoder("a PNG without a picture".into()))?;
        let file = source.encoded(ready, metadata, |extras| still.write(extras, true));
        let mut encoded = made(file, Outcome::Compressed);
        if let Some(quantised) = self.quantised(source, ready)? {
            encoded = if quantised.length() < encoded.length() { quantised } else { encoded };
        }
        let best = self.kept_png(source, ready, encoded.length()).unwrap_or(encoded);
        if self.fits(&best.file) {
            return Ok(best);
        }
        Err(self.over_limit(&best))
    }

    /// A file of few colours, where a quality was asked for.
    fn quantised(&self, source: &Source<'_>, ready: &Ready) -> Result<Option<Made>, Error> {
        let Options { metadata, quality, effort, format, .. } = *self.options;
        let quality = quality.nominal();
        let may_lose = self.options.lossless == Lossless::Auto && self.options.asks_quality();
        if !may_lose || format == OutputFormat::Auto {
            return Ok(None);
        }
        let Some((bare, shown)) = encode::png::quantised(&ready.raster, quality, effort, self.budget)? else {
            return Ok(None);
        };
        let still = Still::read(&bare).ok_or_else(|| Error::Encoder("a PNG without a picture".into()))?;
        let file = source.encoded(ready, metadata, |extras| still.write(extras, true));
        // Here, because nobody else knows the colours that it is to have.
        self.verify.check_file(&file.bytes, &shown, Closeness::Exact)?;
        let closeness = Closeness::Look(quality);
        Ok(Some(Made { quality, closeness, is_checked: true, ..made(file, Outcome::Compressed) }))
    }

    /// The input as it is, where it is a PNG that may be kept, of at most so many bytes.
    pub(super) fn kept_png(&self, source: &Source<'_>, ready: &Ready, most: usize) -> Option<Made> {
        let is_png = source.info.format == ImageFormat::Png && !source.is_resized();
        let still = is_png.then(|| Still::read(source.input)).flatten()?;
        let file =
            source.kept(ready, self.options.metadata, |extras, with_colors| still.write(extras, with_colors));
        let kept = made(file, Outcome::Kept);
        // Last, since it takes as long as to decode the picture.
        (kept.length() <= most && still.ends_with_picture()).then_some(kept)
    }
}

fn made(file: File, outcome: Outcome) -> Made {
    Made {
        file,
        outcome,
        format: ImageFormat::Png,
        quality: Quality::MAX,
        closeness: Closeness::Exact,
        is_checked: false,
    }
}
