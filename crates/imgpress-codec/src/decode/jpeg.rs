use imgpress_jpeg::ColorTransform;

use crate::jpeg::{ColorCoding, JpegFile, failed};
use crate::options::{ImageFormat, Options};
use crate::probe::Packing;
use crate::raster::{Layout, Raster};
use crate::{Budget, Error, ImageInfo, Limits, Orientation, encode, select, transform};

pub(super) fn probe(input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    JpegFile::parse(input, limits).map(|file| info(&file))
}

/// What the headers of a file say.
pub(crate) fn info(file: &JpegFile<'_>) -> ImageInfo {
    let decoder = file.decoder();
    ImageInfo {
        format: ImageFormat::Jpeg,
        width: decoder.width(),
        height: decoder.height(),
        orientation: file.orientation(),
        frames: 1,
        channels: u8::try_from(file.components().len()).unwrap_or(u8::MAX),
        bit_depth: 8,
        decoder_bytes: decoder_bytes(file),
        animation: None,
        packing: Packing::Jpeg {
            bytes: file.length() as u64,
            by_planes: goes_by_planes(file),
            half_chroma: has_half_chroma(file),
            coarse_from: select::coarse_from(file),
        },
    }
}

/// Bytes a pixel, rounded up, that decoding takes beside the picture: 2 for each coefficient and 10 for each block
/// where they come in several scans, else a strip, which is nothing beside the picture.
fn decoder_bytes(file: &JpegFile<'_>) -> u8 {
    if !file.decoder().keeps_coefficients() {
        return 0;
    }
    let sampling = file.sampling();
    let across = sampling.iter().map(|factors| factors.0).max().unwrap_or(1);
    let down = sampling.iter().map(|factors| factors.1).max().unwrap_or(1);
    let samples: usize = sampling.iter().map(|(across, down)| across * down).sum();
    let bytes_of_64 = 2 * 64 + 10;
    u8::try_from((samples * bytes_of_64).div_ceil(across * down * 64)).unwrap_or(u8::MAX)
}

/// Whether it has no chroma finer than that of squares of four pixels, which stay squares where it is turned.
fn has_half_chroma(file: &JpegFile<'_>) -> bool {
    let decoder = file.decoder();
    let is_even = decoder.width().is_multiple_of(2) && decoder.height().is_multiple_of(2);
    let is_half = match (file.color_coding(), file.sampling().as_slice()) {
        (ColorCoding::Grey, _) => true,
        (ColorCoding::YCbCr, sampling) => sampling == [(2, 2), (1, 1), (1, 1)],
        _ => false,
    };
    is_half && (is_even || file.orientation() == Orientation::AS_STORED)
}

/// Whether its planes are encoded as they are, unless it is resized.
fn goes_by_planes(file: &JpegFile<'_>) -> bool {
    let grey = file.components().len() == 1;
    encode::jpeg::takes_planes(file)
        && transform::unconverted(file.icc(), grey, &Options::default()).is_some()
}

/// Decodes a file to pixels.
///
/// # Errors
/// A part of the picture is missing or makes no sense, or the budget's error.
pub(crate) fn decode(file: &JpegFile<'_>, budget: &Budget) -> Result<Raster, Error> {
    let (layout, transform) = match file.color_coding() {
        ColorCoding::Grey => (Layout::Grey, ColorTransform::None),
        ColorCoding::YCbCr => (Layout::Rgb, ColorTransform::YCbCr),
        ColorCoding::Rgb => (Layout::Rgb, ColorTransform::None),
        ColorCoding::Cmyk => (Layout::Cmyk, ColorTransform::None),
        ColorCoding::Ycck => (Layout::Cmyk, ColorTransform::YCbCr),
    };
    let decoder = file.decoder();
    let mut pixels = decoder.decode(transform).map_err(|error| failed(error, budget))?;
    if layout == Layout::Cmyk {
        // All known writers store inks inverted; a raster has 255 for full ink.
        pixels.iter_mut().for_each(|ink| *ink = !*ink);
    }
    let (width, height) = (decoder.width() as usize, decoder.height() as usize);
    let (colors, orientation) = (file.colors(), file.orientation());
    Ok(Raster { colors, orientation, ..Raster::new(width, height, layout, pixels) })
}
