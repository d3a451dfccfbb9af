//! Luma that makes up for what subsampling takes from chroma.
//!
//! A decoder enlarges half-size chroma by interpolation, which smears saturated edges; the colour that
//! comes out there is too bright or too dark. Luma is at full size, so it can bring the brightness back.

use fearless_simd::{Simd, f32x8, prelude::*};

use crate::color::{CHROMA_SCALE, GROUP, LUMA_SCALE};
use crate::strip::{HalfPlane, Strip};

/// Both chroma differences are held as multiples of 2^−7.
const DELTA_SCALE: f32 = 128.0;
/// Groups in which chroma comes out within so much, both differences together, are left alone.
const NEGLIGIBLE: i16 = 2 * 128 / 2;
/// Luma is corrected by at most so many levels.
const LIMIT: f32 = 24.0;
/// A little more than the difference in brightness was measured to pay.
const STRENGTH: f32 = 1.075;
/// Luminance weights of red, green and blue (BT.709).
const WEIGHTS: [f32; 3] = [0.2126, 0.7152, 0.0722];

/// Corrects all rows of the strip, whose half-size chroma has its context rows.
#[inline(always)]
pub(crate) fn fix<S: Simd>(simd: S, strip: &mut Strip) {
    let stride = strip.stride();
    let (luma, [cb, cr], [half_b, half_r]) = strip.split_mut();
    let rows = luma.chunks_exact_mut(stride).zip(cb.chunks_exact(stride)).zip(cr.chunks_exact(stride));
    for (y, ((luma, cb), cr)) in rows.enumerate() {
        let groups = luma.as_chunks_mut().0.iter_mut().zip(cb.as_chunks().0).zip(cr.as_chunks().0);
        for (group, ((luma, cb), cr)) in groups.enumerate() {
            fix_group(simd, luma, [cb, cr], [window(half_b, y, group), window(half_r, y, group)]);
        }
    }
}

const HALF: usize = GROUP / 2;
/// Half-size samples that a group needs: its own and one on either side, two rows interpolated into one.
type Window = [i16; HALF + 2];

/// Three parts of the nearer row and one of the farther, as decoders' triangle filter takes them.
#[inline(always)]
fn window(half: &HalfPlane, y: usize, group: usize) -> Window {
    let near = y / 2 + 1;
    let far = if y.is_multiple_of(2) { near - 1 } else { near + 1 };
    let samples = group * HALF..group * HALF + HALF + 2;
    let (near, far) = (&half.row(near)[samples.clone()], &half.row(far)[samples]);
    let mut out = [0; HALF + 2];
    for i in 0..HALF + 2 {
        out[i] = 3 * near[i] + far[i];
    }
    out
}

#[inline(always)]
fn fix_group<S: Simd>(
    simd: S,
    luma: &mut [i16; GROUP],
    [cb, cr]: [&[i16; GROUP]; 2],
    [half_b, half_r]: [Window; 2],
) {
    let blue = deltas(&half_b, cb);
    let red = deltas(&half_r, cr);
    let eighths = luma.as_chunks_mut::<8>().0.iter_mut().zip(cb.as_chunks().0.iter().zip(cr.as_chunks().0));
    let deltas = blue.as_chunks::<8>().0.iter().zip(red.as_chunks::<8>().0);
    for ((luma, (cb, cr)), (blue, red)) in eighths.zip(deltas) {
        let mut largest = 0_i16;
        for i in 0..8 {
            largest = largest.max((blue[i] >> 1).abs() + (red[i] >> 1).abs());
        }
        if largest >= NEGLIGIBLE {
            let y = floats(simd, luma, 1.0 / LUMA_SCALE) + 128.0;
            let chroma = [floats(simd, cb, 1.0 / CHROMA_SCALE), floats(simd, cr, 1.0 / CHROMA_SCALE)];
            let delta = [floats(simd, blue, 1.0 / DELTA_SCALE), floats(simd, red, 1.0 / DELTA_SCALE)];
            let change = simd.cvt_i32_f32x8(correction(simd, y, chroma, delta) * LUMA_SCALE).to_array();
            for i in 0..8 {
                luma[i] -= change[i] as i16;
            }
        }
    }
}

#[inline(always)]
fn floats<S: Simd>(simd: S, samples: &[i16; 8], scale: f32) -> f32x8<S> {
    let mut out = [0.0; 8];
    for i in 0..8 {
        out[i] = f32::from(samples[i]);
    }
    f32x8::simd_from(simd, out) * scale
}

/// Interpolated less true chroma.
#[inline(always)]
fn deltas(window: &Window, full: &[i16; GROUP]) -> [i16; GROUP] {
    let mut out = [0; GROUP];
    for i in 0..HALF {
        let own = 3 * window[i + 1];
        out[2 * i] = own + window[i] - 4 * full[2 * i];
        out[2 * i + 1] = own + window[i + 2] - 4 * full[2 * i + 1];
    }
    out
}

/// By how much the decoded pixel will be too bright: the change of each channel, weighted by its share of
/// luminance and by the steepness of its transfer curve.
#[inline(always)]
fn correction<S: Simd>(
    simd: S,
    y: f32x8<S>,
    [cb, cr]: [f32x8<S>; 2],
    [delta_b, delta_r]: [f32x8<S>; 2],
) -> f32x8<S> {
    let zero = f32x8::splat(simd, 0.0);
    let original = rgb(y, cb, cr);
    let change = rgb(zero, delta_b, delta_r);
    let (mut sum, mut weights) = (zero, zero);
    for channel in 0..3 {
        let decoded = (original[channel] + change[channel]).max(0.0).min(255.0);
        let brightness = ((original[channel] + decoded) * (1.0 / 510.0)).max(0.02);
        // Close to the power 1.5, which the slope of a transfer curve of 2.2 to 2.5 follows, without a root.
        let weight = brightness * (brightness * (0.7 * WEIGHTS[channel]) + 0.3 * WEIGHTS[channel]);
        sum += weight * (decoded - original[channel]);
        weights += weight;
    }
    (sum / weights).max(-LIMIT).min(LIMIT) * STRENGTH
}

/// JFIF's inverse conversion (ITU-T T.871), chroma about 0.
#[inline(always)]
fn rgb<S: Simd>(y: f32x8<S>, cb: f32x8<S>, cr: f32x8<S>) -> [f32x8<S>; 3] {
    [y + cr * 1.402, y - cb * 0.344_136 - cr * 0.714_136, y + cb * 1.772]
}

#[cfg(test)]
mod tests {
    use super::*;
    use fearless_simd::{Level, dispatch};

    use crate::{ColorType, color, subsample};

    /// The luma of a strip before and after, for an edge between two colours at column 17.
    fn edge(left: [u8; 3], right: [u8; 3]) -> [Vec<i16>; 2] {
        let row: Vec<u8> = (0..32).flat_map(|x| if x < 17 { left } else { right }).collect();
        let mut strip = Strip::new(32, 16, true, true);
        for y in 0..16 {
            dispatch!(Level::new(), simd => color::convert_row(simd, ColorType::Rgb, &row, &mut strip, y));
        }
        subsample::halve(&mut strip, 16, 8);
        strip.half.iter_mut().for_each(|half| half.repeat_row(1, 0));
        let before = strip.plane(0).to_vec();
        dispatch!(Level::new(), simd => fix(simd, &mut strip));
        [before, strip.plane(0).to_vec()]
    }

    #[test]
    fn grey_edges_are_left_alone() {
        let [before, after] = edge([0, 0, 0], [250, 250, 250]);
        assert_eq!(before, after);
    }

    #[test]
    fn a_saturated_edge_is_darkened_where_colour_leaks_in_and_only_there() {
        let [before, after] = edge([230, 0, 0], [0, 0, 0]);
        assert!(after[17] < before[17], "red leaks into black, which must get darker");
        let far = (0..12).chain(24..32);
        assert!(far.into_iter().all(|x| before[x].abs_diff(after[x]) <= 4), "more than rounding changed");
    }
}
