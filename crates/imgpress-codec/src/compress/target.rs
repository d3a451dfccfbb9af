//! Outputs that look as close to their original as is asked for.

use super::Job;
use super::within::{Picture, Prepared};
#[cfg(not(feature = "mozjpeg"))]
use crate::colors::Colors;
use crate::geometry::Geometry;
use crate::keep::Original;
use crate::options::{Effort, Options, Quality, Score};
use crate::raster::Raster;
use crate::score::{self, Found, Judge, Tiles};
use crate::{Error, ImageInfo, Note, Outcome, Output, decode};

impl Job<'_> {
    /// As [`Job::jpeg`], with this look.
    pub(super) fn jpeg_of_look(
        &self,
        wanted: Score,
        original: &Original<'_>,
        geometry: &Geometry,
    ) -> Result<Output, Error> {
        let resized = !geometry.is_identity(original.info.shown_size());
        let (mut picture, stages) = self.prepare_jpeg(original.file, geometry, resized)?;
        let (found, judge) = self.find(wanted, &mut picture)?;
        let options = self.fixed(&found);
        let job = Job { options: &options, ..*self };
        let original = Original { options: &options, ..*original };
        let output = job.jpeg_made_of(self.limit(), &original, geometry, || Ok((picture, stages)))?;
        scored(output, wanted, &found, &judge)
    }

    /// As [`Job::other`], with this look.
    pub(super) fn other_of_look(
        &self,
        wanted: Score,
        input: &[u8],
        info: ImageInfo,
        geometry: &Geometry,
    ) -> Result<Output, Error> {
        let decoded = decode::decode(input, &info, self.limits, self.budget)?;
        let (mut picture, stages) = self.prepare_pixels(decoded, geometry)?;
        let (found, judge) = self.find(wanted, &mut picture)?;
        let options = self.fixed(&found);
        let job = Job { options: &options, ..*self };
        let output = job.other_made_of(self.limit(), input, info, geometry, (picture, stages))?;
        scored(output, wanted, &found, &judge)
    }

    /// The quality at which the picture has the look. Files of the whole picture that were made on the way stay with it.
    fn find(&self, wanted: Score, picture: &mut Prepared) -> Result<(Found, Judge), Error> {
        let (sample, judge) = Sample::of(&picture.picture)?;
        let mut trials = Trials { job: self, sample, judge, made: Vec::new() };
        let found = score::find(wanted, score::Effort::Usual, &mut trials)?;
        let Trials { judge, made, .. } = trials;
        picture.made = made;
        self.budget.check()?;
        Ok((found, judge))
    }

    fn fixed(&self, found: &Found) -> Options {
        Options { quality: found.quality.into(), ..*self.options }
    }
}

/// Files of a picture, or of a sample of it, and their scores.
struct Trials<'a> {
    job: &'a Job<'a>,
    sample: Sample<'a>,
    judge: Judge,
    /// Those of the whole picture.
    made: Vec<(Quality, Vec<u8>)>,
}

impl score::Trial for Trials<'_> {
    fn try_at(&mut self, quality: Quality) -> Result<f64, Error> {
        self.job.budget.check()?;
        let file = self.sample.encode(quality, self.job.options.effort)?;
        let score = self.judge.score(&file)?;
        if matches!(self.sample, Sample::Whole(_)) {
            self.made.push((quality, file));
        }
        Ok(score)
    }

    fn check(&mut self, found: &Found) -> Result<Option<f64>, Error> {
        let Sample::Tiles(_, whole) = self.sample else { return Ok(None) };
        let Some((sample, tiles)) = Sample::larger(whole) else { return Ok(None) };
        self.job.budget.check()?;
        let file = sample.encode(found.quality, self.job.options.effort)?;
        let score = sample.seen(|pixels| score::of_file(pixels, &tiles, &file))?;
        self.judge.correct(found.score, score);
        Ok(Some(score - found.score))
    }
}

/// What a picture is judged by.
enum Sample<'a> {
    Whole(&'a Picture),
    /// Tiles of the picture that comes second.
    Tiles(Picture, &'a Picture),
}

impl<'a> Sample<'a> {
    fn of(picture: &'a Picture) -> Result<(Self, Judge), Error> {
        let tiles = levels(picture).and_then(Judge::sample);
        let sample = match &tiles {
            Some(tiles) => Self::Tiles(cut(picture, tiles), picture),
            None => Self::Whole(picture),
        };
        let judge = sample.seen(|pixels| Judge::new(pixels, tiles))?;
        Ok((sample, judge))
    }

    /// More tiles of a picture, if it has more.
    fn larger(picture: &'a Picture) -> Option<(Self, Tiles)> {
        let tiles = levels(picture).and_then(Tiles::more_of)?;
        Some((Self::Tiles(cut(picture, &tiles), picture), tiles))
    }

    /// What is done with its pixels.
    fn seen<T>(&self, see: impl FnOnce(&Raster) -> T) -> T {
        match self.picture() {
            Picture::Pixels(raster) => see(raster),
            #[cfg(not(feature = "mozjpeg"))]
            Picture::Planes(planes, _) => see(&planes.pixels()),
        }
    }

    fn picture(&self) -> &Picture {
        match self {
            Self::Whole(picture) => picture,
            Self::Tiles(tiles, _) => tiles,
        }
    }

    fn encode(&self, quality: Quality, effort: Effort) -> Result<Vec<u8>, Error> {
        match self {
            Self::Tiles(Picture::Pixels(part), Picture::Pixels(whole)) => {
                crate::encode::jpeg::encode_part(part, whole, quality, effort)
            }
            sample => sample.picture().encode(quality, effort),
        }
    }
}

/// What tells tiles apart.
fn levels(picture: &Picture) -> Option<&Raster> {
    match picture {
        Picture::Pixels(raster) => Some(raster),
        #[cfg(not(feature = "mozjpeg"))]
        Picture::Planes(planes, _) => planes.luma(),
    }
}

fn cut(picture: &Picture, tiles: &Tiles) -> Picture {
    match picture {
        Picture::Pixels(raster) => Picture::Pixels(tiles.cut(raster, (1, 1))),
        #[cfg(not(feature = "mozjpeg"))]
        Picture::Planes(planes, _) => Picture::Planes(planes.cut(tiles), Colors::Srgb),
    }
}

/// What was reached, and whether it is not what was asked for. A kept picture is the original itself.
fn scored(output: Output, wanted: Score, found: &Found, judge: &Judge) -> Result<Output, Error> {
    let fewer_bytes = output.quality < found.quality;
    let score = match output.outcome {
        Outcome::Kept => 100.0,
        Outcome::Compressed if fewer_bytes => judge.score_whole(&output.bytes)?,
        Outcome::Compressed => found.score,
    };
    let mut notes = output.notes;
    if fewer_bytes {
        notes.push(Note::MaxBytesReached);
    } else if output.outcome == Outcome::Compressed && found.falls_short_of(wanted) {
        notes.push(Note::LookNotReached);
    }
    Ok(Output { score: Some((score * 10.0).round() / 10.0), tries: found.tries, notes, ..output })
}
