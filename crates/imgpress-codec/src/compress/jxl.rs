//! JPEG XL outputs.

use super::ready::{Made, Ready, Source};
use super::{Job, Stages, look};
use crate::carry::File;
use crate::colors::Colors;
use crate::container::jxl::{Boxes, Still};
use crate::decode;
use crate::jpeg::JpegFile;
use crate::metadata::Removed;
use crate::options::{ColorSpace, ImageFormat, Lossless, Options, Quality, Target};
use crate::transform::Holds;
use crate::verify::Closeness;
use crate::{Error, Outcome, Output, encode, select};

/// The coefficients of a JPEG lose nothing, and its pixels something once more: less than one part in so many is not worth it.
const WORTH_OF_JPEG: usize = 9;

/// A picture that is coded anew loses something once more. How coarsely a JPEG XL is quantised stands deep in its bits, so that
/// its size has to say it: what would save less than a quarter stays, for it may have been made at the quality that is asked for
/// with less effort. One part in so many of the new one; a choice, not measured.
const WORTH: usize = 3;

/// Hundredths that are left of a JPEG whose coefficients are coded anew, about: 78 to 87 of photographs at qualities 60
/// to 95.
const RECOMPRESSED: usize = 85;

impl Job<'_> {
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the job is one of another lifetime")]
    pub(super) fn to_jxl(&self, source: Source<'_>) -> Result<Output, Error> {
        encode::jxl::check_size((source.geometry.width, source.geometry.height))?;
        if let Some(file) = source.jpeg.filter(|_| !source.is_resized())
            && (self.options.lossless != Lossless::Auto || select::is_coarse_enough(file, self.options)?)
            && let Some(made) = self.recompressed(&source, file)?
        {
            return self.as_it_was(source, made);
        }
        let ready = self.ready(&source, Holds::JXL)?;
        if encode::jxl::takes_profile_of(&ready.raster) {
            return self
                .with_look(ImageFormat::Jxl, source, ready, |job, source, ready| job.jxl(source, ready));
        }
        drop(ready);
        let options = Options { color: ColorSpace::Srgb, ..*self.options };
        let job = Job { options: &options, ..*self };
        let ready = job.ready(&source, Holds::JXL)?;
        job.with_look(ImageFormat::Jxl, source, ready, |job, source, ready| job.jxl(source, ready))
    }

    /// A file of the look that is asked for, or the input's own picture.
    pub(super) fn jxl(&self, source: &Source<'_>, ready: &Ready) -> Result<Made, Error> {
        // Transparency loses nothing in any output.
        let loses_alpha = !encode::jxl::KEEPS_ALPHA && ready.raster.layout.has_alpha();
        let may_lose = self.options.lossless == Lossless::Auto && !loses_alpha;
        let mut best = if may_lose {
            self.lossy_jxl(source, ready, self.options.quality.nominal())?
        } else {
            self.lossless_jxl(source, ready)?
        };
        let may_be_graphic = source.info.may_be_graphic(&source.geometry) && look::is_graphic(&ready.raster);
        if !best.is_lossless() && may_be_graphic {
            let lossless = self.lossless_jxl(source, ready)?;
            best = if lossless.length() <= best.length() { lossless } else { best };
        }
        let most = |worth| best.length() + if ready.is_converted { 0 } else { best.length() / worth };
        if let Some(kept) = self.kept_jxl(source, ready)
            && kept.length() <= most(WORTH)
            && self.fits(&kept.file)
        {
            return Ok(kept);
        }
        let most = most(WORTH_OF_JPEG);
        if let Some(file) =
            source.jpeg.filter(|file| !source.is_resized() && file.length() / 100 * RECOMPRESSED <= most)
            && let Some(made) = self.recompressed(source, file)?
            && made.length() <= most
            && self.fits(&made.file)
        {
            return Ok(made);
        }
        if !may_lose && !self.fits(&best.file) {
            return Err(self.over_limit(&best));
        }
        self.within_limit(best, |quality| self.lossy_jxl(source, ready, quality))
    }

    fn lossy_jxl(&self, source: &Source<'_>, ready: &Ready, quality: Quality) -> Result<Made, Error> {
        let bare = encode::jxl::lossy(&ready.raster, quality, self.options.effort, self.budget)?;
        Ok(made(self.around(source, ready, bare), Outcome::Compressed, quality, Closeness::Look(quality)))
    }

    fn lossless_jxl(&self, source: &Source<'_>, ready: &Ready) -> Result<Made, Error> {
        let bare = encode::jxl::lossless(&ready.raster, self.options.effort, self.budget)?;
        Ok(made(self.around(source, ready, bare), Outcome::Compressed, Quality::MAX, Closeness::Exact))
    }

    fn around(&self, source: &Source<'_>, ready: &Ready, bare: Vec<u8>) -> File {
        let still = Still::new(bare.into());
        source.encoded(ready, self.options.metadata, |extras| still.write(extras))
    }

    /// The input's picture as it is, where it is a JPEG XL of one.
    fn kept_jxl(&self, source: &Source<'_>, ready: &Ready) -> Option<Made> {
        if source.info.format != ImageFormat::Jxl || source.is_resized() || source.info.frames > 1 {
            return None;
        }
        let boxes = Boxes::read(source.input);
        let codestream = boxes.codestream();
        let length = decode::jxl::codestream_length(&codestream, self.limits, self.budget)?;
        let still = boxes.still(match codestream {
            std::borrow::Cow::Borrowed(whole) => whole.get(..length)?.into(),
            std::borrow::Cow::Owned(mut whole) => {
                whole.truncate(length);
                whole.into()
            }
        });
        let mut file = source.kept(ready, self.options.metadata, |extras, _| still.write(extras));
        // It is a part of the codestream.
        file.report.removed.remove(&Removed::Profile);
        let (quality, closeness) = match self.options.lossless {
            Lossless::Auto => {
                (self.options.quality.nominal(), Closeness::Look(self.options.quality.nominal()))
            }
            Lossless::Near | Lossless::True => (Quality::MAX, Closeness::Exact),
        };
        Some(made(file, Outcome::Kept, quality, closeness))
    }

    /// A JPEG's coefficients in fewer bytes. `None` where they cannot be coded so.
    fn recompressed(&self, source: &Source<'_>, file: &JpegFile<'_>) -> Result<Option<Made>, Error> {
        let Options { metadata, effort, lossless, .. } = *self.options;
        if file.components().len() == 4 {
            return Ok(None);
        }
        let profile = match file.colors() {
            Colors::Icc(icc) => match encode::jxl::rewritten(&icc) {
                Ok(profile) => Some(profile),
                Err(_) => return Ok(None),
            },
            _ => None,
        };
        let recompress = |jpeg: &[u8]| match encode::jxl::recompress(jpeg, &source.info, effort, self.budget)
        {
            Ok(bytes) => Ok(Some(bytes)),
            // Inks, kinds of subsampling that the format has not, and tables that nothing uses.
            Err(Error::Encoder(_)) => Ok(None),
            Err(error) => Err(error),
        };
        // So that the bytes that came can be made again.
        let same = lossless == Lossless::True;
        let mut bytes = if same { recompress(&file.bare(profile.as_deref()))? } else { None };
        if bytes.is_none()
            && let Some(jpeg) = encode::jpeg::rewrite(file, profile.as_deref(), effort, self.budget)?
        {
            bytes = recompress(&jpeg)?;
        }
        let Some(bytes) = bytes else { return Ok(None) };
        self.verify.check_recompressed(&bytes, file, self.budget)?;
        let still = Boxes::read(&bytes).whole();
        let mut file_made = source.as_stored(metadata, |extras| still.write(extras));
        file_made.report.join(file.kept_profile());
        // Its pixels are what a decoder makes of the coefficients.
        let closeness = Closeness::Look(Quality::MAX);
        let made = made(file_made, Outcome::Compressed, Quality::MAX, closeness);
        Ok(Some(Made { is_checked: true, ..made }))
    }

    /// Of a picture that was coded anew without being decoded.
    fn as_it_was(&self, source: Source<'_>, made: Made) -> Result<Output, Error> {
        if !self.fits(&made.file) {
            return Err(self.over_limit(&made));
        }
        let stages = Stages { encode: self.start.elapsed(), ..Stages::default() };
        let output = self.output(made.file, made.outcome, source.info, &source.geometry, &stages);
        let score = matches!(self.options.quality, Target::Look(_)).then_some(100.0);
        Ok(Output { format: made.format, quality: Quality::MAX, score, ..output })
    }
}

fn made(file: File, outcome: Outcome, quality: Quality, closeness: Closeness) -> Made {
    Made { file, outcome, format: ImageFormat::Jxl, quality, closeness, is_checked: false }
}
