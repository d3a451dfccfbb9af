//! From a stranger's bytes to pixels, with decoders in Rust, but for HEIC where that is built: one file a format.

#[cfg(feature = "webp")]
pub(crate) mod animation;
#[cfg(feature = "avif")]
pub(crate) mod avif;
mod bmp;
mod gif;
#[cfg(feature = "heic")]
mod heic;
mod ico;
mod jpeg;
#[cfg(feature = "jxl_input")]
pub(crate) mod jxl;
mod metadata;
pub(crate) mod png;
mod pnm;
mod qoi;
#[cfg(any(feature = "avif", feature = "webp"))]
pub(crate) mod tails;
mod through_image;
mod tiff;
pub(crate) mod webp;

pub(crate) use jpeg::{decode as decode_jpeg, info as jpeg_info};
pub(crate) use metadata::metadata;
pub(crate) use png::Bands;

use crate::options::ImageFormat;
use crate::raster::Raster;
use crate::{Budget, Error, ImageInfo, Limits};

/// Loads what decoders have in files of their own: for who will not be able to open any later.
#[cfg(feature = "heic")]
pub fn load_decoders() {
    imgpress_heif::load();
}

/// What the header says. Nothing of the size that it claims is allocated, and nothing is checked against the
/// limits but what has to be counted while reading.
pub(crate) fn probe(format: ImageFormat, input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    match format {
        ImageFormat::Jpeg => jpeg::probe(input, limits),
        ImageFormat::Png => png::probe(input),
        ImageFormat::Webp => webp::probe(input, limits),
        ImageFormat::Gif => gif::probe(input, limits),
        ImageFormat::Tiff => tiff::probe(input, limits),
        ImageFormat::Ico => ico::probe(input, limits),
        #[cfg(feature = "avif")]
        ImageFormat::Avif => avif::probe(input, limits),
        #[cfg(not(feature = "avif"))]
        ImageFormat::Avif => Err(crate::error::Unsupported::Known("AVIF").into()),
        #[cfg(feature = "jxl_input")]
        ImageFormat::Jxl => jxl::probe(input, limits),
        #[cfg(not(feature = "jxl_input"))]
        ImageFormat::Jxl => Err(crate::error::Unsupported::Known("JPEG XL").into()),
        #[cfg(feature = "heic")]
        ImageFormat::Heic => heic::probe(input, limits),
        #[cfg(not(feature = "heic"))]
        ImageFormat::Heic => Err(crate::error::Unsupported::NotBuilt("HEIC").into()),
        ImageFormat::Bmp => bmp::probe(input, limits),
        ImageFormat::Qoi => through_image::probe(format, input, limits),
        ImageFormat::Pnm => pnm::probe(input, limits),
    }
}

/// The pixels of the first frame, every one of them. `info` is what [`probe`] gave, within the limits. Not for
/// JPEG, which is decoded from its segments. `budget` is looked at between the pieces of what comes in pieces.
pub(crate) fn decode(
    input: &[u8],
    info: &ImageInfo,
    limits: &Limits,
    budget: &Budget,
) -> Result<Raster, Error> {
    match info.format {
        ImageFormat::Jpeg => Err(Error::Encoder("a JPEG goes by its segments".into())),
        ImageFormat::Png => png::decode(input, info, limits),
        #[cfg(feature = "avif")]
        ImageFormat::Avif => avif::decode(input, info, limits, budget),
        #[cfg(not(feature = "avif"))]
        ImageFormat::Avif => Err(crate::error::Unsupported::Known("AVIF").into()),
        #[cfg(feature = "jxl_input")]
        ImageFormat::Jxl => jxl::decode(input, info, limits, budget),
        #[cfg(not(feature = "jxl_input"))]
        ImageFormat::Jxl => Err(crate::error::Unsupported::Known("JPEG XL").into()),
        #[cfg(feature = "heic")]
        ImageFormat::Heic => heic::decode(input, info, limits, budget),
        #[cfg(not(feature = "heic"))]
        ImageFormat::Heic => Err(crate::error::Unsupported::NotBuilt("HEIC").into()),
        ImageFormat::Webp => webp::decode(input, info, limits),
        ImageFormat::Ico => ico::decode(input, info, limits),
        ImageFormat::Gif => gif::decode(input, info),
        ImageFormat::Tiff => tiff::decode(input, info, limits, budget),
        ImageFormat::Bmp => bmp::decode(input, info, limits),
        ImageFormat::Qoi => qoi::decode(input, info, limits),
        ImageFormat::Pnm => through_image::decode(input, info, limits),
    }
}
