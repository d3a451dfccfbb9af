//! The encoder of the crate `image`: sequential, fixed Huffman tables.

use ::image::ExtendedColorType;
use ::image::codecs::jpeg::JpegEncoder;
use anyhow::Result;

use super::{Encoder, Scale, quality};
use crate::picture::Picture;
use crate::versions;

/// `image` as it is.
pub(super) struct Image;

impl Encoder for Image {
    fn name(&self) -> &str {
        "image"
    }

    fn version(&self) -> Option<String> {
        Some(versions::of("image"))
    }

    fn scale(&self) -> Scale {
        Scale::Quality
    }

    fn encode(&self, picture: &Picture, parameter: f64) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        let size = (picture.width as u32, picture.height as u32);
        JpegEncoder::new_with_quality(&mut out, quality(parameter)).encode(
            &picture.rgb,
            size.0,
            size.1,
            ExtendedColorType::Rgb8,
        )?;
        Ok(out)
    }
}
