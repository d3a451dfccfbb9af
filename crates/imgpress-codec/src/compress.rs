use std::time::Instant;

use crate::geometry::Geometry;
use crate::jpeg::{JpegFile, check_scans};
use crate::options::{ImageFormat, Options, Quality};
use crate::raster::Raster;
use crate::{
    Budget, Error, ImageInfo, Limits, Outcome, Output, decode, encode, format, probe, select, transform,
};

/// Compresses an image with the default limits and no deadline, and gives the bytes alone.
///
/// # Errors
/// As [`compress`].
pub fn compress_image_bytes(input: &[u8], quality: Quality) -> Result<Vec<u8>, Error> {
    let options = Options { quality, ..Options::default() };
    compress(input, &options, &Limits::default(), &Budget::unlimited()).map(|output| output.bytes)
}

/// Compresses an image of any supported format, recognised from its bytes, to a JPEG of the same look: upright,
/// in sRGB, without metadata, transparency flattened on the background, and of the size that is asked for.
///
/// A JPEG that is not resized and that would not get smaller, or that is at least as coarse as the quality asks already, is kept: its
/// pixels exactly, without its metadata. So the same image compressed again comes back as it is, byte by byte.
///
/// # Errors
/// See [`Error`]. A picture of which a part is missing is never compressed.
pub fn compress(input: &[u8], options: &Options, limits: &Limits, budget: &Budget) -> Result<Output, Error> {
    budget.check()?;
    let job = Job { options, limits, budget, start: Instant::now() };
    match format::recognise(input)? {
        ImageFormat::Jpeg => job.jpeg(&JpegFile::parse(input, limits)?),
        _ => job.other(input),
    }
}

struct Job<'a> {
    options: &'a Options,
    limits: &'a Limits,
    budget: &'a Budget,
    start: Instant,
}

impl Job<'_> {
    fn jpeg(&self, file: &JpegFile<'_>) -> Result<Output, Error> {
        let info = decode::jpeg_info(file);
        info.check(self.limits)?;
        let geometry = info.geometry(self.options, self.limits)?;
        let resized = !geometry.is_identity(info.shown_size());
        check_scans(file, self.budget)?;
        self.budget.check()?;
        if !resized && select::is_coarse_enough(file, self.options)? {
            let steps = Steps::read_through();
            return Ok(self.output(file.stripped(), Outcome::Kept, info, &geometry, &steps));
        }
        let raster = decode::decode_jpeg(file, self.limits)?;
        let (raster, steps) = self.prepare(raster, &geometry)?;
        let encoded = encode::jpeg::encode(&raster, self.options.quality, self.options.effort)?;
        drop(raster);
        self.budget.check()?;
        if resized {
            return Ok(self.output(encoded, Outcome::Compressed, info, &geometry, &steps));
        }
        let kept = file.stripped();
        let (bytes, outcome) =
            if encoded.len() < kept.len() { (encoded, Outcome::Compressed) } else { (kept, Outcome::Kept) };
        Ok(self.output(bytes, outcome, info, &geometry, &steps))
    }

    fn other(&self, input: &[u8]) -> Result<Output, Error> {
        let info = probe(input, self.limits)?;
        let geometry = info.geometry(self.options, self.limits)?;
        self.budget.check()?;
        let raster = decode::decode(input, &info, self.limits)?;
        let (raster, steps) = self.prepare(raster, &geometry)?;
        let bytes = encode::jpeg::encode(&raster, self.options.quality, self.options.effort)?;
        self.budget.check()?;
        Ok(self.output(bytes, Outcome::Compressed, info, &geometry, &steps))
    }

    fn prepare(&self, raster: Raster, geometry: &Geometry) -> Result<(Raster, Steps), Error> {
        let decoded = Instant::now();
        self.budget.check()?;
        let raster = transform::prepare(raster, self.options, geometry, self.budget)?;
        Ok((raster, Steps { decoded, transformed: Instant::now() }))
    }

    fn output(
        &self,
        bytes: Vec<u8>,
        outcome: Outcome,
        original: ImageInfo,
        geometry: &Geometry,
        steps: &Steps,
    ) -> Output {
        Output {
            bytes,
            outcome,
            format: ImageFormat::Jpeg,
            width: geometry.width,
            height: geometry.height,
            original,
            quality: self.options.quality,
            decode_time: steps.decoded.duration_since(self.start),
            transform_time: steps.transformed.duration_since(steps.decoded),
            encode_time: steps.transformed.elapsed(),
        }
    }
}

/// When each step of a job ended.
struct Steps {
    decoded: Instant,
    transformed: Instant,
}

impl Steps {
    /// Of a job that needs no pixels: all its time went into reading.
    fn read_through() -> Self {
        let now = Instant::now();
        Self { decoded: now, transformed: now }
    }
}
