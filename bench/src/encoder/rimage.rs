//! The baseline that imgpress is measured against: rimage's mozjpeg encoder, fed by zune-image.

use std::path::Path;

use ::rimage::codecs::mozjpeg::{MozJpegEncoder, MozJpegOptions};
use anyhow::{Result, anyhow};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_image::image::Image;
use zune_image::traits::EncoderTrait as _;

use super::{Encoder, Scale, quality};
use crate::picture::Picture;
use crate::versions;

/// rimage with its default options.
pub(super) struct Rimage;

impl Encoder for Rimage {
    fn name(&self) -> &str {
        "rimage"
    }

    fn version(&self) -> Option<String> {
        Some(versions::of("rimage"))
    }

    fn scale(&self) -> Scale {
        Scale::Quality
    }

    fn encode(&self, picture: &Picture, parameter: f64) -> Result<Vec<u8>> {
        encode(&Image::from_u8(&picture.rgb, picture.width, picture.height, ColorSpace::RGB), parameter)
    }
}

/// Encodes what zune-image has decoded.
///
/// # Errors
///
/// rimage refuses it.
fn encode(image: &Image, parameter: f64) -> Result<Vec<u8>> {
    let options = MozJpegOptions { quality: quality(parameter).into(), ..MozJpegOptions::default() };
    let mut out = Vec::new();
    let encoded = MozJpegEncoder::new_with_options(options).encode(image, &mut out);
    encoded.map_err(|error| anyhow!("rimage: {error:?}"))?;
    Ok(out)
}

/// Decodes a file as rimage's command line does, with zune-image, and encodes it.
///
/// # Errors
///
/// The file cannot be decoded, or rimage refuses it.
pub(crate) fn rimage_file(input: &Path, parameter: f64) -> Result<Vec<u8>> {
    let bytes = std::fs::read(input)?;
    let options = DecoderOptions::default().set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut image =
        Image::read(ZCursor::new(bytes), options).map_err(|error| anyhow!("zune-image: {error:?}"))?;
    if !matches!(image.colorspace(), ColorSpace::RGB | ColorSpace::RGBA | ColorSpace::Luma) {
        image.convert_color(ColorSpace::RGB).map_err(|error| anyhow!("zune-image: {error:?}"))?;
    }
    encode(&image, parameter)
}
