//! libwebp as the product calls it.

use anyhow::{Result, bail};
use imgpress_webp::{Coding, Layout, Method, Settings};

use super::{Encoder, Scale};
use crate::picture::Picture;
use crate::versions;

/// libwebp with loss.
pub(super) struct Webp {
    name: &'static str,
    method: u8,
}

impl Webp {
    /// `webp-EFFORT`, with the method that the product takes for that effort.
    pub(super) fn named(name: &str) -> Result<Self> {
        Ok(match name {
            "webp-fast" => Self { name: "webp-fast", method: 2 },
            "webp-balanced" => Self { name: "webp-balanced", method: 4 },
            "webp-max" => Self { name: "webp-max", method: 6 },
            _ => bail!("there is no encoder {name}"),
        })
    }
}

impl Encoder for Webp {
    fn name(&self) -> &str {
        self.name
    }

    fn version(&self) -> Option<String> {
        Some(versions::of("libwebp-sys"))
    }

    fn scale(&self) -> Scale {
        Scale::Quality
    }

    fn encode(&self, picture: &Picture, parameter: f64) -> Result<Vec<u8>> {
        let size = (u32::try_from(picture.width)?, u32::try_from(picture.height)?);
        let pixels = imgpress_webp::Picture::new(size.0, size.1, Layout::Rgb, &picture.rgb)?;
        let coding = Coding::Lossy { quality: parameter as f32 };
        let settings = Settings { coding, method: Method::new(self.method) };
        Ok(imgpress_webp::encode(&pixels, &settings, &|| true)?)
    }
}
