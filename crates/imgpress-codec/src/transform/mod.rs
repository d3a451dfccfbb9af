//! What is done to the pixels between decoder and encoder.

mod color;
mod flatten;
mod orient;
mod resize;

pub(crate) use color::is_for_conversion;
#[cfg(not(feature = "mozjpeg"))]
pub(crate) use orient::upright;
pub(crate) use resize::BAND;

use crate::geometry::Geometry;
use crate::options::Options;
use crate::raster::Raster;
use crate::{Budget, Error};

/// Makes a decoded picture into one that a JPEG can hold, of the size of `geometry`: upright, in sRGB, opaque;
/// grey, or red, green, blue.
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
    color::to_srgb(&mut raster);
    budget.check()?;
    flatten::onto(&mut raster, options.background);
    budget.check()?;
    orient::upright(&mut raster);
    budget.check()?;
    if !geometry.is_identity(raster.size()) {
        resize::to(&mut raster, geometry, budget)?;
        budget.check()?;
    }
    Ok(raster)
}
