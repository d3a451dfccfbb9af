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

/// Every so many bands of rows one is tried.
const STEP: usize = 8;

/// Rows of a band: as many as give the packer something to repeat.
const BAND: usize = 32;

/// Pictures of no more bytes are tried as a whole: a part of them says too little, and they take no time.
const WHOLE: usize = 1 << 16;

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
    let file = image.packed(&options);
    budget.check()?;
    file
}

/// oxipng's, with one way of filtering, but for the least and the most effort's pictures.
fn options(image: &Image, effort: Effort, budget: &Budget) -> Result<Options, Error> {
    let (preset, packing, tried) = match effort {
        Effort::Fast => (0, 5, 5),
        Effort::Balanced => (2, 11, 7),
        Effort::Max => return Ok(Options::from_preset(4)),
    };
    let Some(part) = image.part() else { return Ok(Options::from_preset(preset)) };
    let mut best = (usize::MAX, FilterStrategy::NONE);
    for filter in filters(image, effort) {
        budget.check()?;
        let length = part.packed(&tried_by(filter.clone(), tried))?.len();
        if length < best.0 {
            best = (length, filter);
        }
    }
    let deflater = Deflater::Libdeflater { compression: packing };
    Ok(Options { filters: IndexSet::from([best.1]), deflater, ..Options::from_preset(preset) })
}

/// Ways of filtering that are tried. Numbers of colours are seldom like their neighbours.
fn filters(image: &Image, effort: Effort) -> Vec<FilterStrategy> {
    match (effort, &image.kind) {
        (_, ColorType::Indexed { .. }) => vec![FilterStrategy::NONE, FilterStrategy::Bigrams],
        (Effort::Fast, _) => vec![FilterStrategy::NONE, FilterStrategy::SUB, FilterStrategy::MinSum],
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

    /// A band of rows out of every few; `None` of a small picture.
    fn part(&self) -> Option<Self> {
        let row = self.values.len() / self.size.1.max(1) as usize;
        if self.values.len() <= WHOLE || (self.size.1 as usize) < BAND * STEP {
            return None;
        }
        let bands = self.values.chunks(row * BAND).skip(STEP / 2).step_by(STEP);
        let values: Vec<u8> = bands.flatten().copied().collect();
        let height = u32::try_from(values.len() / row).ok()?;
        Some(Self { size: (self.size.0, height), kind: self.kind.clone(), values })
    }

    fn packed(&self, options: &Options) -> Result<Vec<u8>, Error> {
        let (width, height) = self.size;
        let failed = |error: oxipng::PngError| Error::Encoder(error.to_string());
        let raw = RawImage::new(width, height, self.kind.clone(), BitDepth::Eight, self.values.clone());
        raw.map_err(failed)?.create_optimized_png(options).map_err(failed)
    }
}

fn color_type(layout: Layout) -> ColorType {
    match layout {
        Layout::Grey => ColorType::Grayscale { transparent_shade: None },
        Layout::GreyAlpha => ColorType::GrayscaleAlpha,
        Layout::Rgba | Layout::Cmyk => ColorType::RGBA,
        Layout::Rgb => ColorType::RGB { transparent_color: None },
    }
}
