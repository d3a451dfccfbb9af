//! WebP outputs.

use std::borrow::Cow;

use super::Job;
use super::half_chroma::bears_half_chroma;
use super::look;
use super::ready::{Made, Ready, Source};
use crate::carry::File;
use crate::container::Extras;
use crate::container::riff::Still;
use crate::decode::tails::Tries;
use crate::encode::webp::{Pixels, check_size, method, rounding};
use crate::options::{ImageFormat, Lossless, Options, OutputFormat, Quality};
use crate::transform::Holds;
use crate::verify::Closeness;
use crate::{Error, Outcome, Output};

/// By how much the mean quantiser index of a file may be finer than that of ours, of 127, and the file still be as coarse:
/// encoding one of our files once more chooses other segments, whose mean is a little off. With it a second pass left
/// all of 40 files as they were (photographs, qualities 30 to 92).
const AS_COARSE: f32 = 3.0;

/// A file with loss whose picture is coded anew loses something once more: less than one part in so many is not worth it.
const WORTH: usize = 9;

impl Job<'_> {
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the job is one of another lifetime")]
    pub(super) fn to_webp(&self, source: Source<'_>) -> Result<Output, Error> {
        let Source { geometry, .. } = &source;
        check_size((geometry.width, geometry.height))?;
        let ready = self.ready(&source, Holds::WEBP)?;
        self.with_look(ImageFormat::Webp, source, ready, |job, source, ready| job.webp(source, ready))
    }

    /// The smallest file of the look that is asked for, or the input's own.
    pub(super) fn webp(&self, source: &Source<'_>, ready: &Ready) -> Result<Made, Error> {
        let work = Work { job: self, source, ready, pixels: Pixels::of(&ready.raster)? };
        let original = match source.info.format {
            ImageFormat::Webp if !source.is_resized() => Still::read(source.input),
            _ => None,
        };
        let kept = original.as_ref().map(|still| work.kept(still));
        let stays_lossless = match self.options.lossless {
            Lossless::Auto => self.options.format == OutputFormat::Same && is_lossless_webp(source),
            Lossless::Near => false,
            Lossless::True => true,
        };
        let is_near = self.options.lossless == Lossless::Near;
        let needs_lossless = !is_near && (stays_lossless || !bears_half_chroma(&ready.raster));
        if needs_lossless && !stays_lossless {
            source.info.check_lossless_webp(&source.geometry)?;
        }
        let mut best = None;
        if is_near {
            best = Some(work.near_lossless(self.options.quality.nominal())?);
        } else if !needs_lossless {
            let lossy = work.lossy(self.options.quality.nominal())?;
            if let (Some(original), Some(kept)) = (&original, &kept)
                && !ready.is_converted
                && is_as_coarse(original, &lossy.file)
                && self.fits(&kept.file)
                && let Some(kept) = work.kept_bare(original)?
            {
                return Ok(kept);
            }
            best = Some(lossy);
        }
        let may_be_graphic = source.info.may_be_graphic(&source.geometry);
        if best.is_none() || may_be_graphic && look::is_graphic(&ready.raster) {
            let lossless = work.lossless()?;
            best = best.filter(|best| best.file.bytes.len() < lossless.file.bytes.len()).or(Some(lossless));
        }
        let best = best.ok_or_else(|| Error::Encoder("no way to encode it was tried".into()))?;
        let most = match &original {
            Some(original) if !original.is_lossless() && !ready.is_converted => {
                best.file.bytes.len() + best.file.bytes.len() / WORTH
            }
            _ => best.file.bytes.len(),
        };
        let kept = match (&original, kept) {
            (Some(original), Some(kept)) if kept.file.bytes.len() <= most && self.fits(&kept.file) => {
                work.kept_bare(original)?
            }
            _ => None,
        };
        let best = kept.unwrap_or(best);
        if needs_lossless && !self.fits(&best.file) {
            return Err(self.over_limit(&best));
        }
        self.within_limit(
            best,
            |quality| if is_near { work.near_lossless(quality) } else { work.lossy(quality) },
        )
    }
}

/// Whether an input is a WebP of one picture without loss.
pub(super) fn is_lossless_webp(source: &Source<'_>) -> bool {
    source.info.format == ImageFormat::Webp
        && Still::read(source.input).is_some_and(|still| still.is_lossless())
}

/// Whether encoding a picture again could only lose: what it has kept is less than what is in the file that was made of it.
fn is_as_coarse(original: &Still<'_>, ours: &File) -> bool {
    let ours = Still::read(&ours.bytes).and_then(|still| still.quantiser());
    matches!((original.quantiser(), ours), (Some(theirs), Some(ours)) if theirs + AS_COARSE >= ours)
}

struct Work<'a> {
    job: &'a Job<'a>,
    source: &'a Source<'a>,
    ready: &'a Ready,
    pixels: Pixels<'a>,
}

impl Work<'_> {
    fn lossy(&self, quality: Quality) -> Result<Made, Error> {
        let Options { effort, .. } = *self.job.options;
        let bare = match &self.ready.whole {
            Some((made, file)) if *made == quality => Cow::from(file),
            _ => self.pixels.lossy(quality, effort, self.job.budget)?.into(),
        };
        Ok(self.made(self.around(&bare)?, quality, Closeness::Look(quality)))
    }

    fn lossless(&self) -> Result<Made, Error> {
        let bare = self.pixels.lossless(self.job.options.effort, self.job.budget)?;
        Ok(self.made(self.around(&bare)?, Quality::MAX, Closeness::Exact))
    }

    fn near_lossless(&self, quality: Quality) -> Result<Made, Error> {
        let (rounding, method) = (rounding(quality), method(self.job.options.effort));
        let bare = self.pixels.near_lossless(rounding, method, self.job.budget)?;
        Ok(self.made(self.around(&bare)?, quality, Closeness::Within(rounding.most())))
    }

    fn around(&self, bare: &[u8]) -> Result<File, Error> {
        let still = Still::read(bare).ok_or_else(|| Error::Encoder("libwebp made no picture".into()))?;
        Ok(self.source.encoded(self.ready, self.job.options.metadata, |extras| still.write(extras)))
    }

    fn made(&self, file: File, quality: Quality, closeness: Closeness) -> Made {
        Made {
            file,
            outcome: Outcome::Compressed,
            format: ImageFormat::Webp,
            quality,
            closeness,
            is_checked: false,
        }
    }

    /// As [`kept`](Self::kept), without what hides behind the picture's data, for which the picture is decoded: so it is
    /// asked last. `None` where that cannot be taken out.
    fn kept_bare(&self, still: &Still<'_>) -> Result<Option<Made>, Error> {
        let bare = still.without_tails(&mut Tries::new(self.job.budget))?;
        Ok(bare.map(|still| self.kept(&still)))
    }

    fn kept(&self, still: &Still<'_>) -> Made {
        let Options { metadata, quality, .. } = *self.job.options;
        let file = self.source.kept(self.ready, metadata, |extras, with_colors| {
            still.write(&Extras { icc: still.icc().as_deref().filter(|_| with_colors), ..*extras })
        });
        // What nothing more may be lost of has no other loss than it came with.
        let is_exact = still.is_lossless() || self.job.options.lossless != Lossless::Auto;
        let (quality, closeness) = if is_exact {
            (Quality::MAX, Closeness::Exact)
        } else {
            (quality.nominal(), Closeness::Look(quality.nominal()))
        };
        Made { outcome: Outcome::Kept, ..self.made(file, quality, closeness) }
    }
}
