//! oxipng: palettes, fewer bits, filters, and libdeflate to pack with.
//!
//! It would pack the whole picture by each way of filtering that is tried. Here a part of the rows is, and the whole by the
//! best way alone.

use oxipng::{BitDepth, ColorType, Deflater, FilterStrategy, IndexSet, Options, RawImage};

use super::palette::{Indexed, MOST};
use super::{Pixels, Rows};
use crate::options::Effort;
use crate::raster::Layout;
use crate::{Budget, Error};

/// Every so many bands of rows one is tried; with `fast`, fewer.
const STEP: usize = 8;
const FAST_STEP: usize = 16;

/// Rows of a band: as many as give the packer something to repeat.
const BAND: usize = 32;

/// Pictures of no more bytes are tried as a whole: a part of them says too little, and they take no time.
const WHOLE: usize = 1 << 16;

/// Rows as they are repeat what is far away, which a part packed in haste finds less of: they are taken for shorter by one
/// part in so many, where `fast` tries them. Of the graphics that were measured, those that are smaller unfiltered were at
/// most 6 % larger in the part, and the others at least 10 % larger.
const UNFILTERED: usize = 13;

/// A picture that is packed to no less than one part in so many is a photograph or noise. To look for longer matches
/// (libdeflate's level 5 in place of 2) saves 1 to 3 % of those and costs a third more time; of graphics it saves 5 to 10 %.
const NOISY: usize = 4;

/// What is packed.
struct Image {
    size: (u32, u32),
    kind: ColorType,
    /// One byte a component.
    values: Vec<u8>,
}

/// As [`super::lossless`].
pub(super) fn encode(rows: &Rows<'_>, effort: Effort, budget: &Budget) -> Result<Vec<u8>, Error> {
    let image = Image::of(rows);
    let options = options(&image, effort, budget)?;
    let options = Options {
        grayscale_reduction: rows.may_turn_grey,
        // It ends early then, and what is made is not used: the budget is looked at.
        timeout: budget.remaining(),
        ..options
    };
    let file = packed(&image.raw()?, &options);
    budget.check()?;
    file
}

/// oxipng's, with one way of filtering, but for the least and the most effort's pictures.
fn options(image: &Image, effort: Effort, budget: &Budget) -> Result<Options, Error> {
    let (preset, step, tried) = match effort {
        Effort::Fast => (0, FAST_STEP, 1),
        Effort::Balanced => (2, STEP, 7),
        Effort::Max => return Ok(Options::from_preset(4)),
    };
    let Some(part) = image.part(step) else { return Ok(Options::from_preset(preset)) };
    let bytes = part.values.len();
    let part = part.raw()?;
    let mut best = (usize::MAX, FilterStrategy::NONE);
    for filter in filters(image, effort) {
        budget.check()?;
        let mut length = packed(&part, &tried_by(filter.clone(), tried))?.len();
        if effort == Effort::Fast && filter == FilterStrategy::NONE {
            length -= length / UNFILTERED;
        }
        if length < best.0 {
            best = (length, filter);
        }
    }
    let compression = match effort {
        Effort::Fast if best.0 > bytes / NOISY => 2,
        Effort::Fast => 5,
        _ => 11,
    };
    let deflater = Deflater::Libdeflater { compression };
    Ok(Options { filters: IndexSet::from([best.1]), deflater, ..Options::from_preset(preset) })
}

/// Ways of filtering that are tried. Numbers of colours are seldom like their neighbours.
fn filters(image: &Image, effort: Effort) -> Vec<FilterStrategy> {
    match (effort, &image.kind) {
        (_, ColorType::Indexed { .. }) => vec![FilterStrategy::NONE, FilterStrategy::Bigrams],
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

impl Image {
    fn of(rows: &Rows<'_>) -> Self {
        let size = rows.size;
        match &rows.pixels {
            Pixels::Indexed(indexed) => Self::indexed(size, indexed),
            Pixels::Plain(layout, values) => {
                let few = layout.channels() > 1;
                match few.then(|| Indexed::exactly(*layout, values, MOST)).flatten() {
                    // Grey is better off as such.
                    Some(indexed) if !indexed.is_grey() => Self::indexed(size, &indexed),
                    _ => Self { size, kind: color_type(*layout), values: values.to_vec() },
                }
            }
        }
    }

    fn indexed(size: (u32, u32), indexed: &Indexed) -> Self {
        let palette = indexed.colors.iter().map(|&[r, g, b, a]| oxipng::RGBA8 { r, g, b, a }).collect();
        Self { size, kind: ColorType::Indexed { palette }, values: indexed.indices.clone() }
    }

    /// A band of rows out of every `step`; `None` of a small picture.
    fn part(&self, step: usize) -> Option<Self> {
        let rows = self.size.1 as usize;
        let row = self.values.len() / rows.max(1);
        let step = step.min(rows / BAND);
        if self.values.len() <= WHOLE || step < STEP {
            return None;
        }
        let bands = self.values.chunks(row * BAND).skip(step / 2).step_by(step);
        let values: Vec<u8> = bands.flatten().copied().collect();
        let height = u32::try_from(values.len() / row).ok()?;
        Some(Self { size: (self.size.0, height), kind: self.kind.clone(), values })
    }

    fn raw(self) -> Result<RawImage, Error> {
        let (width, height) = self.size;
        RawImage::new(width, height, self.kind, BitDepth::Eight, self.values).map_err(failed)
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
