//! How alike a picture and its encoded copy look: SSIMULACRA2 (Sneyers, 2022; the crate `fast-ssim2`), of the whole
//! picture where it is small, else of a sample of it.
//!
//! 100 is the same picture, 90 cannot be told from it, 70 is high quality, 50 medium, 30 low. Samples are taken as sRGB
//! whatever profile they are in: what is compared is how much they differ.

#[cfg(any(test, not(feature = "mozjpeg")))]
mod pixels;
mod search;
mod tiles;

use fast_ssim2::{PixelDescriptor, PixelSlice, Ssimulacra2Reference};
use imgpress_jpeg::{ColorTransform, DecodeLimits, Decoder};

use crate::Error;
use crate::raster::{Layout, Raster};

#[cfg(any(test, not(feature = "mozjpeg")))]
pub(crate) use pixels::of_planes;
pub(crate) use search::{Effort, Found, find};
pub(crate) use tiles::Tiles;

/// Most pixels of a picture that is compared as a whole. Three comparisons of as many take 150 to 200 ms.
const WHOLE: usize = 600_000;

/// Bytes of memory that comparing takes for each pixel that is compared: what the metric holds of both (measured in
/// tests/memory.rs), and the sample itself.
const HELD: u64 = 130;

/// Bytes of memory that comparing takes of a picture of so many pixels.
pub(crate) fn memory(pixels: u64) -> u64 {
    HELD * pixels.min(Tiles::PIXELS)
}

/// By how many points a sample scores higher than its whole picture: edges between tiles hide what is lost beside them,
/// and the norms that the metric takes weigh the worst places of a picture, of which fewer are met the larger it is.
/// So many points, so many more with each megapixel, and at most. Found on the tuning set's pictures above a megapixel at
/// qualities 60, 78 and 90: a deviation of 0.8 is left.
const BIAS: (f64, f64, f64) = (0.85, 0.12, 3.5);

/// Loss, in points below 100, from which a sample's score is off by as much; less than in proportion.
const WHOLLY_BIASED: f64 = 5.0;

/// Compares copies of a picture with it.
pub(crate) struct Judge {
    reference: Ssimulacra2Reference,
    tiles: Option<Tiles>,
    size: (usize, usize),
}

impl Judge {
    /// Of a picture of this size: the tiles that stand for it, unless it is compared as a whole. `levels` is the picture,
    /// or its luma.
    pub(crate) fn sample(levels: &Raster) -> Option<Tiles> {
        if levels.width * levels.height <= WHOLE { None } else { Tiles::of(levels) }
    }

    /// For copies of this picture, grey or of red, green and blue, which is what the tiles hold if there are any.
    ///
    /// # Errors
    /// [`Error::Encoder`]: no picture that passed the limits brings this about.
    pub(crate) fn new(original: &Raster, tiles: Option<Tiles>) -> Result<Self, Error> {
        let rgb = rgb(original);
        let size = (original.width, original.height);
        let reference = Ssimulacra2Reference::new(&view(&rgb, size)?).map_err(|error| failed(&error))?;
        Ok(Self { reference, tiles, size })
    }

    /// The score of the picture, by that of a file of what was given.
    ///
    /// # Errors
    /// [`Error::Encoder`]: the file is not one of ours.
    pub(crate) fn score(&self, file: &[u8]) -> Result<f64, Error> {
        self.compare(&decode(file)?)
    }

    /// The same by a file of the whole picture.
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub(crate) fn score_whole(&self, file: &[u8]) -> Result<f64, Error> {
        let copy = decode(file)?;
        match &self.tiles {
            Some(tiles) => self.compare(&tiles.cut(&copy, (1, 1))),
            None => self.compare(&copy),
        }
    }

    fn compare(&self, copy: &Raster) -> Result<f64, Error> {
        if (copy.width, copy.height) != self.size {
            return Err(failed("a copy of another size"));
        }
        let rgb = rgb(copy);
        let score = self.reference.compare(&view(&rgb, self.size)?).map_err(|error| failed(&error))?;
        let bias = self.tiles.as_ref().map_or(0.0, |tiles| bias(tiles.pixels()));
        Ok(score - bias * ((100.0 - score) / WHOLLY_BIASED).clamp(0.0, 1.0))
    }
}

#[expect(clippy::cast_precision_loss, reason = "no picture has 2^53 pixels")]
fn bias(pixels: usize) -> f64 {
    (BIAS.0 + BIAS.1 * pixels as f64 / 1e6).min(BIAS.2)
}

fn decode(file: &[u8]) -> Result<Raster, Error> {
    let decoder = Decoder::new(file, &DecodeLimits::default()).map_err(|error| failed(&error))?;
    let (layout, transform) = match decoder.components().len() {
        1 => (Layout::Grey, ColorTransform::None),
        _ => (Layout::Rgb, ColorTransform::YCbCr),
    };
    let pixels = decoder.decode(transform).map_err(|error| failed(&error))?;
    Ok(Raster::new(decoder.width() as usize, decoder.height() as usize, layout, pixels))
}

fn rgb(raster: &Raster) -> std::borrow::Cow<'_, [u8]> {
    match raster.layout {
        Layout::Grey => raster.pixels.iter().flat_map(|level| [*level; 3]).collect(),
        _ => raster.pixels.as_slice().into(),
    }
}

fn view(rgb: &[u8], (width, height): (usize, usize)) -> Result<PixelSlice<'_>, Error> {
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    PixelSlice::new(rgb, side(width), side(height), width * 3, PixelDescriptor::RGB8_SRGB)
        .map_err(|error| failed(&format!("{error:?}")))
}

fn failed(what: &(impl std::fmt::Display + ?Sized)) -> Error {
    Error::Encoder(format!("the output could not be compared: {what}"))
}

#[cfg(test)]
mod tests;
