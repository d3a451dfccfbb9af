//! The format that takes the fewest bytes.

mod built;
mod candidate;

use self::built::NOTHING;
use self::candidate::Candidate as _;
use super::ready::{Made, Ready, Source};
use super::sought::Sight;
use super::{Job, look};
use crate::jpeg::JpegFile;
use crate::options::{ImageFormat, Lossless, Options, Quality, Target};
use crate::transform::Holds;
use crate::{Error, Outcome, Output, encode, select};

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
            && let Some(kept) = self.coarse(input, jpeg, may_be_jxl)
        {
            return kept;
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

    /// A JPEG that has lost enough already, with its own coefficients: as JPEG XL too, where it may be one. `None` where no
    /// such file is small enough.
    fn coarse(
        &self,
        input: &[u8],
        jpeg: Option<&JpegFile<'_>>,
        may_be_jxl: bool,
    ) -> Option<Result<Output, Error>> {
        match self.to_jpeg(input, jpeg) {
            Err(Error::TargetUnreachable { .. }) => None,
            kept if may_be_jxl => {
                let jxl = self.jxl_if_built(input, jpeg);
                let is_whole = jxl.as_ref().is_ok_and(|jxl| jxl.quality == Quality::MAX);
                Some(self.better(kept, if is_whole { jxl } else { Err(NOTHING) }))
            }
            kept => Some(kept),
        }
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
}

/// Whether an input is of this format already, and stays what it is.
fn is_kept(made: &Result<Output, Error>) -> bool {
    made.as_ref().is_ok_and(|made| made.outcome == Outcome::Kept)
}
