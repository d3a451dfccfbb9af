//! What is done to the pixels between decoder and encoder.

mod color;
mod flatten;
mod orient;

pub(crate) use color::changes_colors;
pub(crate) use orient::upright;

use crate::options::Color;
use crate::raster::Raster;
use crate::{Budget, Error};

/// Makes a decoded picture into one that a JPEG can hold: upright, in sRGB, opaque; grey, or red, green, blue.
///
/// # Errors
/// The budget's, between steps.
pub(crate) fn prepare(mut raster: Raster, background: Color, budget: &Budget) -> Result<Raster, Error> {
    orient::upright(&mut raster);
    budget.check()?;
    color::to_srgb(&mut raster);
    budget.check()?;
    flatten::onto(&mut raster, background);
    budget.check()?;
    Ok(raster)
}
