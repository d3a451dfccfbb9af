//! What is done to the pixels between decoder and encoder.

mod color;
mod flatten;
mod orient;
mod resize;

pub(crate) use color::{converts, unconverted};
pub(crate) use flatten::onto as flatten;
#[cfg(not(feature = "mozjpeg"))]
pub(crate) use orient::upright;
pub(crate) use resize::BAND;

use crate::geometry::Geometry;
use crate::options::{Color, ColorSpace, Options};
use crate::raster::Raster;
use crate::{Budget, Error};

/// What the format of an output can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holds {
    pub(crate) alpha: bool,
    /// Grey of one component, and so profiles for it.
    pub(crate) grey: bool,
}

impl Holds {
    pub(crate) const JPEG: Self = Self { alpha: false, grey: true };
    pub(crate) const PNG: Self = Self { alpha: true, grey: true };
    /// Whatever is chosen of those with alpha.
    #[cfg(feature = "avif")]
    pub(crate) const AVIF: Self = Self { alpha: true, grey: true };
    #[cfg(feature = "jxl")]
    pub(crate) const JXL: Self = Self { alpha: true, grey: true };
    pub(crate) const ANY: Self = Self { alpha: true, grey: false };
    #[cfg(feature = "webp")]
    pub(crate) const WEBP: Self = Self { alpha: true, grey: false };

    /// What transparency is put on: nothing shows of it where it stays.
    fn background(self, options: &Options) -> Color {
        if self.alpha { Color::WHITE } else { options.background }
    }
}

/// Converts a decoded picture to sRGB, or leaves it in the colours of its profile where that is asked for and held. Gives
/// the background in its colours.
pub(crate) fn convert(raster: &mut Raster, options: &Options, holds: Holds) -> Color {
    let background = holds.background(options);
    match options.color {
        ColorSpace::Keep if holds.grey || !raster.layout.is_grey() => color::keep(raster, background),
        ColorSpace::Keep | ColorSpace::Srgb => {
            color::to_srgb(raster);
            background
        }
    }
}

/// Turns a picture and brings it to the size of `geometry`.
///
/// # Errors
/// The budget's, between steps.
pub(crate) fn place(raster: &mut Raster, geometry: &Geometry, budget: &Budget) -> Result<(), Error> {
    orient::upright(raster);
    budget.check()?;
    if !geometry.is_identity(raster.size()) {
        resize::to(raster, geometry, budget)?;
        budget.check()?;
    }
    Ok(())
}

/// Makes a decoded picture into one that the output's format `holds`, of the size of `geometry`: upright, in sRGB or in
/// the colours of its profile; grey, or red, green, blue; opaque, or with its alpha where that is held and says something.
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
    holds: Holds,
    budget: &Budget,
) -> Result<Raster, Error> {
    let background = convert(&mut raster, options, holds);
    budget.check()?;
    if holds.alpha {
        flatten::if_opaque(&mut raster);
    } else {
        flatten::onto(&mut raster, background);
    }
    budget.check()?;
    place(&mut raster, geometry, budget)?;
    Ok(raster)
}
