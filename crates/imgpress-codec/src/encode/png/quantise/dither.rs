//! Each pixel's colour of a palette.

use super::{Palette, Point, is_opaque, nearest, point};
use crate::encode::png::palette::{Indexed, color};
use crate::raster::Raster;
use crate::{Budget, Error};

/// How much of the error is spread: all of it would make noise of what is nearly flat.
const SPREAD: f32 = 0.8;

/// Rows between two looks at the budget.
const ROWS: usize = 64;

/// The picture in the colours of a palette.
pub(super) fn apply(raster: &Raster, palette: &Palette, budget: &Budget) -> Result<Indexed, Error> {
    let colors = Colors::of(palette);
    let mut nearest = Nearest::new(palette);
    let channels = raster.layout.channels();
    let mut indices = Vec::with_capacity(raster.width * raster.height);
    // Of this row and the next, with one more at either end.
    let mut errors = [vec![[0.0; 3]; raster.width + 2], vec![[0.0; 3]; raster.width + 2]];
    for (y, row) in raster.pixels.chunks_exact(raster.width * channels).enumerate() {
        if y.is_multiple_of(ROWS) {
            budget.check()?;
        }
        for (x, pixel) in row.chunks_exact(channels).enumerate() {
            let wanted = with_error(point(color(raster.layout, pixel)), &errors[0][x + 1]);
            let number = nearest.of(&wanted);
            indices.push(u8::try_from(number).unwrap_or(u8::MAX));
            if is_opaque(&wanted) {
                let found = colors.points.get(number).copied().unwrap_or(wanted);
                spread(&mut errors, x + 1, std::array::from_fn(|axis| (wanted[axis] - found[axis]) * SPREAD));
            }
        }
        errors.swap(0, 1);
        errors[1].fill([0.0; 3]);
    }
    Ok(Indexed { colors: colors.written, indices }.sorted())
}

/// Only opaque pixels take part: what shines through has no colour of its own to correct.
fn with_error(mut wanted: Point, error: &[f32; 3]) -> Point {
    if is_opaque(&wanted) {
        wanted.iter_mut().zip(error).for_each(|(value, error)| *value = (*value + error).clamp(0.0, 255.0));
    }
    wanted
}

/// To the right, and to the three below.
fn spread(errors: &mut [Vec<[f32; 3]>; 2], at: usize, error: [f32; 3]) {
    for (row, at, sixteenths) in [(0, at + 1, 7.0), (1, at - 1, 3.0), (1, at, 5.0), (1, at + 1, 1.0)] {
        if let Some(sum) = errors[row].get_mut(at) {
            sum.iter_mut().zip(error).for_each(|(sum, error)| *sum += error * sixteenths / 16.0);
        }
    }
}

/// The colours of a palette: the opaque ones, those between, and nothing.
struct Colors {
    points: Vec<Point>,
    written: Vec<[u8; 4]>,
}

impl Colors {
    fn of(palette: &Palette) -> Self {
        let mut points = palette.opaque.clone();
        points.extend(&palette.between);
        let mut written: Vec<_> = points.iter().map(rounded).collect();
        if palette.has_nothing {
            points.push([0.0; 4]);
            written.push([0; 4]);
        }
        Self { points, written }
    }
}

/// A colour as it is written, of which some can be seen.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
fn rounded(point: &Point) -> [u8; 4] {
    let alpha = if is_opaque(point) { 255.0 } else { point[3].round().clamp(1.0, 254.0) };
    let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
    let share = point[3].max(1.0) / 255.0;
    [byte(point[0] / share), byte(point[1] / share), byte(point[2] / share), byte(alpha)]
}

/// Finds nearest colours, and remembers them for all that are nearly the same.
struct Nearest<'a> {
    palette: &'a Palette,
    /// By five bits of each component, one more than the number; 0 for what is not known yet.
    opaque: Vec<u16>,
    between: Vec<u16>,
}

impl<'a> Nearest<'a> {
    fn new(palette: &'a Palette) -> Self {
        let between = if palette.between.is_empty() { 0 } else { 1 << 20 };
        Self { palette, opaque: vec![0; 1 << 15], between: vec![0; between] }
    }

    fn of(&mut self, wanted: &Point) -> usize {
        let Palette { opaque, between, .. } = self.palette;
        if wanted[3] < 1.0 {
            return opaque.len() + between.len();
        }
        let is_opaque = is_opaque(wanted);
        let components = if is_opaque { 3 } else { 4 };
        let cell = wanted.iter().take(components).fold(0, |cell, value| cell << 5 | five_bits(*value));
        let (known, colors, first) = if is_opaque {
            (&mut self.opaque, opaque, 0)
        } else {
            (&mut self.between, between, opaque.len())
        };
        match known.get_mut(cell) {
            Some(known) if *known > 0 => usize::from(*known - 1),
            known => {
                let number = first + nearest(colors, wanted);
                if let Some(known) = known {
                    *known = u16::try_from(number + 1).unwrap_or(0);
                }
                number
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
fn five_bits(value: f32) -> usize {
    (value as u8 >> 3).into()
}
