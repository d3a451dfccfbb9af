//! The baseline that imgpress is measured against: rimage's mozjpeg encoder, fed by zune-image.

use std::path::Path;

use ::rimage::codecs::mozjpeg::{MozJpegEncoder, MozJpegOptions};
use anyhow::{Context, Result, anyhow};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_image::image::Image;
use zune_image::traits::EncoderTrait as _;

use super::{Encoder, Scale, quality};
use crate::picture::{self, Picture};
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

/// Decodes a file as rimage's command line does, with zune-image, and encodes it. rimage drops transparency and shows what
/// colour is stored below it; so that it makes the picture that the others make, it gets one that is flattened on white.
///
/// # Errors
///
/// The file cannot be decoded, or rimage refuses it.
pub(crate) fn rimage_file(input: &Path, parameter: f64) -> Result<Vec<u8>> {
    let bytes = std::fs::read(input)?;
    let options = DecoderOptions::default().set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut image =
        Image::read(ZCursor::new(bytes), options).map_err(|error| anyhow!("zune-image: {error:?}"))?;
    let failed = |error| anyhow!("zune-image: {error:?}");
    if image.colorspace().has_alpha() {
        image.convert_color(ColorSpace::RGBA).map_err(failed)?;
        image = on_white(&image)?;
    } else if !matches!(image.colorspace(), ColorSpace::RGB | ColorSpace::Luma) {
        image.convert_color(ColorSpace::RGB).map_err(failed)?;
    }
    encode(&image, parameter)
}

fn on_white(image: &Image) -> Result<Image> {
    let rgba = image.flatten_to_u8().into_iter().next().context("a picture without a frame")?;
    let rgb: Vec<u8> = rgba
        .chunks_exact(4)
        .flat_map(|pixel| picture::over_white([pixel[0], pixel[1], pixel[2], pixel[3]]))
        .collect();
    let (width, height) = image.dimensions();
    Ok(Image::from_u8(&rgb, width, height, ColorSpace::RGB))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_transparent_becomes_white() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clear.png");
        ::image::RgbaImage::new(16, 16).save(&path).unwrap();
        let decoded = crate::decoder::decode(&rimage_file(&path, 90.0).unwrap(), 16, 16).unwrap();
        assert!(decoded.iter().all(|&value| value >= 253), "{decoded:?}");
    }
}
