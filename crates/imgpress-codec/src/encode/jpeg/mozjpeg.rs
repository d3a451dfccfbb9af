//! mozjpeg, for comparison and for who insists: with the feature `mozjpeg` it takes the place of our own encoder.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mozjpeg::{ColorSpace, Compress};

use crate::colors::Colors;
use crate::jpeg::JpegFile;
use crate::metadata::Carried;
use crate::options::{Effort, Quality};
use crate::raster::{Layout, Raster};
use crate::{Budget, Error, Limits};

/// Most pixels of a picture whose scans are coded in several ways to find the smallest. mozjpeg holds all of them
/// until it has chosen: noise of 48 megapixels at quality 97 took 900 MB with it, and without it 1.6 % more bytes.
const MOST_PIXELS_TRIED: usize = 16_000_000;

/// As [`super::encode`]. mozjpeg knows no efforts: every one is its strongest.
pub(super) fn encode(raster: &Raster, quality: Quality, _effort: Effort) -> Result<Vec<u8>, Error> {
    let space = match raster.layout {
        Layout::Grey => ColorSpace::JCS_GRAYSCALE,
        Layout::Rgb => ColorSpace::JCS_RGB,
        other => return Err(Error::Encoder(format!("{other:?} pixels are not for a JPEG"))),
    };
    // mozjpeg reports an error by unwinding. What it leaves behind is dropped whole.
    let encoded = catch_unwind(AssertUnwindSafe(|| with_mozjpeg(raster, space, quality)));
    match encoded {
        Ok(result) => result.map_err(|error| Error::Encoder(error.to_string())),
        Err(panic) => Err(Error::Encoder(words(&*panic))),
    }
}

/// As [`super::encode`] encodes `part`.
///
/// # Errors
/// As [`super::encode`].
pub(crate) fn encode_part(
    part: &Raster,
    _whole: &Raster,
    quality: Quality,
    effort: Effort,
) -> Result<Vec<u8>, Error> {
    encode(part, quality, effort)
}

/// The quantisation tables, row by row, of what mozjpeg makes of a picture of 1 or 3 components: read off a file of
/// one pixel. It subsamples chroma always.
///
/// # Errors
/// As [`super::encode`].
pub(crate) fn quantisation(
    components: usize,
    _full_chroma: bool,
    quality: Quality,
    effort: Effort,
) -> Result<Vec<[u16; 64]>, Error> {
    let layout = if components == 1 { Layout::Grey } else { Layout::Rgb };
    let encoded = encode(&Raster::new(1, 1, layout, vec![0; layout.channels()]), quality, effort)?;
    let file = JpegFile::parse(&encoded, &Limits::default())?;
    Ok(file.components().iter().map(|component| *component.quantisation()).collect())
}

/// Never: mozjpeg is given pixels.
pub(crate) fn takes_planes(_file: &JpegFile<'_>) -> bool {
    false
}

/// Never: mozjpeg's steps are its own.
///
/// # Errors
/// None.
pub(crate) fn keeps_steps(_file: &JpegFile<'_>, _quality: Quality, _effort: Effort) -> Result<bool, Error> {
    Ok(false)
}

/// Nothing: a file that mozjpeg has written could be made smaller on a second pass, which is to change no byte.
///
/// # Errors
/// None.
pub(crate) fn recode(
    _file: &JpegFile<'_>,
    _carried: &Carried,
    _effort: Effort,
    _budget: &Budget,
) -> Result<Option<Vec<u8>>, Error> {
    Ok(None)
}

/// As [`recode`], without what was around the picture.
///
/// # Errors
/// None.
#[cfg(feature = "jxl")]
pub(crate) fn rewrite(
    _file: &JpegFile<'_>,
    _icc: Option<&[u8]>,
    _effort: Effort,
    _budget: &Budget,
) -> Result<Option<Vec<u8>>, Error> {
    Ok(None)
}

/// mozjpeg's own defaults are its strongest: progressive, trellis quantisation, optimised scans.
fn with_mozjpeg(raster: &Raster, space: ColorSpace, quality: Quality) -> std::io::Result<Vec<u8>> {
    let mut encoder = Compress::new(space);
    encoder.set_size(raster.width, raster.height);
    encoder.set_quality(quality.get().into());
    encoder.set_progressive_mode();
    encoder.set_optimize_scans(raster.width * raster.height <= MOST_PIXELS_TRIED);
    if space == ColorSpace::JCS_RGB {
        encoder.set_chroma_sampling_pixel_sizes((2, 2), (2, 2));
    }
    // A tenth of the pixels is more than most photographs take at the default quality.
    let mut started = encoder.start_compress(Vec::with_capacity(raster.pixels.len() / 10 + 1024))?;
    if let Colors::Icc(icc) = &raster.colors {
        started.write_icc_profile(&icc.bytes);
    }
    started.write_scanlines(&raster.pixels)?;
    started.finish()
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_else(|| "unknown panic".into())
}
