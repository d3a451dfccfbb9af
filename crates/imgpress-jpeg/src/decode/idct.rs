//! The inverse DCT (ITU-T T.81, A.3.3) with the steps of quantisation taken back.
//!
//! It is the algorithm of Loeffler, Ligtenberg and Moschytz (ICASSP 1989) in integers of 13 fractional bits,
//! columns first, rounded as libjpeg's accurate integer method (`JDCT_ISLOW`) rounds, so that samples are the
//! same to the bit. Nothing in it branches; all lanes of a vector do one column, then one row.

use fearless_simd::{Simd, i8x32, i16x16, i32x8, prelude::*, u8x32};

/// Fractional bits of the constants.
const FRACTION: u32 = 13;
/// Fractional bits between the two passes.
const BETWEEN: u32 = 2;

/// A constant in fixed point.
const fn fix(value: f64) -> i32 {
    (value * (1 << FRACTION) as f64 + 0.5) as i32
}

/// The steps of a component as [`block`] wants them.
pub(super) fn steps(quantisation: &[u16; 64]) -> [i16; 64] {
    quantisation.map(|step| i16::try_from(step).unwrap_or(i16::MAX))
}

/// The sample of a block that has nothing but its mean.
#[inline(always)]
pub(super) fn flat(mean: i16, step: i16) -> u8 {
    let mean = i32::from(mean.wrapping_mul(step));
    (((mean + 4) >> 3) + 128).clamp(0, 255) as u8
}

/// The samples of a block, row by row; coefficients and steps are in natural order. Of a `CORNER`, which most
/// blocks are, only the first four rows and columns are looked at.
#[inline(always)]
pub(super) fn block<S: Simd, const CORNER: bool>(
    simd: S,
    coefficients: &[i16; 64],
    steps: &[i16; 64],
) -> [[u8; 8]; 8] {
    let (pairs, _) = coefficients.as_chunks::<16>();
    let (pair_steps, _) = steps.as_chunks::<16>();
    let mut rows = [i16x16::splat(simd, 0); 4];
    for i in 0..if CORNER { 2 } else { 4 } {
        rows[i] = i16x16::simd_from(simd, pairs[i]) * i16x16::simd_from(simd, pair_steps[i]);
    }
    let columns = transpose(narrow(pass::<S, CORNER, { FRACTION - BETWEEN }>(simd, rows)));
    let [a, b, c, d] = narrow(pass::<S, CORNER, { FRACTION + BETWEEN + 3 }>(simd, columns));
    let (mut low, mut high) = (a.saturating_narrow(b), c.saturating_narrow(d));
    for _ in 0..3 {
        (low, high) = low.interleave(high);
    }
    let middle = i8x32::splat(simd, i8::MIN);
    let low: u8x32<S> = (low ^ middle).bitcast();
    let high: u8x32<S> = (high ^ middle).bitcast();
    let mut samples = [[0; 8]; 8];
    let (halves, _) = samples.as_chunks_mut::<4>();
    halves[0].as_flattened_mut().copy_from_slice(&low.to_array());
    halves[1].as_flattened_mut().copy_from_slice(&high.to_array());
    samples
}

/// Eight lines of eight as pairs of lines, each number narrowed to what 16 bits hold.
#[inline(always)]
fn narrow<S: Simd>(lines: [i32x8<S>; 8]) -> [i16x16<S>; 4] {
    let [a, b, c, d, e, f, g, h] = lines;
    [a.saturating_narrow(b), c.saturating_narrow(d), e.saturating_narrow(f), g.saturating_narrow(h)]
}

/// Three perfect shuffles of 64 numbers turn their places' row and column around.
#[inline(always)]
fn transpose<S: Simd>([mut a, mut b, mut c, mut d]: [i16x16<S>; 4]) -> [i16x16<S>; 4] {
    for _ in 0..3 {
        let ((first, second), (third, fourth)) = (a.interleave(c), b.interleave(d));
        (a, b, c, d) = (first, second, third, fourth);
    }
    [a, b, c, d]
}

/// Eight eight-point inverse DCTs at once, with `SHIFT` fractional bits rounded away.
#[inline(always)]
fn pass<S: Simd, const CORNER: bool, const SHIFT: u32>(simd: S, lines: [i16x16<S>; 4]) -> [i32x8<S>; 8] {
    let ((x0, x1), (x2, x3)) = (lines[0].widen(), lines[1].widen());
    let zero = i32x8::splat(simd, 0);
    let ((x4, x5), (x6, x7)) =
        if CORNER { ((zero, zero), (zero, zero)) } else { (lines[2].widen(), lines[3].widen()) };
    // Even part: a rotation by 3π / 8 of the second and the sixth.
    let turned = (x2 + x6) * const { fix(0.541_196_100) };
    let low = turned - x6 * const { fix(1.847_759_065) };
    let high = turned + x2 * const { fix(0.765_366_865) };
    let half = i32x8::splat(simd, 1 << (SHIFT - 1));
    let sum = ((x0 + x4) << FRACTION) + half;
    let difference = ((x0 - x4) << FRACTION) + half;
    let even = [sum + high, difference + low, difference - low, sum - high];
    // Odd part.
    let both = (x7 + x3 + x5 + x1) * const { fix(1.175_875_602) };
    let z1 = (x7 + x1) * const { -fix(0.899_976_223) };
    let z2 = (x5 + x3) * const { -fix(2.562_915_447) };
    let z3 = (x7 + x3) * const { -fix(1.961_570_560) } + both;
    let z4 = (x5 + x1) * const { -fix(0.390_180_644) } + both;
    let odd = [
        x1 * const { fix(1.501_321_110) } + z1 + z4,
        x3 * const { fix(3.072_711_026) } + z2 + z3,
        x5 * const { fix(2.053_119_869) } + z2 + z4,
        x7 * const { fix(0.298_631_336) } + z1 + z3,
    ];
    let mut out = [half; 8];
    for i in 0..4 {
        out[i] = (even[i] + odd[i]) >> SHIFT;
        out[7 - i] = (even[i] - odd[i]) >> SHIFT;
    }
    out
}
