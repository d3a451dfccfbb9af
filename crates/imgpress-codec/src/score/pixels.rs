//! Planes of a JPEG brought to pixels, as decoders do it: what its encoded copies are compared with.

use crate::raster::{Layout, Raster};

/// The red, green and blue of planes of which those of chroma have `spacing` pixels a sample, across and down, 1 or 2.
///
/// Chroma is spread with a triangle filter, 3 parts of the nearer sample and 1 of the farther, as libjpeg does by
/// default; to within a level of it.
pub(crate) fn of_planes(planes: &[Raster], spacing: (usize, usize)) -> Raster {
    let luma = &planes[0];
    let (width, height) = (luma.width, luma.height);
    let mut pixels = Vec::with_capacity(3 * width * height);
    let chroma = planes.get(1).zip(planes.get(2));
    for y in 0..height {
        for x in 0..width {
            let level = f32::from(luma.pixels[y * width + x]);
            let Some((cb, cr)) = chroma else {
                pixels.extend([luma.pixels[y * width + x]; 3]);
                continue;
            };
            // ITU-T T.871.
            let (cb, cr) = (spread(cb, x, y, spacing) - 128.0, spread(cr, x, y, spacing) - 128.0);
            pixels.extend(
                [level + 1.402 * cr, level - 0.344_136 * cb - 0.714_136 * cr, level + 1.772 * cb]
                    .map(level_of),
            );
        }
    }
    Raster::new(width, height, Layout::Rgb, pixels)
}

/// The nearest level.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is outside becomes 0 or 255"
)]
fn level_of(value: f32) -> u8 {
    (value + 0.5) as u8
}

fn spread(plane: &Raster, x: usize, y: usize, (across, down): (usize, usize)) -> f32 {
    let (near, far) = (neighbours(y, down, plane.height), neighbours(x, across, plane.width));
    let row = |y: usize| {
        let at = |x: usize| f32::from(plane.pixels[y * plane.width + x]);
        0.75 * at(far.0) + 0.25 * at(far.1)
    };
    0.75 * row(near.0) + 0.25 * row(near.1)
}

/// The sample that a pixel lies in, and the one next to it that is nearer; the outermost stands for the one outside.
fn neighbours(at: usize, spacing: usize, count: usize) -> (usize, usize) {
    let near = (at / spacing).min(count - 1);
    let next = match (spacing, at % 2) {
        (1, _) => near,
        (_, 0) => near.saturating_sub(1),
        _ => (near + 1).min(count - 1),
    };
    (near, next)
}
