//! oxipng: palettes, fewer bits, filters, and libdeflate to pack with.
//!
//! It would pack the whole picture by each way of filtering that is tried. Here a part of the rows is, and the whole by the
//! best way alone.

use std::borrow::Cow;

use oxipng::{BitDepth, ColorType, Deflater, FilterStrategy, IndexSet, Options, RawImage};

use super::palette::{Indexed, MOST};
use super::truecolour::Truecolour;
use super::{Pixels, Rows};
use crate::container::png::packed_if_tiny;
use crate::options::Effort;
use crate::raster::Layout;
use crate::{Budget, Error};

/// Of bands of rows one in so many is tried, or one of all where there are fewer; with `fast`, fewer.
pub(super) const STEP: usize = 8;
pub(super) const FAST_STEP: usize = 16;

/// Rows of a band: as many as give the packer something to repeat.
pub(super) const BAND: usize = 32;

/// Pictures of no more bytes are tried as a whole: a part of them says too little, and they take no time.
pub(super) const WHOLE: usize = 1 << 16;

/// With `balanced`, ways of filtering whose parts are longer than the shortest by no more than one part in so many are tried
/// once more with other bands, twice as many.
const CLOSE: usize = 33;

/// libdeflate's levels for what is tried, and for the whole with `balanced`, where it is that of oxipng's preset 2.
pub(super) const FAST_TRIED: u8 = 1;
const TRIED: u8 = 7;
const BALANCED: u8 = 11;

/// With `max`, pictures of no more bytes are packed by each way of filtering, a megapixel in 5 s; larger ones by the best
/// way alone, by the highest level.
const MOST_FOR_ALL: usize = 12 << 20;
const MAX: u8 = 12;

/// Pictures of more bytes (8 megapixels in three components) are tried as with `fast`, and packed by a level that takes a
/// third less time and makes them larger by 0.1 to 1.2 %: one of 20 megapixels took 13 s, and beside others more than a
/// request may.
const VAST: usize = 24 << 20;
const VAST_LEVEL: u8 = 10;

/// What is packed.
struct Image<'a> {
    size: (u32, u32),
    kind: ColorType,
    /// One byte a component.
    values: Cow<'a, [u8]>,
    /// Whether it may have so few colours that a list of them is shorter.
    may_have_palette: bool,
}

/// As [`super::lossless`].
pub(super) fn encode(rows: &Rows<'_>, effort: Effort, budget: &Budget) -> Result<Vec<u8>, Error> {
    let image = Image::of(rows);
    if effort == Effort::Fast
        && !image.may_have_palette
        && let Pixels::Plain(layout, values) = rows.pixels
        && let Some(picture) = Truecolour::of(rows.size, layout, values)
    {
        return picture.encode(budget);
    }
    let options = options(&image, effort, budget)?;
    let options = Options {
        grayscale_reduction: rows.may_turn_grey,
        palette_reduction: image.may_have_palette,
        // It ends early then, and what is made is not used: the budget is looked at.
        timeout: budget.remaining(),
        ..options
    };
    let file = packed(&image.raw()?, &options);
    budget.check()?;
    packed_if_tiny(file?).map_err(|error| Error::Encoder(error.to_string()))
}

/// oxipng's, with one way of filtering, but for small pictures.
fn options(image: &Image<'_>, effort: Effort, budget: &Budget) -> Result<Options, Error> {
    let is_vast = image.values.len() > VAST;
    let (preset, step) = match effort {
        Effort::Fast => (0, FAST_STEP),
        Effort::Max if image.values.len() <= MOST_FOR_ALL => return Ok(Options::from_preset(4)),
        Effort::Balanced | Effort::Max => (2, if is_vast { FAST_STEP } else { STEP }),
    };
    let Some(part) = image.part(step) else { return Ok(Options::from_preset(preset)) };
    let bytes = part.values.len();
    let mut tried = tried(part, filters(image, effort), effort, budget)?;
    let rivals = tried.iter().skip(1).take_while(|(length, _)| length - tried[0].0 <= length / CLOSE).count();
    if effort != Effort::Fast
        && !is_vast
        && rivals > 0
        && let Some(part) = image.part(step / 2)
    {
        let filters = tried.drain(..=rivals).map(|(_, filter)| filter).collect();
        tried = self::tried(part, filters, effort, budget)?;
    }
    let (length, filter) = tried.swap_remove(0);
    let compression = match effort {
        Effort::Fast => fast_level(length, bytes),
        _ if is_vast => VAST_LEVEL,
        Effort::Balanced => BALANCED,
        Effort::Max => MAX,
    };
    let deflater = Deflater::Libdeflater { compression };
    Ok(Options { filters: IndexSet::from([filter]), deflater, ..Options::from_preset(preset) })
}

/// How many bytes a part takes with each way of filtering, the shortest first.
fn tried(
    part: Image<'_>,
    filters: Vec<FilterStrategy>,
    effort: Effort,
    budget: &Budget,
) -> Result<Vec<(usize, FilterStrategy)>, Error> {
    let part = part.raw()?;
    let level = if effort == Effort::Fast { FAST_TRIED } else { TRIED };
    let lengths = filters.into_iter().map(|filter| {
        budget.check()?;
        let length = packed(&part, &tried_by(filter.clone(), level))?.len();
        let is_taken_for_less = effort == Effort::Fast && filter == FilterStrategy::NONE;
        Ok((if is_taken_for_less { unfiltered(length) } else { length }, filter))
    });
    let mut lengths: Vec<_> = lengths.collect::<Result<_, Error>>()?;
    lengths.sort_by_key(|(length, _)| *length);
    Ok(lengths)
}

/// What rows as they are take, for `fast`. They repeat what is far away, which a part packed in haste finds less of: they
/// are taken for shorter by a thirteenth. Of the graphics that were measured, those that are smaller unfiltered were at
/// most 6 % larger in the part, and the others at least 10 % larger.
pub(super) fn unfiltered(length: usize) -> usize {
    length - length / 13
}

/// libdeflate's level for `fast`, by what a part was packed to. No less than a quarter is a photograph or noise: to look for
/// longer matches (level 5 in place of 2) saves 1 to 3 % of those and costs a third more time; of graphics it saves 5 to
/// 10 %.
pub(super) fn fast_level(length: usize, bytes: usize) -> u8 {
    if length > bytes / 4 { 2 } else { 5 }
}

/// Ways of filtering that are tried. Numbers of colours are seldom like their neighbours.
fn filters(image: &Image<'_>, effort: Effort) -> Vec<FilterStrategy> {
    match (effort, &image.kind) {
        (Effort::Fast, ColorType::Indexed { .. }) => vec![FilterStrategy::NONE, FilterStrategy::Bigrams],
        (_, ColorType::Indexed { .. }) => {
            vec![FilterStrategy::NONE, FilterStrategy::Entropy, FilterStrategy::Bigrams]
        }
        (Effort::Fast, _) => vec![FilterStrategy::NONE, FilterStrategy::SUB, FilterStrategy::PAETH],
        _ => vec![
            FilterStrategy::NONE,
            FilterStrategy::SUB,
            FilterStrategy::MinSum,
            FilterStrategy::Entropy,
            FilterStrategy::Bigrams,
            FilterStrategy::BigEnt,
        ],
    }
}

/// The colours as they are, but for alpha that all pixels have; filtered in one way and packed once.
fn tried_by(filter: FilterStrategy, compression: u8) -> Options {
    Options {
        filters: IndexSet::from([filter]),
        deflater: Deflater::Libdeflater { compression },
        bit_depth_reduction: false,
        palette_reduction: false,
        grayscale_reduction: false,
        ..Options::default()
    }
}

impl<'a> Image<'a> {
    fn of(rows: &'a Rows<'_>) -> Self {
        let size = rows.size;
        match &rows.pixels {
            Pixels::Indexed(indexed) => {
                Self::indexed(size, indexed.indices.as_slice().into(), &indexed.colors)
            }
            Pixels::Plain(layout, values) => {
                let few = layout.channels() > 1;
                match few.then(|| Indexed::exactly(*layout, values, MOST)).flatten() {
                    // Grey is better off as such.
                    Some(indexed) if !indexed.is_grey() => {
                        Self::indexed(size, indexed.indices.into(), &indexed.colors)
                    }
                    found => Self {
                        size,
                        kind: color_type(*layout),
                        values: Cow::Borrowed(values),
                        may_have_palette: !few || found.is_some(),
                    },
                }
            }
        }
    }

    fn indexed(size: (u32, u32), values: Cow<'a, [u8]>, colors: &[[u8; 4]]) -> Self {
        let palette = colors.iter().map(|&[r, g, b, a]| oxipng::RGBA8 { r, g, b, a }).collect();
        Self { size, kind: ColorType::Indexed { palette }, values, may_have_palette: true }
    }

    /// A band of rows out of every `step`; `None` of a small picture.
    fn part(&self, step: usize) -> Option<Image<'static>> {
        let rows = self.size.1 as usize;
        let row = self.values.len() / rows.max(1);
        let step = step.min(rows / BAND);
        if self.values.len() <= WHOLE || rows / BAND < STEP {
            return None;
        }
        let bands = self.values.chunks(row * BAND).skip(step / 2).step_by(step);
        let values: Vec<u8> = bands.flatten().copied().collect();
        let height = u32::try_from(values.len() / row).ok()?;
        let (size, kind) = ((self.size.0, height), self.kind.clone());
        Some(Image { size, kind, values: values.into(), may_have_palette: self.may_have_palette })
    }

    fn raw(self) -> Result<RawImage, Error> {
        let (width, height) = self.size;
        RawImage::new(width, height, self.kind, BitDepth::Eight, self.values.into_owned()).map_err(failed)
    }
}

fn packed(image: &RawImage, options: &Options) -> Result<Vec<u8>, Error> {
    image.create_optimized_png(options).map_err(failed)
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` has it")]
fn failed(error: oxipng::PngError) -> Error {
    Error::Encoder(error.to_string())
}

fn color_type(layout: Layout) -> ColorType {
    match layout {
        Layout::Grey => ColorType::Grayscale { transparent_shade: None },
        Layout::GreyAlpha => ColorType::GrayscaleAlpha,
        Layout::Rgba | Layout::Cmyk => ColorType::RGBA,
        Layout::Rgb => ColorType::RGB { transparent_color: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a picture of so many rows, 1,000 pixels wide, is packed with: the number of filters and the level.
    fn packed_with(rows: u32, effort: Effort) -> (usize, u8) {
        let values = (0..rows * 3_000).map(|at| (at.wrapping_mul(2_654_435_761) >> 27) as u8).collect();
        let size = (1_000, rows);
        let kind = ColorType::RGB { transparent_color: None };
        let image = Image { size, kind, values: Cow::Owned(values), may_have_palette: false };
        let options = options(&image, effort, &Budget::unlimited()).unwrap();
        let Deflater::Libdeflater { compression } = options.deflater;
        (options.filters.len(), compression)
    }

    #[test]
    fn the_more_bytes_the_less_is_done_for_each() {
        assert!(packed_with(400, Effort::Max).0 > 1);
        assert_eq!(packed_with(400, Effort::Balanced), (1, BALANCED));
        assert_eq!(packed_with(4_300, Effort::Max), (1, MAX));
        assert_eq!(packed_with(8_400, Effort::Max), (1, VAST_LEVEL));
        assert_eq!(packed_with(8_400, Effort::Balanced), (1, VAST_LEVEL));
    }
}
