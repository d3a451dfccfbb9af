//! AVIF outputs.

use super::Job;
use super::ready::{Made, Ready, Source};
use crate::carry::File;
use crate::container::Extras;
use crate::container::av1::quantizer_index;
use crate::container::avif::Still;
use crate::decode::{self, tails::Tries};
use crate::options::{ImageFormat, Lossless, Options, Quality};
use crate::transform::Holds;
use crate::verify::{Closeness, generous};
use crate::{Error, Outcome, Output, encode};

/// A picture that is coded anew loses something once more: less than one part in so many is not worth it.
const WORTH: usize = 9;

/// How far apart the base quantiser indices of the efforts are at the same look: three steps of libaom's numbers. A file
/// that is no finer than so much above what is asked for is as coarse as it.
const NEAR: u8 = 12;

/// How much is done to a picture that may be kept.
#[derive(Clone, Copy)]
enum Kept {
    /// Nothing: it is not chosen yet.
    AsItIs,
    /// What hides in its data is taken out, for which it is decoded.
    Bare,
}

impl Job<'_> {
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the job is one of another lifetime")]
    pub(super) fn to_avif(&self, source: Source<'_>) -> Result<Output, Error> {
        encode::avif::check_size((source.geometry.width, source.geometry.height))?;
        let ready = self.ready(&source, Holds::AVIF)?;
        if source.info.is_avif_alone(self.options, &source.geometry) {
            return self.avif_alone(source, ready);
        }
        self.with_look(ImageFormat::Avif, source, ready, |job, source, ready| job.avif(source, ready))
    }

    /// The only file that is given out of a picture, at one quality or within bytes. Unless it is to be checked, the
    /// picture's pixels are given back before libaom takes ten times as much.
    fn avif_alone(&self, source: Source<'_>, mut ready: Ready) -> Result<Output, Error> {
        let Options { effort, metadata, .. } = *self.options;
        let pictures = encode::avif::Pictures::of(&ready.raster)?;
        if !self.verify.may_take(ready.raster.width * ready.raster.height) {
            ready.raster.pixels = Vec::new();
        }
        let encoded = |quality| {
            let still = pictures.encode(quality, effort, self.budget)?;
            let file = source.encoded(&ready, metadata, |extras| still.write(extras));
            Ok(made(file, Outcome::Compressed, quality))
        };
        let first = encoded(self.options.quality.nominal())?;
        let best = self.within_limit(first, encoded)?;
        self.finish(source, ready, best)
    }

    /// A file of the look that is asked for, or the input's own: where it is quantised as coarsely already, or is hardly
    /// larger.
    pub(super) fn avif(&self, source: &Source<'_>, ready: &Ready) -> Result<Made, Error> {
        if self.options.lossless != Lossless::Auto {
            return self.avif_as_it_is(source, ready);
        }
        let quality = self.options.quality.nominal();
        let mine = encode::avif::index(quality, self.options.effort);
        let kept = match self.kept_avif(source, ready, Kept::AsItIs)? {
            Some((kept, Some(theirs)))
                if theirs.saturating_add(NEAR) >= mine && !ready.is_converted && self.fits(&kept.file) =>
            {
                match self.kept_avif(source, ready, Kept::Bare)? {
                    Some((kept, _)) => return Ok(kept),
                    None => None,
                }
            }
            other => other.map(|(kept, _)| kept),
        };
        let encoded = self.encoded_avif(source, ready, quality)?;
        let most = encoded.length() + if ready.is_converted { 0 } else { encoded.length() / WORTH };
        let kept = match kept {
            Some(kept) if kept.length() <= most && self.fits(&kept.file) => {
                self.kept_avif(source, ready, Kept::Bare)?
            }
            _ => None,
        };
        let best = kept.map_or(encoded, |(kept, _)| kept);
        self.within_limit(best, |quality| self.encoded_avif(source, ready, quality))
    }

    /// Of what may lose nothing: the input's own file, or none.
    fn avif_as_it_is(&self, source: &Source<'_>, ready: &Ready) -> Result<Made, Error> {
        let kept = self.kept_avif(source, ready, Kept::Bare)?;
        let (kept, _) = kept.ok_or(Error::Lossy { format: ImageFormat::Avif })?;
        if self.fits(&kept.file) {
            return Ok(Made { quality: Quality::MAX, closeness: Closeness::Exact, ..kept });
        }
        Err(self.over_limit(&kept))
    }

    fn encoded_avif(&self, source: &Source<'_>, ready: &Ready, quality: Quality) -> Result<Made, Error> {
        let Options { effort, metadata, .. } = *self.options;
        let around = |still: Still<'_>| source.encoded(ready, metadata, |extras| still.write(extras));
        if let Some((known, bare)) = &ready.whole
            && *known == quality
        {
            let limits = generous();
            let parser = decode::avif::parse(bare, &limits)?;
            if let Some(still) = Still::read(&parser) {
                return Ok(made(around(still), Outcome::Compressed, quality));
            }
        }
        let still = encode::avif::encode(&ready.raster, quality, effort, self.budget)?;
        Ok(made(around(still), Outcome::Compressed, quality))
    }

    /// The input as it is, where it is an AVIF of one picture, and its base quantiser index.
    fn kept_avif(
        &self,
        source: &Source<'_>,
        ready: &Ready,
        kept: Kept,
    ) -> Result<Option<(Made, Option<u8>)>, Error> {
        if source.info.format != ImageFormat::Avif || source.is_resized() {
            return Ok(None);
        }
        let parser = decode::avif::parse(source.input, self.limits)?;
        let still = match (Still::read(&parser), kept) {
            (Some(still), Kept::Bare) => still.without_tails(&mut Tries::new(self.budget))?,
            (still, _) => still,
        };
        let Some(still) = still else { return Ok(None) };
        let file = source.kept(ready, self.options.metadata, |extras, with_colors| {
            still.write(&Extras { icc: still.icc().as_deref().filter(|_| with_colors), ..*extras })
        });
        Ok(Some((
            made(file, Outcome::Kept, self.options.quality.nominal()),
            quantizer_index(&still.color.data),
        )))
    }
}

fn made(file: File, outcome: Outcome, quality: Quality) -> Made {
    Made {
        file,
        outcome,
        format: ImageFormat::Avif,
        quality,
        closeness: Closeness::Look(quality),
        is_checked: false,
    }
}
