//! Outputs of no more bytes than are wanted.

use super::{Job, Stages};
use crate::carry::{self, File};
#[cfg(not(feature = "mozjpeg"))]
use crate::colors::Colors;
use crate::geometry::Geometry;
use crate::jpeg::JpegFile;
use crate::keep::Original;
use crate::metadata::{Found, Report};
use crate::options::{Effort, Options, Quality};
use crate::raster::Raster;
use crate::search::Search;
use crate::transform::Holds;
use crate::{Error, ImageInfo, Outcome, Output, Verify, decode, encode, select, transform};

/// A picture as the encoder takes it, to be encoded at one quality after another.
pub(super) struct Prepared {
    pub(super) picture: Picture,
    /// What became of its profile.
    report: Report,
    /// Files that have been made of it, by their quality.
    pub(super) made: Vec<(Quality, Vec<u8>)>,
}

pub(super) enum Picture {
    Pixels(Raster),
    #[cfg(not(feature = "mozjpeg"))]
    Planes(encode::jpeg::WholePlanes, Colors),
}

/// What is put around each of those files.
struct Wrapping<'a> {
    found: &'a Found<'a>,
    geometry: &'a Geometry,
}

impl Picture {
    pub(super) fn encode(&self, quality: Quality, effort: Effort) -> Result<Vec<u8>, Error> {
        match self {
            Self::Pixels(raster) => encode::jpeg::encode(raster, quality, effort),
            #[cfg(not(feature = "mozjpeg"))]
            Self::Planes(planes, colors) => planes.encode(colors, quality, effort),
        }
    }
}

impl Prepared {
    /// As [`Verify::check`], once nothing more is to be made of the picture.
    fn check(self, verify: Verify, file: &File, quality: Quality) -> Result<(), Error> {
        match self.picture {
            Picture::Pixels(raster) => verify.check(&file.bytes, raster, quality),
            #[cfg(not(feature = "mozjpeg"))]
            Picture::Planes(planes, _) => planes.check(verify, &file.bytes, quality),
        }
    }

    fn encode(&self, quality: Quality, options: &Options, around: &Wrapping<'_>) -> Result<File, Error> {
        let bytes = match self.made.iter().find(|made| made.0 == quality) {
            Some((_, bytes)) => bytes.clone(),
            None => self.picture.encode(quality, options.effort)?,
        };
        let file = File { bytes, report: self.report.clone() };
        Ok(carry::encoded(file, around.found, options.metadata, around.geometry))
    }
}

impl Job<'_> {
    /// As [`Job::jpeg`], with at most `limit` bytes.
    pub(super) fn jpeg_within(
        &self,
        limit: u64,
        original: &Original<'_>,
        geometry: &Geometry,
    ) -> Result<Output, Error> {
        let resized = !geometry.is_identity(original.info.shown_size());
        let prepare = || self.prepare_jpeg(original.file, geometry, resized);
        self.jpeg_made_of(limit, original, geometry, prepare)
    }

    /// The same of a picture that is prepared when it is needed.
    pub(super) fn jpeg_made_of(
        &self,
        limit: u64,
        original: &Original<'_>,
        geometry: &Geometry,
        prepare: impl FnOnce() -> Result<(Prepared, Stages), Error>,
    ) -> Result<Output, Error> {
        let (file, info) = (original.file, original.info);
        let resized = !geometry.is_identity(info.shown_size());
        let at_ceiling = if !resized && select::is_coarse_enough(file, self.options)? {
            let kept = original.kept()?;
            if fits(&kept, limit) {
                let stages = Stages { decode: self.start.elapsed(), ..Stages::default() };
                self.verify.check_kept(&kept.bytes, file, self.budget)?;
                return Ok(self.output(kept, Outcome::Kept, info.clone(), geometry, &stages));
            }
            Some(kept)
        } else {
            None
        };
        let around = Wrapping { found: original.found, geometry };
        let (picture, mut stages) = prepare()?;
        let (first, outcome) = match at_ceiling {
            Some(kept) => (kept, Outcome::Kept),
            None => {
                let encoded = picture.encode(self.options.quality.nominal(), self.options, &around)?;
                let kept = if resized { None } else { original.instead_of(encoded.bytes.len())? };
                kept.map_or((encoded, Outcome::Compressed), |kept| (kept, Outcome::Kept))
            }
        };
        let (made, outcome, quality) = self.within(limit, &picture, &around, first, outcome)?;
        match outcome {
            Outcome::Kept => self.verify.check_kept(&made.bytes, file, self.budget)?,
            Outcome::Compressed => picture.check(self.verify, &made, quality)?,
        }
        stages.encode = self.start.elapsed().saturating_sub(stages.decode + stages.transform);
        Ok(Output { quality, ..self.output(made, outcome, info.clone(), geometry, &stages) })
    }

    /// As [`Job::other`], with at most `limit` bytes.
    pub(super) fn other_within(
        &self,
        limit: u64,
        input: &[u8],
        info: ImageInfo,
        geometry: &Geometry,
    ) -> Result<Output, Error> {
        let prepared =
            self.prepare_pixels(decode::decode_within(input, &info, self.limits, self.budget)?, geometry)?;
        self.other_made_of(limit, input, info, geometry, prepared)
    }

    /// The same of a picture that is prepared.
    pub(super) fn other_made_of(
        &self,
        limit: u64,
        input: &[u8],
        info: ImageInfo,
        geometry: &Geometry,
        (picture, mut stages): (Prepared, Stages),
    ) -> Result<Output, Error> {
        let found = decode::metadata(input, &info);
        let around = Wrapping { found: &found, geometry };
        let first = picture.encode(self.options.quality.nominal(), self.options, &around)?;
        let (file, outcome, quality) = self.within(limit, &picture, &around, first, Outcome::Compressed)?;
        picture.check(self.verify, &file, quality)?;
        stages.encode = self.start.elapsed().saturating_sub(stages.decode + stages.transform);
        Ok(Output { quality, ..self.output(file, outcome, info, geometry, &stages) })
    }

    /// What there is at the quality that was asked for, if it fits; else the highest quality below that does.
    fn within(
        &self,
        limit: u64,
        picture: &Prepared,
        around: &Wrapping<'_>,
        first: File,
        outcome: Outcome,
    ) -> Result<(File, Outcome, Quality), Error> {
        let ceiling = self.options.quality.nominal();
        if fits(&first, limit) {
            return Ok((first, outcome, ceiling));
        }
        let mut smallest = first.bytes.len() as u64;
        drop(first);
        let mut search = Search::below(ceiling, smallest, limit);
        let mut found = None;
        while let Some(quality) = search.next() {
            self.budget.check()?;
            let file = picture.encode(quality, self.options, around)?;
            let length = file.bytes.len() as u64;
            smallest = smallest.min(length);
            if search.learn(quality, length) {
                found = Some((file, Outcome::Compressed, quality));
            }
        }
        found.ok_or(Error::TargetUnreachable { smallest, limit })
    }

    #[cfg(not(feature = "mozjpeg"))]
    pub(super) fn prepare_jpeg(
        &self,
        file: &JpegFile<'_>,
        geometry: &Geometry,
        resized: bool,
    ) -> Result<(Prepared, Stages), Error> {
        let grey = file.components().len() == 1;
        if !resized
            && let Some(colors) = transform::unconverted(file.icc(), grey, self.options)
            && let Some(planes) = encode::jpeg::WholePlanes::of(file, self.budget)?
        {
            let stages = Stages { decode: self.start.elapsed(), ..Stages::default() };
            let report = Report::of_profile(file.colors().statement(), colors.statement());
            let picture = Picture::Planes(planes, colors);
            return Ok((Prepared { picture, report, made: Vec::new() }, stages));
        }
        self.prepare_pixels(decode::decode_jpeg(file, self.budget)?, geometry)
    }

    #[cfg(feature = "mozjpeg")]
    pub(super) fn prepare_jpeg(
        &self,
        file: &JpegFile<'_>,
        geometry: &Geometry,
        _resized: bool,
    ) -> Result<(Prepared, Stages), Error> {
        self.prepare_pixels(decode::decode_jpeg(file, self.budget)?, geometry)
    }

    pub(super) fn prepare_pixels(
        &self,
        raster: Raster,
        geometry: &Geometry,
    ) -> Result<(Prepared, Stages), Error> {
        let (raster, report, stages) = self.prepare(raster, geometry, Holds::JPEG)?;
        Ok((Prepared { picture: Picture::Pixels(raster), report, made: Vec::new() }, stages))
    }
}

fn fits(file: &File, limit: u64) -> bool {
    file.bytes.len() as u64 <= limit
}
