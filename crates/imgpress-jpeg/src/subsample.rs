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
    for row in count + 1..=HalfPlane::ROWS {
        half.repeat_row(count, row);
    }
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
        for row in rows + 1..=HalfPlane::ROWS + 1 {
            half.repeat_row(rows, row);
        }
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
