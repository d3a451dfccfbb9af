//! Outputs that look as close to their original as is asked for.

use super::Job;
use super::within::{Picture, Prepared};
#[cfg(not(feature = "mozjpeg"))]
use crate::colors::Colors;
use crate::geometry::Geometry;
use crate::keep::Original;
use crate::options::{Effort, Options, Quality, Score};
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
        let mut made = Vec::new();
        let found = score::find(wanted, score::Effort::Usual, |quality| {
            self.budget.check()?;
            let file = sample.encode(quality, self.options.effort)?;
            let score = judge.score(&file)?;
            if matches!(sample, Sample::Whole(_)) {
                made.push((quality, file));
            }
            Ok(score)
        })?;
        picture.made = made;
        self.budget.check()?;
        Ok((found, judge))
    }

    fn fixed(&self, found: &Found) -> Options {
        Options { quality: found.quality.into(), ..*self.options }
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
        let tiles = match picture {
            Picture::Pixels(raster) => Judge::sample(raster),
            #[cfg(not(feature = "mozjpeg"))]
            Picture::Planes(planes, _) => planes.luma().and_then(Judge::sample),
        };
        let sample = match &tiles {
            Some(tiles) => Self::Tiles(cut(picture, tiles), picture),
            None => Self::Whole(picture),
        };
        let judge = match sample.picture() {
            Picture::Pixels(raster) => Judge::new(raster, tiles)?,
            #[cfg(not(feature = "mozjpeg"))]
            Picture::Planes(planes, _) => Judge::new(&planes.pixels(), tiles)?,
        };
        Ok((sample, judge))
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
