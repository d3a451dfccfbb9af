//! Animations that stay animated: as WebP, each frame with what is new in it.

mod coder;
mod frame;

use std::time::{Duration, Instant};

use super::ready::{Made, Ready, Source};
use super::{Job, Stages};
use crate::carry::File;
use crate::colors::{Colors, Statement};
use crate::container::Extras;
use crate::container::riff::{Moving, Strip};
use crate::decode::animation::{Canvas, Patch, Patches};
use crate::decode::tails::Tries;
use crate::encode::webp::{check_size, rounding};
use crate::error::TooLarge;
use crate::geometry::Geometry;
use crate::metadata::Note;
use crate::options::{ImageFormat, Lossless, OutputFormat, Quality};
use crate::probe::FEW_PIXELS;
use crate::raster::{Layout, Raster};
use crate::transform::{self, Holds};
use crate::verify::Closeness;
use crate::{Error, ImageInfo, Outcome, Output};

use coder::{Coder, Losses};
use frame::Change;

/// By how much the mean quantiser index of an animation may be finer than that of ours, of 127, and it still be as
/// coarse, as of still pictures.
const AS_COARSE: f64 = 3.0;

/// What has lost something loses once more where it is coded anew: less than one part in so many is not worth it.
const WORTH: usize = 9;

/// The pictures of an animation as they are shown, composed one after the other.
pub(super) struct Pictures<'a> {
    job: &'a Job<'a>,
    info: &'a ImageInfo,
    geometry: &'a Geometry,
    patches: Patches<'a>,
    canvas: Canvas,
    /// What the first frame said of its colours.
    origin: Option<Origin>,
    decoding: Duration,
    transforming: Duration,
}

/// What frames come with, and what becomes of it.
struct Origin {
    colors: Colors,
    stated: Statement,
    is_converted: bool,
}

/// An animation that was made, and what it was made of.
struct Animated {
    strip: Strip,
    ready: Ready,
}

impl<'a> Pictures<'a> {
    fn of(job: &'a Job<'a>, source: &'a Source<'a>) -> Result<Self, Error> {
        let Source { input, ref info, ref geometry, .. } = *source;
        let patches = Patches::new(input, info, job.limits)?;
        let canvas = Canvas::new((info.width, info.height));
        let (decoding, transforming) = (Duration::ZERO, Duration::ZERO);
        Ok(Self { job, info, geometry, patches, canvas, origin: None, decoding, transforming })
    }

    /// The next picture, of red, green, blue and alpha, and how many milliseconds it is shown.
    fn next(&mut self) -> Result<Option<(Raster, u32)>, Error> {
        let start = Instant::now();
        self.job.budget.check()?;
        let patch = self.patches.next()?;
        self.decoding += start.elapsed();
        let Some(Patch { place, mut raster, is_blended, disposal, duration }) = patch else {
            return Ok(None);
        };
        let start = Instant::now();
        let (stated, options) = (raster.colors.statement(), self.job.options);
        let is_converted = transform::converts(&raster, Holds::WEBP.grey, options);
        transform::convert(&mut raster, options, Holds::WEBP);
        self.canvas.draw(place, &raster, is_blended, disposal);
        self.origin.get_or_insert(Origin { colors: raster.colors, stated, is_converted });
        let (width, height) = (self.info.width as usize, self.info.height as usize);
        let mut picture = Raster::new(width, height, Layout::Rgba, self.canvas.pixels().to_vec());
        picture.orientation = self.info.orientation;
        transform::place(&mut picture, self.geometry, self.job.budget)?;
        self.transforming += start.elapsed();
        Ok(Some((picture, duration)))
    }
}

impl Job<'_> {
    /// An animated WebP of the look that is asked for, or the input's own frames.
    pub(super) fn to_animation(&self, mut source: Source<'_>) -> Result<Output, Error> {
        let Geometry { width, height, .. } = source.geometry;
        check_size((width, height))?;
        source.found.dropped.notes.remove(&Note::FramesDropped);
        let original = if source.info.format == ImageFormat::Webp && !source.is_resized() {
            Some(Moving::read(source.input)?)
        } else {
            None
        };
        let is_lossless = original.as_ref().is_some_and(|moving| moving.strip().is_lossless());
        let stays_lossless = match self.options.lossless {
            Lossless::Auto => is_lossless && self.options.format == OutputFormat::Same,
            Lossless::Near => false,
            Lossless::True => true,
        };
        let first = self.animated(&source, self.options.quality.nominal(), stays_lossless)?;
        let kept = original
            .as_ref()
            .map(|moving| (moving, self.kept_animation(&source, &first.ready, moving, &moving.strip())));
        let made = self.made_animation(&source, &first, self.options.quality.nominal());
        let bare = match kept.filter(|(_, kept)| self.fits(&kept.file)) {
            Some((moving, kept)) if self.stays(&kept, &made, moving, &first) => {
                // Last, since each frame is decoded for it.
                moving.without_tails(&mut Tries::new(self.budget))?.map(|strip| (moving, strip))
            }
            _ => None,
        };
        let (best, strip) = match bare {
            Some((moving, strip)) => {
                (self.kept_animation(&source, &first.ready, moving, &strip), Some(strip))
            }
            None => (made, None),
        };
        let ready = first.ready;
        if stays_lossless && !self.fits(&best.file) {
            return Err(self.over_limit(&best));
        }
        let best = self.within_limit(best, |quality| {
            let animated = self.animated(&source, quality, false)?;
            Ok(self.made_animation(&source, &animated, quality))
        })?;
        self.finish_animation(source, &ready, best, strip.as_ref())
    }

    /// Whether an original is better than what was made of it.
    fn stays(&self, kept: &Made, made: &Made, original: &Moving<'_>, ours: &Animated) -> bool {
        let quantiser = original.strip().quantiser();
        let has_lost = quantiser.is_some() && !ours.ready.is_converted;
        let is_as_coarse = match (quantiser, ours.strip.quantiser()) {
            (Some(theirs), Some(ours)) => theirs + AS_COARSE >= ours,
            _ => false,
        };
        let most = made.length() + if has_lost { made.length() / WORTH } else { 0 };
        kept.length() <= most || has_lost && is_as_coarse
    }

    /// All frames anew.
    fn animated(
        &self,
        source: &Source<'_>,
        quality: Quality,
        stays_lossless: bool,
    ) -> Result<Animated, Error> {
        let losses = if stays_lossless {
            Losses::Never
        } else if self.options.lossless == Lossless::Near {
            Losses::Hardly
        } else if source.geometry.pixels() <= FEW_PIXELS {
            Losses::Maybe
        } else {
            Losses::Always
        };
        let mut coder = Coder::new(quality, self.options.effort, losses, self.budget);
        let mut pictures = Pictures::of(self, source)?;
        let Geometry { width, height, .. } = source.geometry;
        let mut strip = Strip::new((width, height), pictures.patches.plays());
        let mut before = None;
        while let Some((picture, duration)) = pictures.next()? {
            let change = Change::between(before.as_ref(), &picture);
            let coded = coder.encode(&change)?;
            let pushed = strip.push(&coded.file, change.shown(duration, coded.is_blended));
            pushed.ok_or_else(|| Error::Encoder("libwebp made no picture".into()))?;
            if strip.length() as u64 > self.limits.max_image_memory / 4 {
                return Err(TooLarge::Memory { limit: self.limits.max_image_memory }.into());
            }
            before = Some(picture);
        }
        let origin = pictures.origin.ok_or_else(|| Error::Encoder("an animation without frames".into()))?;
        let stages =
            Stages { decode: pictures.decoding, transform: pictures.transforming, ..Stages::default() };
        let Origin { colors, stated, is_converted } = origin;
        Ok(Animated { strip, ready: Ready::of_frames(colors, stated, is_converted, stages) })
    }

    fn made_animation(&self, source: &Source<'_>, animated: &Animated, quality: Quality) -> Made {
        let Animated { strip, ready } = animated;
        let file = source.encoded(ready, self.options.metadata, |extras| strip.write(extras));
        made(file, Outcome::Compressed, quality, self.closeness(quality, strip.is_lossless()))
    }

    /// The input with these frames, which are its own.
    fn kept_animation(&self, source: &Source<'_>, ready: &Ready, moving: &Moving<'_>, strip: &Strip) -> Made {
        let file = source.kept(ready, self.options.metadata, |extras, with_colors| {
            strip.write(&Extras { icc: moving.icc().as_deref().filter(|_| with_colors), ..*extras })
        });
        let quality = self.options.quality.nominal();
        // What nothing more may be lost of has no other loss than it came with.
        let is_exact = strip.is_lossless() || self.options.lossless != Lossless::Auto;
        made(file, Outcome::Kept, quality, if is_exact { Closeness::Exact } else { Closeness::Look(quality) })
    }

    /// How close to their pictures the frames of an animation are that was made anew.
    fn closeness(&self, quality: Quality, is_lossless: bool) -> Closeness {
        match self.options.lossless {
            Lossless::Near => Closeness::Within(rounding(quality).most()),
            _ if is_lossless => Closeness::Exact,
            _ => Closeness::Look(quality),
        }
    }

    /// Checks what was made, and tells of it.
    fn finish_animation(
        &self,
        source: Source<'_>,
        ready: &Ready,
        made: Made,
        kept: Option<&Strip>,
    ) -> Result<Output, Error> {
        let Made { file, outcome, format, quality, closeness, .. } = made;
        match (outcome, kept) {
            (Outcome::Kept, Some(kept)) => self.verify.check_kept_animation(&file.bytes, kept)?,
            _ => {
                let mut pictures = Pictures::of(self, &source)?;
                let pixels = source.info.animation_pixels(&source.geometry);
                self.verify.check_animation(&file.bytes, pixels, closeness, || pictures.next())?;
            }
        }
        let Stages { decode, transform, .. } = ready.stages;
        let encode = self.start.elapsed().saturating_sub(decode + transform);
        let stages = Stages { decode, transform, encode };
        let output = self.output(file, outcome, source.info, &source.geometry, &stages);
        Ok(Output { format, quality, ..output })
    }
}

fn made(file: File, outcome: Outcome, quality: Quality, closeness: Closeness) -> Made {
    let quality = if closeness == Closeness::Exact { Quality::MAX } else { quality };
    Made { file, outcome, format: ImageFormat::Webp, quality, closeness, is_checked: false }
}
