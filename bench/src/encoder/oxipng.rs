//! oxipng, as its command line is by default: level 2.

use std::path::Path;

use anyhow::Result;
use oxipng::{BitDepth, ColorType, Options, RawImage};

use super::{Encoder, Scale};
use crate::picture::Picture;
use crate::versions;

/// Level 2.
pub(super) struct Oxipng;

impl Encoder for Oxipng {
    fn name(&self) -> &str {
        "oxipng"
    }

    fn version(&self) -> Option<String> {
        Some(versions::of("oxipng"))
    }

    /// It has none: its files have no loss.
    fn scale(&self) -> Scale {
        Scale::Quality
    }

    fn encode(&self, picture: &Picture, _parameter: f64) -> Result<Vec<u8>> {
        let kind = ColorType::RGB { transparent_color: None };
        let (width, height) = (picture.width as u32, picture.height as u32);
        let image = RawImage::new(width, height, kind, BitDepth::Eight, picture.rgb.clone())?;
        Ok(image.create_optimized_png(&Options::from_preset(2))?)
    }
}

/// A PNG made smaller, as `oxipng FILE` does it.
///
/// # Errors
///
/// The file cannot be read or is no PNG.
pub(crate) fn oxipng_file(path: &Path) -> Result<Vec<u8>> {
    Ok(oxipng::optimize_from_memory(&std::fs::read(path)?, &Options::from_preset(2))?)
}
