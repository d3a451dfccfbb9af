//! The crate `jpeg-encoder`.

use ::jpeg_encoder::{ColorType, Encoder as Peer, SamplingFactor};
use anyhow::Result;

use super::{Encoder, Scale, quality};
use crate::picture::Picture;
use crate::versions;

/// 4:2:0 with Huffman tables made for the picture.
pub(super) struct JpegEncoder {
    /// Progressive or sequential.
    pub(super) progressive: bool,
}

impl Encoder for JpegEncoder {
    fn name(&self) -> &str {
        if self.progressive { "jpeg-encoder" } else { "jpeg-encoder-baseline" }
    }

    fn version(&self) -> Option<String> {
        Some(versions::of("jpeg-encoder"))
    }

    fn scale(&self) -> Scale {
        Scale::Quality
    }

    fn encode(&self, picture: &Picture, parameter: f64) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        let mut encoder = Peer::new(&mut out, quality(parameter));
        encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
        encoder.set_progressive(self.progressive);
        encoder.set_optimized_huffman_tables(true);
        encoder.encode(
            &picture.rgb,
            u16::try_from(picture.width)?,
            u16::try_from(picture.height)?,
            ColorType::Rgb,
        )?;
        Ok(out)
    }
}
