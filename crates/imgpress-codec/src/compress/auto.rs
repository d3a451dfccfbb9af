//! The format that takes the fewest bytes.

use std::cmp::Reverse;

use super::ready::{Made, Ready, Source};
use super::sought::Sight;
use super::{Job, look};
#[cfg(feature = "webp")]
use crate::error::TooLarge;
use crate::jpeg::JpegFile;
use crate::options::{ImageFormat, Lossless, Options, Quality, Target};
use crate::transform::Holds;
use crate::{Error, Note, Outcome, Output, encode, select};

/// A score so near to what is wanted counts as that.
const NEAR: f64 = 1.0;

/// How much larger a file becomes for each point of its score: 5 to 7 % between 70 and 85 (class `clic`).
const BYTES_OF_A_POINT: f64 = 0.06;

/// A file that is likely to be so much larger than another is not made to find out.
const UNSURE: f64 = 1.1;

impl Job<'_> {
    /// The smallest of the files that are worth a try: opaque pictures as JPEG and WebP, those with alpha as WebP, and
    /// what looks like graphics without loss too, and as JPEG XL or AVIF what may be one.
    ///
    /// What has lost as much already as is asked for stays as it is: another format would take away more.
    pub(super) fn to_smallest(&self, input: &[u8], jpeg: Option<&JpegFile<'_>>) -> Result<Output, Error> {
        let source = self.source(input, jpeg)?;
        #[cfg(feature = "webp")]
        if source.info.is_animated() {
            return self.to_animation(source);
        }
        let Options { jxl: may_be_jxl, avif, .. } = source.info.affordable(self.options, self.limits);
        let may_lose = self.options.lossless == Lossless::Auto;
        // An AVIF that may lose nothing can stay, and nothing else becomes one.
        let may_be_avif = avif && (may_lose || source.info.format == ImageFormat::Avif);
        if let Some(file) = jpeg
            && may_lose
            && !source.is_resized()
            && select::is_coarse_enough(file, self.options)?
        {
            match self.to_jpeg(input, jpeg) {
                Err(Error::TargetUnreachable { .. }) => {}
                kept if may_be_jxl => {
                    // Of the same coefficients, or not at all.
                    let jxl = self.jxl_if_built(input, jpeg);
                    let is_whole = jxl.as_ref().is_ok_and(|jxl| jxl.quality == Quality::MAX);
                    return self.better(kept, if is_whole { jxl } else { Err(NOTHING) });
                }
                kept => return kept,
            }
        }
        let ready = self.ready(&source, Holds::ANY)?;
        let may_be_jpeg =
            !ready.raster.layout.has_alpha() && (may_lose || jpeg.is_some() && !source.is_resized());
        let mut stays = false;
        // A WebP that no JPEG stands beside is what is given out.
        let sight = if may_be_jpeg { Sight::Far } else { Sight::Near };
        // The picture's memory is given back before the next begins.
        let first = self.with_look_by(sight, ImageFormat::Webp, source, ready, |job, source, ready| {
            let made = job.smallest_with_alpha(source, ready)?;
            stays = made.outcome == Outcome::Kept && !made.is_lossless();
            Ok(made)
        });
        if stays {
            return first;
        }
        let first = if may_be_jpeg {
            let rival = self.to_jpeg(input, jpeg);
            self.better(self.sharpened(first, &rival, input, jpeg), rival)
        } else {
            first
        };
        let jxl = if may_be_jxl { self.jxl_if_built(input, jpeg) } else { Err(NOTHING) };
        if is_kept(&jxl) {
            return jxl;
        }
        let avif = if may_be_avif { self.avif_if_built(input, jpeg) } else { Err(NOTHING) };
        if is_kept(&avif) { avif } else { self.better(self.better(first, jxl), avif) }
    }

    #[cfg(feature = "jxl")]
    fn jxl_if_built(&self, input: &[u8], jpeg: Option<&JpegFile<'_>>) -> Result<Output, Error> {
        let source = self.source(input, jpeg)?;
        let size = (source.geometry.width, source.geometry.height);
        encode::jxl::check_size(size).map_err(|_| NOTHING)?;
        self.to_jxl(source)
    }

    #[cfg(not(feature = "jxl"))]
    #[expect(clippy::unused_self, reason = "as where it is built")]
    fn jxl_if_built(&self, _input: &[u8], _jpeg: Option<&JpegFile<'_>>) -> Result<Output, Error> {
        Err(NOTHING)
    }

    #[cfg(feature = "avif")]
    fn avif_if_built(&self, input: &[u8], jpeg: Option<&JpegFile<'_>>) -> Result<Output, Error> {
        let source = self.source(input, jpeg)?;
        let size = (source.geometry.width, source.geometry.height);
        encode::avif::check_size(size).map_err(|_| NOTHING)?;
        self.to_avif(source)
    }

    #[cfg(not(feature = "avif"))]
    #[expect(clippy::unused_self, reason = "as where it is built")]
    fn avif_if_built(&self, _input: &[u8], _jpeg: Option<&JpegFile<'_>>) -> Result<Output, Error> {
        Err(NOTHING)
    }

    /// What was made with a look sought from afar, made with one sought until it is near; nothing, where it would then not be
    /// smaller than its rival.
    fn sharpened(
        &self,
        made: Result<Output, Error>,
        rival: &Result<Output, Error>,
        input: &[u8],
        jpeg: Option<&JpegFile<'_>>,
    ) -> Result<Output, Error> {
        let (Ok(webp), Target::Look(wanted)) = (&made, self.options.quality) else { return made };
        let is_lossy = webp.format == ImageFormat::Webp && webp.outcome == Outcome::Compressed;
        let missing =
            webp.score.filter(|score| is_lossy && *score < 100.0).map_or(0.0, |score| wanted.get() - score);
        if missing.abs() <= NEAR || webp.lacks() > 0 {
            return made;
        }
        let expected = webp.length() as f64 * (missing * BYTES_OF_A_POINT).exp();
        if rival.as_ref().is_ok_and(|rival| expected > rival.length() as f64 * UNSURE) {
            return Err(NOTHING);
        }
        let source = self.source(input, jpeg)?;
        let ready = self.ready(&source, Holds::ANY)?;
        self.with_look(ImageFormat::Webp, source, ready, |job, source, ready| {
            job.smallest_with_alpha(source, ready)
        })
    }

    /// The smallest of those that keep alpha.
    fn smallest_with_alpha(&self, source: &Source<'_>, ready: &Ready) -> Result<Made, Error> {
        let is_graphic = source.info.may_be_graphic(&source.geometry) && look::is_graphic(&ready.raster);
        let webp = self.webp_if_built(source, ready);
        let keeps = ready.raster.layout.has_alpha() || self.options.lossless != Lossless::Auto;
        let is_alone = !encode::is_built(ImageFormat::Webp) && keeps;
        let png = if is_graphic || is_alone {
            self.png(source, ready)
        } else {
            let kept = self.kept_png(source, ready, usize::MAX).filter(|kept| self.fits(&kept.file));
            kept.ok_or(NOTHING)
        };
        self.better(webp, png)
    }

    #[cfg(feature = "webp")]
    fn webp_if_built(&self, source: &Source<'_>, ready: &Ready) -> Result<Made, Error> {
        let (width, height) = ready.raster.size();
        encode::webp::check_size((width, height)).map_err(|_| NOTHING)?;
        match self.webp(source, ready) {
            // A JPEG has the colours.
            Err(Error::TooLarge(TooLarge::ForColors { .. })) if !ready.raster.layout.has_alpha() => {
                Err(NOTHING)
            }
            made => made,
        }
    }

    #[cfg(not(feature = "webp"))]
    #[expect(clippy::unused_self, reason = "as where it is built")]
    fn webp_if_built(&self, _source: &Source<'_>, _ready: &Ready) -> Result<Made, Error> {
        Err(NOTHING)
    }

    /// The one with fewer bytes, or where a limit may have cost quality, the one with more of that; of those that do not
    /// have the look, the one that comes nearer. The first where they are the same.
    fn better<T: Candidate>(&self, one: Result<T, Error>, other: Result<T, Error>) -> Result<T, Error> {
        match (one, other) {
            (Ok(one), Ok(other)) => {
                let ceiling = match self.options.quality {
                    Target::Fixed(quality) => quality,
                    // Each has the look, by whatever quality of its own.
                    Target::Look(_) => Quality::MIN,
                };
                let key = |made: &T| (made.lacks(), Reverse(made.quality().min(ceiling)), made.length());
                Ok(if key(&other) < key(&one) { other } else { one })
            }
            (Err(Error::TargetUnreachable { smallest, limit }), other) => {
                other.map_err(|error| match error {
                    Error::TargetUnreachable { smallest: also, .. } => {
                        Error::TargetUnreachable { smallest: smallest.min(also), limit }
                    }
                    error => error,
                })
            }
            (Ok(one), Err(Error::TargetUnreachable { .. })) => Ok(one),
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }
}

/// What a format that is not tried comes to.
const NOTHING: Error = Error::TargetUnreachable { smallest: u64::MAX, limit: u64::MAX };

/// Whether an input is of this format already, and stays what it is.
fn is_kept(made: &Result<Output, Error>) -> bool {
    made.as_ref().is_ok_and(|made| made.outcome == Outcome::Kept)
}

/// What is compared.
trait Candidate {
    fn length(&self) -> usize;
    fn quality(&self) -> crate::options::Quality;
    /// Tenths of a point below a score of 100, where the look that was asked for is not reached.
    fn lacks(&self) -> u32 {
        0
    }
}

impl Candidate for Made {
    fn length(&self) -> usize {
        self.file.bytes.len()
    }

    fn quality(&self) -> crate::options::Quality {
        self.quality
    }
}

impl Candidate for Output {
    fn length(&self) -> usize {
        self.bytes.len()
    }

    fn quality(&self) -> crate::options::Quality {
        self.quality
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and no score is a billion"
    )]
    fn lacks(&self) -> u32 {
        let is_short =
            [Note::MaxBytesReached, Note::LookNotReached].iter().any(|note| self.notes.contains(note));
        if is_short { self.score.map_or(0, |score| ((100.0 - score) * 10.0) as u32) } else { 0 }
    }
}
