//! Chroma at half its width and height.

use crate::color::widen_row;
use crate::planes::PlaneRows;
use crate::strip::{HalfPlane, Strip};

/// Half-size chroma is held as (C − 128) · 2^3.
pub(crate) const HALF_SCALE: f32 = 8.0;

/// As a shift of bytes.
const HALF_SHIFT: u32 = 3;

/// Takes chroma that is at half size already: `rows` rows of each component, `width` samples from each.
#[inline(always)]
pub(crate) fn take_half(
    strip: &mut Strip,
    component: usize,
    rows: PlaneRows<'_>,
    width: usize,
    count: usize,
) {
    let half = &mut strip.half[component];
    for (row, samples) in (1..).zip(rows.iter(width).take(count)) {
        let out = half.row_mut(row);
        widen_row(samples, HALF_SHIFT, &mut out[1..]);
        out[0] = out[1];
    }
    half.repeat_below(count);
}

/// Takes row `y` of chroma that is at half the width, and averages it with the one before where it is the second of
/// two.
#[inline(always)]
pub(crate) fn take_half_row(strip: &mut Strip, component: usize, samples: &[u8], y: usize) {
    let out = strip.half[component].row_mut(y / 2 + 1);
    if y.is_multiple_of(2) {
        widen_row(samples, HALF_SHIFT, &mut out[1..]);
    } else {
        let (own, rest) = out[1..].split_at_mut(samples.len());
        for (out, &sample) in own.iter_mut().zip(samples) {
            // Exact: both are multiples of eight.
            *out = (*out + ((i16::from(sample) - 128) << HALF_SHIFT)) >> 1;
        }
        if let Some(&last) = own.last() {
            rest.fill(last);
        }
    }
    out[0] = out[1];
}

/// Brings a row of chroma from half to full width as a decoder does, by the triangle filter, in the fixed point of
/// full-size chroma, and repeats its last sample to the end of the output.
#[inline(always)]
pub(crate) fn enlarge_row(samples: &[u8], out: &mut [i16]) {
    let [Some(first), Some(last)] = [samples.first(), samples.last()] else { return };
    let level = |sample: u8| i16::from(sample) - 128;
    let (pairs, _) = out.as_chunks_mut::<2>();
    let before = std::iter::once(first).chain(samples);
    let after = samples.iter().skip(1).chain(std::iter::once(last));
    for (pair, ((own, before), after)) in pairs.iter_mut().zip(samples.iter().zip(before).zip(after)) {
        // A quarter of 2^5 levels.
        let own = 3 * level(*own);
        *pair = [(own + level(*before)) << 3, (own + level(*after)) << 3];
    }
    out[2 * samples.len()..].fill(level(*last) << 5);
}

/// Averages each square of four chroma samples (T.81 leaves the filter open; a box is what decoders'
/// upsampling expects), and repeats the last real column, `width − 1`, and row, `rows − 1`, outwards as
/// decoders do.
#[inline(always)]
pub(crate) fn halve(strip: &mut Strip, width: usize, rows: usize) {
    let stride = strip.stride();
    let (full, half) = strip.chroma_mut();
    for (full, half) in full.into_iter().zip(half) {
        for (pair, row) in full.chunks_exact(2 * stride).zip(1..=HalfPlane::ROWS) {
            let (upper, lower) = pair.split_at(stride);
            let out = half.row_mut(row);
            average(upper, lower, &mut out[1..=stride / 2]);
            let last = out[width];
            out[width..].fill(last);
            out[0] = out[1];
        }
        half.repeat_below(rows);
    }
}

#[inline(always)]
fn average(upper: &[i16], lower: &[i16], out: &mut [i16]) {
    let pairs = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
    for (out, (u, l)) in out.iter_mut().zip(pairs) {
        // Four values of 2^5 make one of 2^7; eight halves round it to 2^3.
        *out = (u[0] + u[1] + l[0] + l[1] + 8) >> 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_samples_become_their_rounded_mean_and_edges_are_repeated() {
        let mut strip = Strip::new(4, 16, true, true);
        strip.rows_mut(0)[1][..4].copy_from_slice(&[32, 64, -32, -32]);
        strip.rows_mut(1)[1][..4].copy_from_slice(&[32, 0, -32, -32]);
        halve(&mut strip, 2, 1);
        assert_eq!(strip.half[0].row(1)[..5], [8, 8, -8, -8, -8]);
        assert_eq!(strip.half[0].row(9), strip.half[0].row(1));
    }
}
