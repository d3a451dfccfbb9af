//! The PNG encoder: without loss, behind an interface that does not show which one it is.

#[cfg(feature = "oxipng")]
mod optimized;
#[cfg(not(feature = "oxipng"))]
mod palette;
#[cfg(not(feature = "oxipng"))]
mod plain;

#[cfg(feature = "oxipng")]
use optimized as encoder;
#[cfg(not(feature = "oxipng"))]
use plain as encoder;

use crate::options::Effort;
use crate::raster::{Layout, Raster};
use crate::{Budget, Error};

/// Encodes a picture as a bare PNG file, every value as it is, in as few bits as that takes.
///
/// # Errors
/// The budget's, or the encoder's own.
pub(crate) fn lossless(raster: &Raster, effort: Effort, budget: &Budget) -> Result<Vec<u8>, Error> {
    encoder::encode(&Rows::of(raster)?, effort, budget)
}

/// What a PNG is made of.
struct Rows<'a> {
    size: (u32, u32),
    pixels: Pixels<'a>,
    /// Whether red, green and blue that are alike may become grey: a profile is for one or the other.
    may_turn_grey: bool,
}

enum Pixels<'a> {
    /// Of 8 bits a component.
    Plain(Layout, &'a [u8]),
}

impl<'a> Rows<'a> {
    fn of(raster: &'a Raster) -> Result<Self, Error> {
        if raster.layout == Layout::Cmyk {
            return Err(Error::Encoder("inks are converted before they are encoded".into()));
        }
        let pixels = Pixels::Plain(raster.layout, &raster.pixels);
        let may_turn_grey = raster.colors.statement() == crate::colors::Statement::None;
        Ok(Self { size: raster.size(), pixels, may_turn_grey })
    }
}
