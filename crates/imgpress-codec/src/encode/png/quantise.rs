//! Fewer colours than a picture has: boxes of colours are split where they err most (after P. Heckbert, "Color image
//! quantization for frame buffer display", 1982), their means moved to the nearest colours (S. Lloyd, "Least squares
//! quantization in PCM", 1982), and what is left of the error is spread over the neighbours (R. Floyd and L. Steinberg,
//! "An adaptive algorithm for spatial greyscale", 1976).

mod dither;

use std::collections::HashMap;

use super::palette::{Indexed, MOST, color};
use crate::options::{Effort, Quality};
use crate::raster::Raster;
use crate::{Budget, Error};

/// Red, green and blue times alpha, and alpha: what cannot be seen has no colour.
type Point = [f32; 4];

/// A colour of the picture, and how many pixels have it.
#[derive(Clone, Copy)]
struct Seen {
    point: Point,
    count: f32,
}

/// Most colours that are told apart.
const TOLD_APART: usize = 1 << 15;

/// By how many levels colours may be off in the mean of squares, at a quality of 1: it falls to none at 100.
const WORST: f32 = 40.0;

/// The picture with as few colours as look right at this quality; `None` where it has few already, or more than a
/// palette holds are needed. Opaque pixels stay opaque, and those without any alpha stay without.
///
/// # Errors
/// The budget's.
pub(super) fn quantise(
    raster: &Raster,
    quality: Quality,
    effort: Effort,
    budget: &Budget,
) -> Result<Option<Indexed>, Error> {
    if quality == Quality::MAX || Indexed::exactly(raster.layout, &raster.pixels, MOST).is_some() {
        return Ok(None);
    }
    let histogram = Histogram::of(raster);
    budget.check()?;
    let allowed = WORST * (1.0 - f32::from(quality.get()) / 100.0).powf(1.3);
    let mut palette = histogram.palette(allowed * allowed);
    let Some(palette) = &mut palette else { return Ok(None) };
    let rounds = match effort {
        Effort::Fast => 0,
        Effort::Balanced => 2,
        Effort::Max => 6,
    };
    for _ in 0..rounds {
        budget.check()?;
        palette.refine(&histogram);
    }
    budget.check()?;
    dither::apply(raster, palette, budget).map(Some)
}

/// The colours of a picture.
struct Histogram {
    opaque: Vec<Seen>,
    /// Some alpha, and not all.
    between: Vec<Seen>,
    has_nothing: bool,
}

impl Histogram {
    fn of(raster: &Raster) -> Self {
        // Bits of a component that are not told apart.
        let mut coarse = 0;
        loop {
            if let Some(histogram) = Self::with(raster, coarse) {
                return histogram;
            }
            coarse += 1;
        }
    }

    /// `None` where there are too many; not where only four bits of each are told apart.
    fn with(raster: &Raster, coarse: u32) -> Option<Self> {
        let mut cells: HashMap<([u8; 4], bool), (Point, f32)> = HashMap::new();
        let mut has_nothing = false;
        for pixel in raster.pixels.chunks_exact(raster.layout.channels()) {
            let color = color(raster.layout, pixel);
            if color[3] == 0 {
                has_nothing = true;
                continue;
            }
            let point = point(color);
            let (sum, count) =
                cells.entry((color.map(|value| value >> coarse), color[3] == u8::MAX)).or_default();
            sum.iter_mut().zip(point).for_each(|(sum, value)| *sum += value);
            *count += 1.0;
            if coarse < 4 && cells.len() > TOLD_APART {
                return None;
            }
        }
        // The order of a map is another one each time.
        let mut cells: Vec<_> = cells.into_iter().collect();
        cells.sort_unstable_by_key(|(cell, _)| *cell);
        let seen = cells.into_iter().map(|((_, opaque), (sum, count))| {
            let mean = sum.map(|sum| sum / count);
            Seen { point: if opaque { made_opaque(mean) } else { mean }, count }
        });
        let (opaque, between) = seen.partition(|seen| is_opaque(&seen.point));
        Some(Self { opaque, between, has_nothing })
    }

    /// As few colours as err no more than `allowed`, in squared levels a component; `None` where that takes too many.
    fn palette(&self, allowed: f32) -> Option<Palette> {
        let room = MOST - usize::from(self.has_nothing);
        let kinds = [&self.opaque, &self.between];
        let mut boxes: Vec<Cell> =
            kinds.into_iter().filter(|kind| !kind.is_empty()).map(|kind| Cell::new(kind.clone())).collect();
        let pixels: f32 = boxes.iter().map(|cell| cell.count).sum();
        while boxes.iter().map(|cell| cell.error).sum::<f32>() > allowed * 3.0 * pixels {
            let worst =
                (0..boxes.len()).max_by(|one, other| boxes[*one].error.total_cmp(&boxes[*other].error))?;
            if boxes.len() >= room {
                return None;
            }
            let (one, other) = boxes.swap_remove(worst).split()?;
            boxes.extend([one, other]);
        }
        let (opaque, between): (Vec<_>, Vec<_>) = boxes.iter().map(|cell| cell.mean).partition(is_opaque);
        Some(Palette { opaque, between, has_nothing: self.has_nothing })
    }
}

/// The colours that a picture is to have.
struct Palette {
    opaque: Vec<Point>,
    between: Vec<Point>,
    has_nothing: bool,
}

impl Palette {
    /// Moves each colour to the mean of those that it is nearest to.
    fn refine(&mut self, histogram: &Histogram) {
        for (colors, seen) in [(&mut self.opaque, &histogram.opaque), (&mut self.between, &histogram.between)]
        {
            let mut sums = vec![([0.0_f32; 4], 0.0_f32); colors.len()];
            for seen in seen {
                if let Some((sum, count)) = sums.get_mut(nearest(colors, &seen.point)) {
                    sum.iter_mut().zip(seen.point).for_each(|(sum, value)| *sum += value * seen.count);
                    *count += seen.count;
                }
            }
            for (color, (sum, count)) in colors.iter_mut().zip(sums).filter(|(_, (_, count))| *count > 0.0) {
                let mean = sum.map(|sum| sum / count);
                *color = if is_opaque(color) { made_opaque(mean) } else { mean };
            }
        }
    }
}

/// Colours that become one.
struct Cell {
    seen: Vec<Seen>,
    count: f32,
    mean: Point,
    /// The component that differs most.
    axis: usize,
    /// The sum of squared differences from the mean.
    error: f32,
}

impl Cell {
    fn new(seen: Vec<Seen>) -> Self {
        let count: f32 = seen.iter().map(|seen| seen.count).sum();
        let sum_of = |value: &dyn Fn(&Seen, usize) -> f32| {
            std::array::from_fn(|axis| seen.iter().map(|seen| value(seen, axis) * seen.count).sum::<f32>())
        };
        let mean: Point = sum_of(&|seen, axis| seen.point[axis]).map(|sum: f32| sum / count.max(1.0));
        let opaque = seen.iter().all(|seen| is_opaque(&seen.point));
        let mean = if opaque { made_opaque(mean) } else { mean };
        let errors: Point = sum_of(&|seen, axis| (seen.point[axis] - mean[axis]).powi(2));
        let axis = (0..4).max_by(|one, other| errors[*one].total_cmp(&errors[*other])).unwrap_or(0);
        Self { count, mean, axis, error: errors.iter().sum(), seen }
    }

    /// Into those below and above the mean; `None` where there is one colour.
    fn split(self) -> Option<(Self, Self)> {
        let (axis, mean) = (self.axis, self.mean[self.axis]);
        let (below, above): (Vec<_>, Vec<_>) =
            self.seen.into_iter().partition(|seen| seen.point[axis] < mean);
        (!below.is_empty() && !above.is_empty()).then(|| (Self::new(below), Self::new(above)))
    }
}

fn point([red, green, blue, alpha]: [u8; 4]) -> Point {
    let share = f32::from(alpha) / 255.0;
    [f32::from(red) * share, f32::from(green) * share, f32::from(blue) * share, f32::from(alpha)]
}

fn is_opaque(point: &Point) -> bool {
    point[3] >= 255.0
}

/// A mean of opaque colours, which rounding may have taken some alpha from.
fn made_opaque([red, green, blue, _]: Point) -> Point {
    [red, green, blue, 255.0]
}

/// The number of the nearest colour; 0 where there is none.
fn nearest(colors: &[Point], to: &Point) -> usize {
    let distance =
        |color: &Point| color.iter().zip(to).map(|(one, other)| (one - other).powi(2)).sum::<f32>();
    let mut best = (0, f32::INFINITY);
    for (number, color) in colors.iter().enumerate() {
        let distance = distance(color);
        if distance < best.1 {
            best = (number, distance);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Layout;

    fn gradient(alpha: impl Fn(usize) -> u8) -> Raster {
        let pixels = (0..200 * 100).flat_map(|at| {
            let value = |value: usize| u8::try_from(value % 256).unwrap();
            [value(at % 200), value(at / 200 * 2), value(at % 200 / 2 + 40), alpha(at)]
        });
        Raster::new(200, 100, Layout::Rgba, pixels.collect())
    }

    fn quantised(raster: &Raster, quality: u8) -> Option<Indexed> {
        let quality = Quality::try_from(quality).unwrap();
        quantise(raster, quality, Effort::Balanced, &Budget::unlimited()).unwrap()
    }

    fn error(raster: &Raster, indexed: &Indexed) -> f32 {
        let pixels = raster.pixels.as_chunks::<4>().0.iter().zip(&indexed.indices);
        let errors = pixels.map(|(pixel, index)| {
            let found = indexed.colors[usize::from(*index)];
            pixel.iter().zip(found).map(|(one, other)| f32::from(one.abs_diff(other))).sum::<f32>()
        });
        errors.sum::<f32>() / 20_000.0 / 3.0
    }

    #[test]
    fn a_higher_quality_has_more_colours_and_is_nearer() {
        let raster = gradient(|_| 255);
        let (low, high) = (quantised(&raster, 20).unwrap(), quantised(&raster, 75).unwrap());
        assert!(low.colors.len() < high.colors.len(), "{} and {}", low.colors.len(), high.colors.len());
        assert!(error(&raster, &high) < error(&raster, &low));
        assert!(error(&raster, &high) < 8.0, "{}", error(&raster, &high));
    }

    #[test]
    fn what_no_palette_shows_well_enough_is_left_alone() {
        let noise = gradient(|_| 255);
        let mut state = 1_u32;
        let pixels = noise.pixels.iter().enumerate().map(|(at, _)| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if at % 4 == 3 { 255 } else { u8::try_from(state >> 24).unwrap() }
        });
        let noise = Raster::new(200, 100, Layout::Rgba, pixels.collect());
        assert!(quantised(&noise, 95).is_none() && quantised(&noise, 100).is_none());
        let few = Raster::new(2, 1, Layout::Rgb, vec![0, 0, 0, 9, 9, 9]);
        assert!(quantised(&few, 10).is_none());
    }

    #[test]
    fn opaque_stays_opaque_and_nothing_stays_nothing() {
        let raster = gradient(|at| [0, 255, 128, 254][at / 5000]);
        let indexed = quantised(&raster, 60).unwrap();
        for (pixel, index) in raster.pixels.as_chunks::<4>().0.iter().zip(&indexed.indices) {
            let found = indexed.colors[usize::from(*index)][3];
            match pixel[3] {
                exact @ (0 | 255) => assert_eq!(found, exact),
                alpha => assert!(found.abs_diff(alpha) < 60 && found != 0, "{found} for {alpha}"),
            }
        }
    }
}
