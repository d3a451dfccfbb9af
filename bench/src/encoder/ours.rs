//! Our own encoder.

use anyhow::Result;
use imgpress_jpeg::{ColorType, Distance, Effort, Quality, Settings, Subsampling};

use super::{Encoder, Scale, quality};
use crate::picture::Picture;

/// One effort of `imgpress-jpeg`.
pub(super) struct Ours {
    name: &'static str,
    effort: Effort,
    scale: Scale,
    chroma: Chroma,
}

/// How colour is subsampled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chroma {
    /// 4:2:0.
    Half,
    /// 4:4:4.
    Full,
    /// As the encoder chooses for the picture.
    Chosen,
}

impl Ours {
    /// The encoder of a name: `ours-EFFORT`, set by distance; with `-444` behind it without subsampling, with `-auto`
    /// with the subsampling that it chooses for the picture, with `-q` set by the quality scale, and with `-q-auto` both.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = super::NAMES.into_iter().find(|known| *known == name)?;
        let mut parts = name.strip_prefix("ours-")?.split('-');
        let effort = match parts.next()? {
            "fast" => Effort::Fast,
            "balanced" => Effort::Balanced,
            _ => Effort::Max,
        };
        let variant = parts.next();
        let scale = if variant == Some("q") { Scale::Quality } else { Scale::Distance };
        let chroma = match parts.next().or(variant) {
            Some("444") => Chroma::Full,
            Some("auto") => Chroma::Chosen,
            _ => Chroma::Half,
        };
        Some(Self { name, effort, scale, chroma })
    }

    fn settings(&self, picture: &Picture, parameter: f64) -> Result<Settings> {
        let settings = match self.scale {
            Scale::Distance => Settings::new(Distance::new(parameter as f32)?).with_effort(self.effort),
            Scale::Quality | Scale::Quantizer => {
                Settings::of_quality(Quality::new(quality(parameter))?, self.effort)
            }
        };
        Ok(match self.chroma {
            Chroma::Half => settings.with_subsampling(Subsampling::S420),
            Chroma::Full => settings.with_subsampling(Subsampling::S444),
            Chroma::Chosen => {
                settings.with_subsampling_for(ColorType::Rgb, picture.width as u32, &picture.rgb)
            }
        })
    }
}

impl Encoder for Ours {
    fn name(&self) -> &str {
        self.name
    }

    fn version(&self) -> Option<String> {
        None
    }

    fn scale(&self) -> Scale {
        self.scale
    }

    fn encode(&self, picture: &Picture, parameter: f64) -> Result<Vec<u8>> {
        let size = (picture.width as u32, picture.height as u32);
        let settings = self.settings(picture, parameter)?;
        let mut encoder = imgpress_jpeg::Encoder::new(size.0, size.1, ColorType::Rgb, settings)?;
        let mut out = Vec::new();
        for rows in picture.rgb.chunks(picture.width * 3 * 16) {
            encoder.write_rows(rows)?;
        }
        encoder.finish(&mut out)?;
        Ok(out)
    }
}
