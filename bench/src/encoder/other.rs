//! WebP and AVIF with loss, as the product makes them.

use anyhow::Result;
use imgpress_codec::calibration::Pixels;
use imgpress_codec::options::{Effort, ImageFormat, Quality};

use super::{Encoder, Scale, quality};
use crate::picture::Picture;

/// One format at one effort.
pub(super) struct Other {
    name: &'static str,
    format: ImageFormat,
    effort: Effort,
    /// By the product's quality scale, instead of the encoder's own numbers.
    by_quality: bool,
}

impl Other {
    /// `webp-EFFORT`, set by libwebp's quality, and `avif-EFFORT`, set by libaom's quantiser; with `-q` behind it either is
    /// set by the product's quality scale.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = super::NAMES.into_iter().find(|known| *known == name)?;
        let mut parts = name.split('-');
        let format = match parts.next()? {
            "webp" => ImageFormat::Webp,
            "avif" => ImageFormat::Avif,
            _ => return None,
        };
        Some(Self { name, format, effort: parts.next()?.parse().ok()?, by_quality: parts.next().is_some() })
    }
}

impl Encoder for Other {
    fn name(&self) -> &str {
        self.name
    }

    fn version(&self) -> Option<String> {
        None
    }

    fn scale(&self) -> Scale {
        if self.format == ImageFormat::Avif && !self.by_quality { Scale::Quantizer } else { Scale::Quality }
    }

    fn encode(&self, picture: &Picture, parameter: f64) -> Result<Vec<u8>> {
        let pixels = Pixels { rgb: &picture.rgb, size: (picture.width, picture.height) };
        Ok(match (self.by_quality, self.format) {
            (true, format) => pixels.lossy(format, Quality::try_from(quality(parameter))?, self.effort)?,
            (false, ImageFormat::Avif) => pixels.avif(parameter.round() as u8, self.effort)?,
            (false, _) => pixels.webp(parameter as f32, self.effort)?,
        })
    }
}
