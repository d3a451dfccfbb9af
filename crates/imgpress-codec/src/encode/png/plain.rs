//! The crate `png`, for builds of Rust alone.

use png::{BitDepth, ColorType, Compression, Encoder, Filter};

use super::palette::{Indexed, MOST};
use super::{Pixels, Rows};
use crate::options::Effort;
use crate::raster::Layout;
use crate::{Budget, Error};

/// As [`super::lossless`]: as few bits as the picture's colours take, and the better of two ways of filtering.
pub(super) fn encode(rows: &Rows<'_>, effort: Effort, budget: &Budget) -> Result<Vec<u8>, Error> {
    let (layout, values) = match &rows.pixels {
        Pixels::Plain(layout, values) => (*layout, *values),
        Pixels::Indexed(indexed) => return indexed_file(rows.size, indexed, effort),
    };
    let plain = plain_file(rows.size, layout, values, effort)?;
    budget.check()?;
    let few = layout.channels() > 1;
    let Some(indexed) = few.then(|| Indexed::exactly(layout, values, MOST)).flatten() else {
        return Ok(plain);
    };
    let indexed = indexed_file(rows.size, &indexed, effort)?;
    Ok(if indexed.len() <= plain.len() { indexed } else { plain })
}

fn plain_file(size: (u32, u32), layout: Layout, values: &[u8], effort: Effort) -> Result<Vec<u8>, Error> {
    let kind = match layout {
        Layout::Grey => ColorType::Grayscale,
        Layout::GreyAlpha => ColorType::GrayscaleAlpha,
        Layout::Rgb => ColorType::Rgb,
        Layout::Rgba | Layout::Cmyk => ColorType::Rgba,
    };
    let file = |filter| file(size, effort, filter, |encoder| encoder.set_color(kind), values);
    let adaptive = file(Filter::Adaptive)?;
    let none = file(Filter::NoFilter)?;
    Ok(if none.len() < adaptive.len() { none } else { adaptive })
}

fn indexed_file(size: (u32, u32), indexed: &Indexed, effort: Effort) -> Result<Vec<u8>, Error> {
    let (depth, bits) = match indexed.colors.len() {
        0..=2 => (BitDepth::One, 1),
        3..=4 => (BitDepth::Two, 2),
        5..=16 => (BitDepth::Four, 4),
        _ => (BitDepth::Eight, 8),
    };
    let alphas: Vec<u8> =
        indexed.colors.iter().map(|color| color[3]).take_while(|alpha| *alpha != u8::MAX).collect();
    let palette: Vec<u8> =
        indexed.colors.iter().flat_map(|&[red, green, blue, _]| [red, green, blue]).collect();
    let set = |encoder: &mut Encoder<'_, &mut Vec<u8>>| {
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(depth);
        encoder.set_palette(palette);
        if !alphas.is_empty() {
            encoder.set_trns(alphas);
        }
    };
    file(size, effort, Filter::NoFilter, set, &packed(&indexed.indices, size.0 as usize, bits))
}

/// Rows of numbers of so many bits, the first of a byte in its highest.
fn packed(indices: &[u8], width: usize, bits: usize) -> Vec<u8> {
    let of_byte = |numbers: &[u8]| {
        let placed = numbers.iter().enumerate().map(|(at, number)| number << (8 - bits * (at + 1)));
        placed.fold(0, |byte, number| byte | number)
    };
    indices.chunks(width.max(1)).flat_map(|row| row.chunks(8 / bits).map(of_byte)).collect()
}

fn file(
    (width, height): (u32, u32),
    effort: Effort,
    filter: Filter,
    set: impl FnOnce(&mut Encoder<'_, &mut Vec<u8>>),
    values: &[u8],
) -> Result<Vec<u8>, Error> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    set(&mut encoder);
    encoder.set_compression(if effort == Effort::Fast { Compression::Fast } else { Compression::High });
    encoder.set_filter(filter);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(values)?;
        writer.finish()
    });
    written.map_err(|error| Error::Encoder(error.to_string()))?;
    Ok(file)
}
