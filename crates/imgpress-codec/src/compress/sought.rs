//! The look in formats other than JPEG: the quality at which this picture has it, found on the whole of it or on tiles.

use super::Job;
use super::ready::{Made, Ready, Source};
use crate::options::{ImageFormat, Lossless, Options, Quality, Score, Target};
use crate::raster::{Raster, narrow_16};
use crate::score::{self, Found, Judge, Tiles};
use crate::verify::generous;
use crate::{Error, Note, Outcome, Output, decode, encode, probe, transform};

/// Most pixels of a sample that is encoded as AVIF, which takes a hundred times as long as a JPEG.
const MOST_OF_AVIF: usize = 24 << 14;

/// How much better a sample of so many pixels scores as AVIF than its picture does, in the mean of 18 pictures at five
/// qualities (classes `clic` and `graphics`; from 1.5 at 60 to 1.0 at 85, with a deviation of 1.4).
const FLATTERED_AVIF: f64 = 1.15;

/// How far a look is sought.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// Until it is near.
    Near,
    /// As far as to tell whether going on is worth it, beside a file of another format.
    Far,
}

/// What was found of a picture in a format.
struct Sought {
    found: Found,
    judge: Judge,
    /// A file of the whole picture that was made on the way.
    whole: Option<(Quality, Vec<u8>)>,
}

impl Job<'_> {
    /// Makes a file of a picture, where a look is asked for with the quality at which this format has it.
    pub(super) fn with_look(
        &self,
        format: ImageFormat,
        source: Source<'_>,
        ready: Ready,
        make: impl FnOnce(&Job<'_>, &Source<'_>, &Ready) -> Result<Made, Error>,
    ) -> Result<Output, Error> {
        self.with_look_by(Sight::Near, format, source, ready, make)
    }

    /// The same, sought so far.
    pub(super) fn with_look_by(
        &self,
        sight: Sight,
        format: ImageFormat,
        source: Source<'_>,
        mut ready: Ready,
        make: impl FnOnce(&Job<'_>, &Source<'_>, &Ready) -> Result<Made, Error>,
    ) -> Result<Output, Error> {
        let Target::Look(wanted) = self.options.quality else {
            let made = make(self, &source, &ready)?;
            return self.finish(source, ready, made);
        };
        let mut sought = self.sought(wanted, &ready.raster, format, sight)?;
        ready.whole = sought.as_mut().and_then(|sought| sought.whole.take());
        let quality = sought.as_ref().map_or(self.options.quality, |sought| sought.found.quality.into());
        let options = Options { quality, ..*self.options };
        let job = Job { options: &options, ..*self };
        let made = make(&job, &source, &ready)?;
        let is_whole = made.is_lossless() || made.outcome == Outcome::Kept;
        let output = job.finish(source, ready, made)?;
        if is_whole {
            return Ok(Output { score: Some(100.0), ..output });
        }
        match sought {
            Some(sought) => self.told(output, wanted, &sought),
            None => Ok(output),
        }
    }

    /// `None` where nothing is to be lost for it, in a format that has no loss, or in none that is built for this picture.
    fn sought(
        &self,
        wanted: Score,
        raster: &Raster,
        format: ImageFormat,
        sight: Sight,
    ) -> Result<Option<Sought>, Error> {
        let most = match format {
            _ if self.options.lossless != Lossless::Auto => return Ok(None),
            #[cfg(feature = "webp")]
            ImageFormat::Webp if encode::webp::check_size(raster.size()).is_ok() => None,
            ImageFormat::Jxl => None,
            ImageFormat::Avif => Some(MOST_OF_AVIF),
            _ => return Ok(None),
        };
        if !encode::is_built(format) {
            return Ok(None);
        }
        let tiles = most.map_or_else(|| Judge::sample(raster), |most| Judge::sample_within(raster, most));
        let is_sample = tiles.is_some();
        let part = tiles.as_ref().map_or_else(|| bare(raster), |tiles| tiles.cut(raster, (1, 1)));
        let judge = Judge::new(&self.on_background(&part), tiles)?;
        let (effort, flattery) = match format {
            ImageFormat::Avif => (score::Effort::Least, if is_sample { FLATTERED_AVIF } else { 0.0 }),
            ImageFormat::Webp if is_sample && sight == Sight::Far => (score::Effort::Once, 0.0),
            ImageFormat::Webp if is_sample => (score::Effort::Little, 0.0),
            _ => (score::Effort::Usual, 0.0),
        };
        let is_checked = effort != score::Effort::Usual;
        let whole = is_checked.then_some(raster);
        let mut trials = Trials { job: self, format, part, judge, flattery, whole, made: Vec::new() };
        let found = score::find(wanted, effort, &mut trials)?;
        let Trials { judge, made, .. } = trials;
        let whole = made.into_iter().find(|(quality, _)| *quality == found.quality);
        self.budget.check()?;
        Ok(Some(Sought { found, judge, whole }))
    }

    fn file_of(&self, part: &Raster, format: ImageFormat, quality: Quality) -> Result<Vec<u8>, Error> {
        let effort = self.options.effort;
        match format {
            #[cfg(feature = "webp")]
            ImageFormat::Webp => encode::webp::Pixels::of(part)?.lossy(quality, effort, self.budget),
            #[cfg(feature = "avif")]
            ImageFormat::Avif => {
                let still = encode::avif::encode(part, quality, effort, self.budget)?;
                Ok(still.write(&crate::container::Extras::default()))
            }
            #[cfg(feature = "jxl")]
            ImageFormat::Jxl => encode::jxl::lossy(part, quality, effort, self.budget),
            other => {
                Err(Error::Encoder(format!("no {other} of {:?} at {quality:?}, {effort:?}", part.size())))
            }
        }
    }

    /// What is seen of a file of ours, on the background.
    fn shown(&self, file: &[u8]) -> Result<Raster, Error> {
        let limits = generous();
        let info = probe(file, &limits)?;
        let mut raster = decode::decode(file, &info, &limits, self.budget)?;
        if raster.wide {
            raster.pixels = narrow_16(std::mem::take(&mut raster.pixels));
            raster.wide = false;
        }
        transform::flatten(&mut raster, self.options.background);
        Ok(raster)
    }

    fn on_background(&self, raster: &Raster) -> Raster {
        let mut raster = bare(raster);
        transform::flatten(&mut raster, self.options.background);
        raster
    }

    /// With the score that was reached, and whether it is not what was asked for.
    fn told(&self, output: Output, wanted: Score, sought: &Sought) -> Result<Output, Error> {
        let Sought { found, judge, .. } = sought;
        let fewer_bytes = output.quality < found.quality;
        let score =
            if fewer_bytes { judge.score_of_whole(&self.shown(&output.bytes)?)? } else { found.score };
        let mut notes = output.notes;
        if fewer_bytes {
            notes.push(Note::MaxBytesReached);
        } else if found.falls_short_of(wanted) {
            notes.push(Note::LookNotReached);
        }
        Ok(Output { score: Some((score * 10.0).round() / 10.0), tries: found.tries, notes, ..output })
    }
}

/// Files of a picture, or of a sample of it, and their scores.
struct Trials<'a> {
    job: &'a Job<'a>,
    format: ImageFormat,
    part: Raster,
    judge: Judge,
    /// By how much the part scores better than the whole.
    flattery: f64,
    /// The whole picture, where what is found is checked by that.
    whole: Option<&'a Raster>,
    /// Files of it.
    made: Vec<(Quality, Vec<u8>)>,
}

impl score::Trial for Trials<'_> {
    fn try_at(&mut self, quality: Quality) -> Result<f64, Error> {
        self.job.budget.check()?;
        let file = self.job.file_of(&self.part, self.format, quality)?;
        Ok(self.judge.score_of(&self.job.shown(&file)?)? - self.flattery)
    }

    /// By the whole picture, whose file is the one that is wanted where the part was not far off.
    fn check(&mut self, found: &Found) -> Result<Option<f64>, Error> {
        let Some(whole) = self.whole else { return Ok(None) };
        self.job.budget.check()?;
        let file = self.job.file_of(whole, self.format, found.quality)?;
        let copy = self.job.shown(&file)?;
        let score = match Tiles::more_of(whole).filter(|_| self.judge.sees_a_sample()) {
            Some(tiles) => {
                let original = self.job.on_background(&tiles.cut(whole, (1, 1)));
                score::of_tiles(&original, &tiles, &tiles.cut(&copy, (1, 1)))?
            }
            None => self.judge.score_of_whole(&copy)?,
        };
        self.made.push((found.quality, file));
        Ok(Some(score - found.score))
    }
}

/// A copy without its profile, which is no part of how it looks.
fn bare(raster: &Raster) -> Raster {
    Raster::new(raster.width, raster.height, raster.layout, raster.pixels.clone())
}
