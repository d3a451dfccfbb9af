#[cfg(feature = "webp")]
mod animation;
mod auto;
#[cfg(feature = "avif")]
mod avif;
#[cfg(not(feature = "mozjpeg"))]
mod banded;
#[cfg(feature = "webp")]
mod half_chroma;
#[cfg(feature = "jxl")]
mod jxl;
#[cfg(any(feature = "avif", feature = "jxl", feature = "webp"))]
mod limit;
mod look;
mod png;
mod ready;
mod sought;
mod target;
#[cfg(feature = "webp")]
mod webp;
mod within;

use std::time::{Duration, Instant};

use crate::carry::{self, File};
use crate::geometry::Geometry;
use crate::jpeg::JpegFile;
use crate::keep::Original;
use crate::metadata::{Note, Report};
use crate::options::{ImageFormat, Lossless, MaxBytes, Options, OutputFormat, Quality, Target};
use crate::raster::Raster;
use crate::transform::Holds;
use crate::{
    Budget, Error, ImageInfo, Limits, Outcome, Output, Verify, decode, encode, format, probe, select,
    transform,
};

/// Compresses an image with the default limits and no deadline, and gives the bytes alone.
///
/// # Errors
/// As [`compress`].
pub fn compress_image_bytes(input: &[u8], quality: Quality) -> Result<Vec<u8>, Error> {
    let options = Options { quality: quality.into(), ..Options::default() };
    compress(input, &options, &Limits::default(), &Budget::unlimited()).map(|output| output.bytes)
}

/// Compresses an image of any supported format, recognised from its bytes, to a JPEG of the same look: upright, in
/// sRGB and without metadata unless the options ask for those, transparency flattened on the background, and of the
/// size that is asked for.
///
/// A JPEG that is not resized and that would not get smaller, or that is at least as coarse as the quality asks
/// already, is kept: its pixels exactly, and of its metadata what the options say, in fewer bytes where coding the
/// same coefficients anew takes fewer. So the same image compressed again comes back as it is, byte by byte.
///
/// Where a [look](Target::Look) is asked for, it has the quality at which this picture has that look, to within a
/// point or so, found with at most four files.
///
/// With [`max_bytes`](Options::max_bytes), the highest quality that fits is taken, none above the one that is asked for.
///
/// # Errors
/// See [`Error`]. A picture of which a part is missing is never compressed.
pub fn compress(input: &[u8], options: &Options, limits: &Limits, budget: &Budget) -> Result<Output, Error> {
    compress_verified(input, options, limits, budget, Verify::default())
}

/// As [`compress`], and says which outputs are decoded again before they are given out.
///
/// # Errors
/// As [`compress`]; [`Error::Encoder`] for an output that does not pass.
pub fn compress_verified(
    input: &[u8],
    options: &Options,
    limits: &Limits,
    budget: &Budget,
    verify: Verify,
) -> Result<Output, Error> {
    encode::check_options(options)?;
    budget.check()?;
    let job = Job { options, limits, budget, verify, start: Instant::now() };
    match format::recognise(input)? {
        ImageFormat::Jpeg => {
            let go_on = || budget.check().is_ok();
            job.any(input, Some(&JpegFile::parse(input, limits)?.with_checkpoint(&go_on)))
        }
        _ => job.any(input, None),
    }
}

struct Job<'a> {
    options: &'a Options,
    limits: &'a Limits,
    budget: &'a Budget,
    verify: Verify,
    start: Instant,
}

impl Job<'_> {
    /// To the format that is asked for.
    fn any(&self, input: &[u8], jpeg: Option<&JpegFile<'_>>) -> Result<Output, Error> {
        match self.options.format {
            OutputFormat::Jpeg => self.to_jpeg(input, jpeg),
            OutputFormat::Webp => self.to(ImageFormat::Webp, input, jpeg),
            OutputFormat::Avif => self.to(ImageFormat::Avif, input, jpeg),
            OutputFormat::Jxl => self.to(ImageFormat::Jxl, input, jpeg),
            OutputFormat::Png => self.to(ImageFormat::Png, input, jpeg),
            OutputFormat::Same => self.to(format::recognise(input)?, input, jpeg),
            OutputFormat::Auto => self.to_smallest(input, jpeg),
        }
    }

    fn to(&self, format: ImageFormat, input: &[u8], jpeg: Option<&JpegFile<'_>>) -> Result<Output, Error> {
        match format {
            ImageFormat::Jpeg => self.to_jpeg(input, jpeg),
            #[cfg(feature = "webp")]
            ImageFormat::Webp => {
                let source = self.source(input, jpeg)?;
                if source.info.is_animated() { self.to_animation(source) } else { self.to_webp(source) }
            }
            #[cfg(feature = "avif")]
            ImageFormat::Avif => self.to_avif(self.source(input, jpeg)?),
            #[cfg(feature = "jxl")]
            ImageFormat::Jxl => self.to_jxl(self.source(input, jpeg)?),
            // Nothing is lost of a format that is not written.
            _ => self.to_png(self.source(input, jpeg)?),
        }
    }

    fn to_jpeg(&self, input: &[u8], jpeg: Option<&JpegFile<'_>>) -> Result<Output, Error> {
        match jpeg {
            Some(file) if self.options.lossless == Lossless::Auto => self.jpeg(file),
            Some(file) => self.jpeg_as_it_is(file),
            None if self.options.lossless == Lossless::Auto => self.other(input),
            None => Err(Error::Lossy { format: ImageFormat::Jpeg }),
        }
    }

    /// What may lose nothing: the same coefficients in as few bytes as they take.
    fn jpeg_as_it_is(&self, file: &JpegFile<'_>) -> Result<Output, Error> {
        let Self { options, budget, .. } = *self;
        let info = decode::jpeg_info(file);
        info.check(self.limits)?;
        let geometry = info.geometry(options, self.limits)?;
        if !geometry.is_identity(info.shown_size()) {
            return Err(Error::Lossy { format: ImageFormat::Jpeg });
        }
        let found = file.metadata();
        let kept = Original { file, found: &found, info: &info, options, budget }.kept()?;
        let smallest = kept.bytes.len() as u64;
        if smallest > self.limit() {
            return Err(Error::TargetUnreachable { smallest, limit: self.limit() });
        }
        self.verify.check_kept(&kept.bytes, file, budget)?;
        let stages = Stages { decode: self.start.elapsed(), ..Stages::default() };
        let score = matches!(options.quality, Target::Look(_)).then_some(100.0);
        let output = self.output(kept, Outcome::Kept, info, &geometry, &stages);
        Ok(Output { quality: Quality::MAX, score, ..output })
    }

    fn jpeg(&self, file: &JpegFile<'_>) -> Result<Output, Error> {
        let info = decode::jpeg_info(file);
        info.check(self.limits)?;
        let geometry = info.geometry(self.options, self.limits)?;
        let resized = !geometry.is_identity(info.shown_size());
        self.budget.check()?;
        let found = file.metadata();
        let Self { options, budget, .. } = *self;
        let original = Original { file, found: &found, info: &info, options, budget };
        if let Target::Look(wanted) = options.quality {
            return self.jpeg_of_look(wanted, &original, &geometry);
        }
        if let Some(limit) = options.max_bytes {
            return self.jpeg_within(limit.get(), &original, &geometry);
        }
        if !resized && select::is_coarse_enough(file, options)? {
            let kept = original.kept()?;
            let stages = Stages { decode: self.start.elapsed(), ..Stages::default() };
            self.verify.check_kept(&kept.bytes, file, budget)?;
            return Ok(self.output(kept, Outcome::Kept, info, &geometry, &stages));
        }
        let (encoded, stages) = if resized {
            self.encode(decode::decode_jpeg(file, budget)?, &geometry)?
        } else {
            self.encode_jpeg(file, &geometry)?
        };
        budget.check()?;
        let encoded = carry::encoded(encoded, &found, options.metadata, &geometry);
        if resized {
            return Ok(self.output(encoded, Outcome::Compressed, info, &geometry, &stages));
        }
        let kept = original.instead_of(encoded.bytes.len())?;
        if let Some(kept) = &kept {
            self.verify.check_kept(&kept.bytes, file, budget)?;
        }
        let (file, outcome) = kept.map_or((encoded, Outcome::Compressed), |kept| (kept, Outcome::Kept));
        Ok(self.output(file, outcome, info, &geometry, &stages))
    }

    /// From plane to plane where that is possible, else through pixels.
    #[cfg(not(feature = "mozjpeg"))]
    fn encode_jpeg(&self, file: &JpegFile<'_>, geometry: &Geometry) -> Result<(File, Stages), Error> {
        let grey = file.components().len() == 1;
        if let Some(colors) = transform::unconverted(file.icc(), grey, self.options) {
            let (quality, effort) = (self.options.quality.nominal(), self.options.effort);
            let planes = encode::jpeg::from_planes(file, &colors, quality, effort, self.budget, self.verify)?;
            if let Some(done) = planes {
                let encode = self.start.elapsed().saturating_sub(done.decode_time);
                let report = Report::of_profile(file.colors().statement(), colors.statement());
                return Ok((
                    File { bytes: done.bytes, report },
                    Stages { decode: done.decode_time, transform: Duration::ZERO, encode },
                ));
            }
        }
        self.encode(decode::decode_jpeg(file, self.budget)?, geometry)
    }

    #[cfg(feature = "mozjpeg")]
    fn encode_jpeg(&self, file: &JpegFile<'_>, geometry: &Geometry) -> Result<(File, Stages), Error> {
        self.encode(decode::decode_jpeg(file, self.budget)?, geometry)
    }

    fn other(&self, input: &[u8]) -> Result<Output, Error> {
        let info = probe(input, self.limits)?;
        let geometry = info.geometry(self.options, self.limits)?;
        self.budget.check()?;
        if let Target::Look(wanted) = self.options.quality {
            return self.other_of_look(wanted, input, info, &geometry);
        }
        if let Some(limit) = self.options.max_bytes {
            return self.other_within(limit.get(), input, info, &geometry);
        }
        let (encoded, stages) = self.encode_other(input, &info, &geometry)?;
        self.budget.check()?;
        let found = decode::metadata(input, &info);
        let encoded = carry::encoded(encoded, &found, self.options.metadata, &geometry);
        Ok(self.output(encoded, Outcome::Compressed, info, &geometry, &stages))
    }

    /// A few rows at a time where that is possible, else as a whole.
    fn encode_other(
        &self,
        input: &[u8],
        info: &ImageInfo,
        geometry: &Geometry,
    ) -> Result<(File, Stages), Error> {
        #[cfg(not(feature = "mozjpeg"))]
        if info.in_bands(geometry) {
            return self.encode_in_bands(input, info, geometry);
        }
        self.encode(decode::decode(input, info, self.limits, self.budget)?, geometry)
    }

    /// From decoded pixels to the file.
    fn encode(&self, raster: Raster, geometry: &Geometry) -> Result<(File, Stages), Error> {
        let (raster, report, stages) = self.prepare(raster, geometry, Holds::JPEG)?;
        let bytes = encode::jpeg::encode(&raster, self.options.quality.nominal(), self.options.effort)?;
        self.verify.check(&bytes, raster, self.options.quality.nominal())?;
        let encode = self.start.elapsed().saturating_sub(stages.decode + stages.transform);
        Ok((File { bytes, report }, Stages { encode, ..stages }))
    }

    /// From decoded pixels to those that the encoder takes, and what became of their profile.
    fn prepare(
        &self,
        raster: Raster,
        geometry: &Geometry,
        holds: Holds,
    ) -> Result<(Raster, Report, Stages), Error> {
        let decode = self.start.elapsed();
        self.budget.check()?;
        let stated = raster.colors.statement();
        let raster = transform::prepare(raster, self.options, geometry, holds, self.budget)?;
        let mut report = Report::of_profile(stated, raster.colors.statement());
        report.notes_if(raster.flattened, Note::TransparencyFlattened);
        let transform = self.start.elapsed().saturating_sub(decode);
        Ok((raster, report, Stages { decode, transform, ..Stages::default() }))
    }

    /// The most bytes that an output may have.
    fn limit(&self) -> u64 {
        self.options.max_bytes.map_or(u64::MAX, MaxBytes::get)
    }

    fn output(
        &self,
        file: File,
        outcome: Outcome,
        original: ImageInfo,
        geometry: &Geometry,
        stages: &Stages,
    ) -> Output {
        Output {
            bytes: file.bytes,
            outcome,
            format: ImageFormat::Jpeg,
            width: geometry.width,
            height: geometry.height,
            original,
            quality: self.options.quality.nominal(),
            score: None,
            tries: 0,
            removed: file.report.removed.into_iter().collect(),
            notes: file.report.notes.into_iter().collect(),
            decode_time: stages.decode,
            transform_time: stages.transform,
            encode_time: stages.encode,
        }
    }
}

/// How long each part of a job took.
#[derive(Default)]
struct Stages {
    decode: Duration,
    transform: Duration,
    encode: Duration,
}
