//! What is done to the pixels between decoder and encoder.

mod color;
mod flatten;
mod orient;
mod resize;

pub(crate) use color::unconverted;
#[cfg(not(feature = "mozjpeg"))]
pub(crate) use flatten::onto as flatten;
#[cfg(not(feature = "mozjpeg"))]
pub(crate) use orient::upright;
pub(crate) use resize::BAND;

use crate::geometry::Geometry;
use crate::options::{ColorSpace, Options};
use crate::raster::Raster;
use crate::{Budget, Error};

/// Makes a decoded picture into one that a JPEG can hold, of the size of `geometry`: upright, opaque, in sRGB or
/// in the colours of its profile; grey, or red, green, blue.
///
/// It is flattened before it is turned and resized: there is less to turn, and mixing the flattened values is
/// the same as mixing premultiplied ones and flattening the result.
///
/// # Errors
/// The budget's, between steps.
pub(crate) fn prepare(
    mut raster: Raster,
    options: &Options,
    geometry: &Geometry,
    budget: &Budget,
) -> Result<Raster, Error> {
    let background = match options.color {
        ColorSpace::Srgb => {
            color::to_srgb(&mut raster);
            options.background
        }
        ColorSpace::Keep => color::keep(&mut raster, options.background),
    };
    budget.check()?;
    flatten::onto(&mut raster, background);
    budget.check()?;
    orient::upright(&mut raster);
    budget.check()?;
    if !geometry.is_identity(raster.size()) {
        resize::to(&mut raster, geometry, budget)?;
        budget.check()?;
    }
    Ok(raster)
}
