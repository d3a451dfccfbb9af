use std::time::{Duration, Instant};

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
/// in sRGB, without metadata, transparency flattened on the background.
///
/// A JPEG that would not get smaller, or that is at least as coarse as the quality asks already, is kept: its
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
        check_scans(file, self.budget)?;
        self.budget.check()?;
        if select::is_coarse_enough(file, self.options.quality)? {
            let decode_time = self.start.elapsed();
            return Ok(self.output(file.stripped(), Outcome::Kept, info, decode_time));
        }
        let raster = self.prepare(decode::decode_jpeg(file, self.limits)?)?;
        let decode_time = self.start.elapsed();
        let encoded = encode::jpeg::encode(&raster, self.options.quality)?;
        drop(raster);
        self.budget.check()?;
        let kept = file.stripped();
        let (bytes, outcome) =
            if encoded.len() < kept.len() { (encoded, Outcome::Compressed) } else { (kept, Outcome::Kept) };
        Ok(self.output(bytes, outcome, info, decode_time))
    }

    fn other(&self, input: &[u8]) -> Result<Output, Error> {
        let info = probe(input, self.limits)?;
        self.budget.check()?;
        let raster = self.prepare(decode::decode(input, &info, self.limits)?)?;
        let decode_time = self.start.elapsed();
        let bytes = encode::jpeg::encode(&raster, self.options.quality)?;
        self.budget.check()?;
        Ok(self.output(bytes, Outcome::Compressed, info, decode_time))
    }

    fn prepare(&self, raster: Raster) -> Result<Raster, Error> {
        self.budget.check()?;
        transform::prepare(raster, self.options.background, self.budget)
    }

    fn output(&self, bytes: Vec<u8>, outcome: Outcome, original: ImageInfo, decode_time: Duration) -> Output {
        let (width, height) = original.shown_size();
        Output {
            bytes,
            outcome,
            format: ImageFormat::Jpeg,
            width,
            height,
            original,
            quality: self.options.quality,
            decode_time,
            encode_time: self.start.elapsed().saturating_sub(decode_time),
        }
    }
}
