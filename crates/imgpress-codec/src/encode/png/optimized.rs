//! oxipng: it tries filters, palettes and fewer bits, and packs with libdeflate.

use oxipng::{BitDepth, ColorType, Options, RawImage};

use super::{Pixels, Rows};
use crate::options::Effort;
use crate::raster::Layout;
use crate::{Budget, Error};

/// As [`super::lossless`].
pub(super) fn encode(rows: &Rows<'_>, effort: Effort, budget: &Budget) -> Result<Vec<u8>, Error> {
    let (width, height) = rows.size;
    let (kind, values) = match &rows.pixels {
        Pixels::Plain(layout, values) => (color_type(*layout), values.to_vec()),
        Pixels::Indexed(indexed) => {
            let palette = indexed.colors.iter().map(|&[r, g, b, a]| oxipng::RGBA8 { r, g, b, a }).collect();
            (ColorType::Indexed { palette }, indexed.indices.clone())
        }
    };
    let raw = RawImage::new(width, height, kind, BitDepth::Eight, values);
    let raw = raw.map_err(|error| Error::Encoder(error.to_string()))?;
    let options = Options {
        grayscale_reduction: rows.may_turn_grey,
        // It ends early then, and what is made is not used: the budget is looked at.
        timeout: budget.remaining(),
        ..Options::from_preset(preset(effort))
    };
    let file = raw.create_optimized_png(&options);
    budget.check()?;
    file.map_err(|error| Error::Encoder(error.to_string()))
}

/// oxipng's levels for the efforts.
fn preset(effort: Effort) -> u8 {
    match effort {
        Effort::Fast => 0,
        Effort::Balanced => 2,
        Effort::Max => 4,
    }
}

fn color_type(layout: Layout) -> ColorType {
    match layout {
        Layout::Grey => ColorType::Grayscale { transparent_shade: None },
        Layout::GreyAlpha => ColorType::GrayscaleAlpha,
        Layout::Rgba | Layout::Cmyk => ColorType::RGBA,
        Layout::Rgb => ColorType::RGB { transparent_color: None },
    }
}
