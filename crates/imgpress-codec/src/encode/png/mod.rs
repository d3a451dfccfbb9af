//! The PNG encoder: without loss, behind an interface that does not show which one it is.

#[cfg(feature = "oxipng")]
mod optimized;
mod palette;
#[cfg(not(feature = "oxipng"))]
mod plain;
mod quantise;
#[cfg(feature = "oxipng")]
mod truecolour;

#[cfg(feature = "oxipng")]
use optimized as encoder;
#[cfg(not(feature = "oxipng"))]
use plain as encoder;

use self::palette::Indexed;
use crate::options::{Effort, Quality};
use crate::raster::{Layout, Raster};
use crate::{Budget, Error};

/// Encodes a picture as a bare PNG file, every value as it is, in as few bits as that takes.
///
/// # Errors
/// The budget's, or the encoder's own.
pub(crate) fn lossless(raster: &Raster, effort: Effort, budget: &Budget) -> Result<Vec<u8>, Error> {
    encoder::encode(&Rows::of(raster)?, effort, budget)
}

/// Encodes a picture with as few colours as look right at this quality, and gives it as it is then; `None` where it has
/// few already, or needs more than a palette holds.
///
/// # Errors
/// As [`lossless`].
pub(crate) fn quantised(
    raster: &Raster,
    quality: Quality,
    effort: Effort,
    budget: &Budget,
) -> Result<Option<(Vec<u8>, Raster)>, Error> {
    let Some(indexed) = quantise::quantise(raster, quality, effort, budget)? else { return Ok(None) };
    let shown = indexed.indices.iter().flat_map(|index| indexed.colors[usize::from(*index)]).collect();
    let shown = Raster::new(raster.width, raster.height, Layout::Rgba, shown);
    let rows = Rows { pixels: Pixels::Indexed(indexed), ..Rows::of(raster)? };
    Ok(Some((encoder::encode(&rows, effort, budget)?, shown)))
}

/// What a PNG is made of.
struct Rows<'a> {
    size: (u32, u32),
    pixels: Pixels<'a>,
    /// Whether red, green and blue that are alike may become grey: a profile is for one or the other.
    #[cfg_attr(not(feature = "oxipng"), expect(dead_code, reason = "the other encoder turns nothing grey"))]
    may_turn_grey: bool,
}

enum Pixels<'a> {
    /// Of 8 bits a component.
    Plain(Layout, &'a [u8]),
    Indexed(Indexed),
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
