//! How alike a picture and its encoded copy look: SSIMULACRA2 (Sneyers, 2022; the crate `fast-ssim2`), of the whole
//! picture where it is small, else of tiles of it, by our own arithmetic.
//!
//! 100 is the same picture, 90 cannot be told from it, 70 is high quality, 50 medium, 30 low. Samples are taken as sRGB
//! whatever profile they are in: what is compared is how much they differ.

mod blur;
mod grid;
mod metric;
mod noise;
#[cfg(any(test, not(feature = "mozjpeg")))]
mod pixels;
mod search;
mod tiles;
mod whole;
mod xyb;

use fast_ssim2::{PixelDescriptor, PixelSlice, Ssimulacra2Reference};
use imgpress_jpeg::{ColorTransform, DecodeLimits, Decoder};

use crate::Error;
use crate::raster::{Layout, Raster};
use metric::{Reference, Sums};

#[cfg(any(test, not(feature = "mozjpeg")))]
pub(crate) use pixels::of_planes;
pub(crate) use search::{Effort, Found, Trial, find};
pub(crate) use tiles::Tiles;
pub(crate) use whole::whole;

/// Most pixels of a picture that is compared as a whole. Three comparisons of as many take 150 to 200 ms, and a fourth is seldom needed.
const WHOLE: usize = 600_000;

/// Bytes of memory that comparing takes for each pixel of a picture that is compared as a whole, and of a sample: what the
/// metric holds of both (measured in tests/memory.rs), and the sample itself.
pub(crate) const HELD: [u64; 2] = [130, 25];

/// The same of the sample of a check, which is looked at a tile at a time.
const HELD_BY_CHECK: u64 = 10;

/// Bytes of memory that comparing takes of a picture of so many pixels.
pub(crate) fn memory(pixels: u64) -> u64 {
    let [sample, check] = Tiles::PIXELS;
    if pixels <= WHOLE as u64 {
        return HELD[0] * pixels;
    }
    HELD[1] * pixels.min(sample) + HELD_BY_CHECK * pixels.min(check)
}

/// Compares copies of a picture with it.
pub(crate) struct Judge {
    original: Original,
    size: (usize, usize),
    /// What a check has found to be missing from the scores of the sample.
    missing: f64,
}

enum Original {
    Whole(Ssimulacra2Reference),
    Sample(Tiles, Vec<Reference>),
}

impl Judge {
    /// Of a picture of this size: the tiles that stand for it, unless it is compared as a whole. `levels` is the picture,
    /// or its luma.
    pub(crate) fn sample(levels: &Raster) -> Option<Tiles> {
        if levels.width * levels.height <= WHOLE { None } else { Tiles::of(levels) }
    }

    /// The same with at most so many pixels in the tiles.
    pub(crate) fn sample_within(levels: &Raster, most: usize) -> Option<Tiles> {
        if levels.width * levels.height <= most { None } else { Tiles::within(levels, most) }
    }

    /// For copies of this picture, grey or of red, green and blue, which is what the tiles hold if there are any.
    ///
    /// # Errors
    /// [`Error::Encoder`]: no picture that passed the limits brings this about.
    pub(crate) fn new(original: &Raster, tiles: Option<Tiles>) -> Result<Self, Error> {
        let rgb = rgb(original);
        let size = (original.width, original.height);
        let original = match tiles {
            Some(tiles) => {
                let parts = tiles.places().map(|(place, _)| part(&rgb, size.0, place, tiles.size()));
                let references = parts.map(|part| Reference::new(part, tiles.size())).collect();
                Original::Sample(tiles, references)
            }
            None => Original::Whole(
                Ssimulacra2Reference::new(&view(&rgb, size)?).map_err(|error| failed(&error))?,
            ),
        };
        Ok(Self { original, size, missing: 0.0 })
    }

    /// Whether it looks at tiles.
    pub(crate) fn sees_a_sample(&self) -> bool {
        matches!(self.original, Original::Sample(..))
    }

    /// The score of the picture, by that of a file of what was given.
    ///
    /// # Errors
    /// [`Error::Encoder`]: the file is not one of ours.
    pub(crate) fn score(&self, file: &[u8]) -> Result<f64, Error> {
        self.score_of(&decode(file)?)
    }

    /// The same by a file of the whole picture.
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub(crate) fn score_whole(&self, file: &[u8]) -> Result<f64, Error> {
        self.score_of_whole(&decode(file)?)
    }

    /// The same by a copy of the whole picture.
    ///
    /// # Errors
    /// As [`score_of`](Self::score_of).
    pub(crate) fn score_of_whole(&self, copy: &Raster) -> Result<f64, Error> {
        match &self.original {
            Original::Sample(tiles, _) => self.score_of(&tiles.cut(copy, (1, 1))),
            Original::Whole(_) => self.score_of(copy),
        }
    }

    /// The score of the picture, by that of a copy of what was given.
    ///
    /// # Errors
    /// [`Error::Encoder`]: it is of another size.
    pub(crate) fn score_of(&self, copy: &Raster) -> Result<f64, Error> {
        if (copy.width, copy.height) != self.size {
            return Err(failed("a copy of another size"));
        }
        let rgb = rgb(copy);
        match &self.original {
            Original::Whole(reference) => {
                reference.compare(&view(&rgb, self.size)?).map_err(|error| failed(&error))
            }
            Original::Sample(tiles, references) => {
                let mut sums = Sums::default();
                for ((place, tile), reference) in tiles.places().zip(references) {
                    let part = part(&rgb, self.size.0, place, tiles.size());
                    reference.compare(part, tile.weight, tile.tile.noise, &mut sums);
                }
                Ok(sums.score() + self.missing)
            }
        }
    }

    /// Brings the scores of the sample in line with one that was found otherwise: what is missing from one is missing from
    /// those near it.
    pub(crate) fn correct(&mut self, sampled: f64, better: f64) {
        self.missing += better - sampled;
    }
}

/// The score of a picture, by tiles of it and a JPEG of them.
///
/// # Errors
/// [`Error::Encoder`]: the copy is none of ours.
pub(crate) fn of_file(original: &Raster, tiles: &Tiles, file: &[u8]) -> Result<f64, Error> {
    of_tiles(original, tiles, &decode(file)?)
}

/// The same by a copy of them.
///
/// # Errors
/// As [`of_file`].
pub(crate) fn of_tiles(original: &Raster, tiles: &Tiles, copy: &Raster) -> Result<f64, Error> {
    if (copy.width, copy.height) != (original.width, original.height) {
        return Err(failed("a copy of another size"));
    }
    let (original, rgb, across) = (rgb(original), rgb(copy), copy.width);
    let mut sums = Sums::default();
    for (place, tile) in tiles.places() {
        let reference = Reference::new(part(&original, across, place, tiles.size()), tiles.size());
        let part = part(&rgb, across, place, tiles.size());
        reference.compare(part, tile.weight, tile.tile.noise, &mut sums);
    }
    Ok(sums.score())
}

/// What lies at a place of a picture, of which a row has so many pixels.
fn part(rgb: &[u8], across: usize, (x, y): (usize, usize), (width, height): (usize, usize)) -> Vec<u8> {
    let rows: Vec<_> = (y..y + height).map(|y| &rgb[3 * (y * across + x)..][..3 * width]).collect();
    rows.concat()
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

/// Red, green and blue of a picture that may be grey.
pub(crate) fn rgb(raster: &Raster) -> std::borrow::Cow<'_, [u8]> {
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
