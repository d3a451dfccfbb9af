//! Outputs of no more bytes than are wanted.

use super::{Job, Stages};
use crate::geometry::Geometry;
use crate::jpeg::JpegFile;
use crate::options::{Effort, Quality};
use crate::raster::Raster;
use crate::search::Search;
use crate::{Error, ImageInfo, Outcome, Output, decode, encode, keep, select, transform};

/// A picture as the encoder takes it, to be encoded at one quality after another.
enum Prepared {
    Pixels(Raster),
    #[cfg(not(feature = "mozjpeg"))]
    Planes(encode::jpeg::WholePlanes),
}

impl Prepared {
    fn encode(&self, quality: Quality, effort: Effort) -> Result<Vec<u8>, Error> {
        match self {
            Self::Pixels(raster) => encode::jpeg::encode(raster, quality, effort),
            #[cfg(not(feature = "mozjpeg"))]
            Self::Planes(planes) => planes.encode(quality, effort),
        }
    }
}

impl Job<'_> {
    /// As [`Job::jpeg`], with at most `limit` bytes.
    pub(super) fn jpeg_within(
        &self,
        limit: u64,
        file: &JpegFile<'_>,
        info: ImageInfo,
        geometry: &Geometry,
    ) -> Result<Output, Error> {
        let (effort, budget) = (self.options.effort, self.budget);
        let resized = !geometry.is_identity(info.shown_size());
        let at_ceiling = if !resized && select::is_coarse_enough(file, self.options)? {
            let kept = keep::unread(file, effort, budget)?;
            if fits(&kept, limit) {
                let stages = Stages { decode: self.start.elapsed(), ..Stages::default() };
                return Ok(self.output(kept, Outcome::Kept, info, geometry, &stages));
            }
            Some(kept)
        } else {
            None
        };
        let (picture, mut stages) = self.prepare_jpeg(file, geometry, resized)?;
        let (bytes, outcome) = match at_ceiling {
            Some(kept) => (kept, Outcome::Kept),
            None => {
                let encoded = picture.encode(self.options.quality, effort)?;
                let kept =
                    if resized { None } else { keep::instead_of(encoded.len(), file, self.options, budget)? };
                let outcome = if kept.is_some() { Outcome::Kept } else { Outcome::Compressed };
                (kept.unwrap_or(encoded), outcome)
            }
        };
        let (bytes, outcome, quality) = self.within(limit, &picture, bytes, outcome)?;
        stages.encode = self.start.elapsed().saturating_sub(stages.decode + stages.transform);
        Ok(Output { quality, ..self.output(bytes, outcome, info, geometry, &stages) })
    }

    /// As [`Job::other`], with at most `limit` bytes.
    pub(super) fn other_within(
        &self,
        limit: u64,
        input: &[u8],
        info: ImageInfo,
        geometry: &Geometry,
    ) -> Result<Output, Error> {
        let (raster, mut stages) = self.prepare(decode::decode(input, &info, self.limits)?, geometry)?;
        let picture = Prepared::Pixels(raster);
        let bytes = picture.encode(self.options.quality, self.options.effort)?;
        let (bytes, outcome, quality) = self.within(limit, &picture, bytes, Outcome::Compressed)?;
        stages.encode = self.start.elapsed().saturating_sub(stages.decode + stages.transform);
        Ok(Output { quality, ..self.output(bytes, outcome, info, geometry, &stages) })
    }

    /// What there is at the quality that was asked for, if it fits; else the highest quality below that does.
    fn within(
        &self,
        limit: u64,
        picture: &Prepared,
        bytes: Vec<u8>,
        outcome: Outcome,
    ) -> Result<(Vec<u8>, Outcome, Quality), Error> {
        let ceiling = self.options.quality;
        if fits(&bytes, limit) {
            return Ok((bytes, outcome, ceiling));
        }
        let mut smallest = bytes.len() as u64;
        drop(bytes);
        let mut search = Search::below(ceiling, smallest, limit);
        let mut found = None;
        while let Some(quality) = search.next() {
            self.budget.check()?;
            let bytes = picture.encode(quality, self.options.effort)?;
            smallest = smallest.min(bytes.len() as u64);
            if search.learn(quality, bytes.len() as u64) {
                found = Some((bytes, Outcome::Compressed, quality));
            }
        }
        found.ok_or(Error::TargetUnreachable { smallest, limit })
    }

    #[cfg(not(feature = "mozjpeg"))]
    fn prepare_jpeg(
        &self,
        file: &JpegFile<'_>,
        geometry: &Geometry,
        resized: bool,
    ) -> Result<(Prepared, Stages), Error> {
        let grey = file.components().len() == 1;
        if !resized
            && !transform::is_for_conversion(file.icc().as_deref(), grey)
            && let Some(planes) = encode::jpeg::WholePlanes::of(file, self.budget)?
        {
            let stages = Stages { decode: self.start.elapsed(), ..Stages::default() };
            return Ok((Prepared::Planes(planes), stages));
        }
        let (raster, stages) = self.prepare(decode::decode_jpeg(file, self.budget)?, geometry)?;
        Ok((Prepared::Pixels(raster), stages))
    }

    #[cfg(feature = "mozjpeg")]
    fn prepare_jpeg(
        &self,
        file: &JpegFile<'_>,
        geometry: &Geometry,
        _resized: bool,
    ) -> Result<(Prepared, Stages), Error> {
        let (raster, stages) = self.prepare(decode::decode_jpeg(file, self.budget)?, geometry)?;
        Ok((Prepared::Pixels(raster), stages))
    }

    /// From decoded pixels to those that the encoder takes.
    fn prepare(&self, raster: Raster, geometry: &Geometry) -> Result<(Raster, Stages), Error> {
        let decode = self.start.elapsed();
        self.budget.check()?;
        let raster = transform::prepare(raster, self.options, geometry, self.budget)?;
        let transform = self.start.elapsed().saturating_sub(decode);
        Ok((raster, Stages { decode, transform, ..Stages::default() }))
    }
}

fn fits(bytes: &[u8], limit: u64) -> bool {
    bytes.len() as u64 <= limit
}
