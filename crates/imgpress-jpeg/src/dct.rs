//! The forward DCT of T.81 A.3.3 and the comparison with the quantisation steps.
//!
//! Everything is a fixed sequence of single additions and multiplications on eight lanes, never fused, so
//! that every instruction set computes the same bits.

use fearless_simd::{Simd, f32x8, prelude::*};

use crate::tables::QuantTable;

/// Largest AC magnitude of an 8-bit baseline file (T.81 table F.2).
pub(crate) const MAX_AC: f32 = 1023.0;

/// Row `u`, column `x`: c(u) / 2 · cos((2x + 1)uπ / 16), orthonormal.
const MATRIX: [[f32; 8]; 8] = matrix();

const TRANSPOSED: [[f32; 8]; 8] = transposed();

/// How a component's coefficients are scaled and which of them survive.
pub(crate) struct Quantizer {
    /// 1 over the step, over the samples' scale: natural order.
    reciprocals: [f32; 64],
    /// From which magnitude, in steps, a coefficient is kept.
    thresholds: [f32; 64],
    /// Squared, to bring energy to levels.
    scale: f32,
}

/// A block in the frequency domain.
pub(crate) struct Spectrum {
    /// Coefficients in steps: natural order.
    pub(crate) steps: [f32; 64],
    /// Their magnitudes rounded, at most [`MAX_AC`]: natural order.
    pub(crate) rounded: [i32; 64],
    /// For each row the columns that survive, column 0 in the lowest bit.
    pub(crate) kept: [u8; 8],
    /// Sum of the squares of all coefficients but the mean, in levels.
    pub(crate) energy: f32,
}

impl Quantizer {
    /// For samples that are levels times `scale`. `threshold` tells, by natural index, from which magnitude
    /// in steps a coefficient is kept.
    pub(crate) fn new(table: &QuantTable, scale: f32, threshold: impl Fn(usize) -> f32) -> Self {
        Self {
            reciprocals: table.map(|step| 1.0 / (f32::from(step) * scale)),
            thresholds: std::array::from_fn(threshold),
            scale,
        }
    }

    /// Transforms a block of samples.
    #[inline(always)]
    pub(crate) fn transform<S: Simd>(&self, simd: S, samples: &[i16; 64]) -> Spectrum {
        let rows = samples.as_chunks::<8>().0;
        let mut lanes = [f32x8::splat(simd, 0.0); 8];
        let mut basis = lanes;
        for i in 0..8 {
            lanes[i] = f32x8::simd_from(simd, floats(&rows[i]));
            basis[i] = f32x8::simd_from(simd, TRANSPOSED[i]);
        }
        let vertical = columns(lanes);
        let mut spectrum = Spectrum { steps: [0.0; 64], rounded: [0; 64], kept: [0; 8], energy: 0.0 };
        let mut energy = f32x8::splat(simd, 0.0);
        let mut mean = 0.0;
        let reciprocals = self.reciprocals.as_chunks::<8>().0;
        let thresholds = self.thresholds.as_chunks::<8>().0;
        let outputs =
            spectrum.steps.as_chunks_mut::<8>().0.iter_mut().zip(spectrum.rounded.as_chunks_mut::<8>().0);
        for (v, (steps, rounded)) in outputs.enumerate() {
            let row = horizontal(simd, vertical[v].to_array(), &basis);
            energy += row * row;
            if v == 0 {
                mean = row[0];
            }
            let scaled = row * f32x8::simd_from(simd, reciprocals[v]);
            let magnitudes = scaled.abs();
            let large = magnitudes.simd_ge(f32x8::simd_from(simd, thresholds[v]));
            spectrum.kept[v] = large.to_bitmask() as u8;
            *rounded = simd.cvt_i32_f32x8((magnitudes + 0.5).min(MAX_AC)).to_array();
            *steps = scaled.to_array();
        }
        let lanes = energy.to_array();
        let sum =
            ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
        spectrum.energy = (sum - mean * mean).max(0.0) / (self.scale * self.scale);
        spectrum
    }
}

#[inline(always)]
fn floats(row: &[i16; 8]) -> [f32; 8] {
    let mut out = [0.0; 8];
    for i in 0..8 {
        out[i] = f32::from(row[i]);
    }
    out
}

/// Eight-point DCTs down all eight columns at once.
#[inline(always)]
fn columns<S: Simd>(x: [f32x8<S>; 8]) -> [f32x8<S>; 8] {
    let even = [x[0] + x[7], x[1] + x[6], x[2] + x[5], x[3] + x[4]];
    let odd = [x[0] - x[7], x[1] - x[6], x[2] - x[5], x[3] - x[4]];
    let (outer, inner) = (even[0] + even[3], even[1] + even[2]);
    let (a, b) = (even[0] - even[3], even[1] - even[2]);
    [
        (outer + inner) * MATRIX[0][0],
        odd_row(odd, &MATRIX[1]),
        a * MATRIX[2][0] + b * MATRIX[2][1],
        odd_row(odd, &MATRIX[3]),
        (outer - inner) * MATRIX[4][0],
        odd_row(odd, &MATRIX[5]),
        a * MATRIX[6][0] + b * MATRIX[6][1],
        odd_row(odd, &MATRIX[7]),
    ]
}

#[inline(always)]
fn odd_row<S: Simd>(odd: [f32x8<S>; 4], row: &[f32; 8]) -> f32x8<S> {
    (odd[0] * row[0] + odd[1] * row[1]) + (odd[2] * row[2] + odd[3] * row[3])
}

/// One row times the transposed matrix.
#[inline(always)]
fn horizontal<S: Simd>(simd: S, row: [f32; 8], basis: &[f32x8<S>; 8]) -> f32x8<S> {
    let mut terms = *basis;
    for x in 0..8 {
        terms[x] = f32x8::splat(simd, row[x]) * basis[x];
    }
    ((terms[0] + terms[1]) + (terms[2] + terms[3])) + ((terms[4] + terms[5]) + (terms[6] + terms[7]))
}

/// cos(kπ / 16) for k = 0 to 8.
const COSINES: [f64; 9] = [
    1.0,
    0.980_785_280_403_230_4,
    0.923_879_532_511_286_7,
    0.831_469_612_302_545_2,
    std::f64::consts::FRAC_1_SQRT_2,
    0.555_570_233_019_602_2,
    0.382_683_432_365_089_8,
    0.195_090_322_016_128_27,
    0.0,
];

const fn matrix() -> [[f32; 8]; 8] {
    let mut matrix = [[0.0; 8]; 8];
    let mut u = 0;
    while u < 8 {
        let mut x = 0;
        while x < 8 {
            let norm = if u == 0 { COSINES[4] } else { 1.0 };
            matrix[u][x] = (0.5 * norm * cosine((2 * x + 1) * u)) as f32;
            x += 1;
        }
        u += 1;
    }
    matrix
}

const fn transposed() -> [[f32; 8]; 8] {
    let mut out = [[0.0; 8]; 8];
    let mut i = 0;
    while i < 64 {
        out[i % 8][i / 8] = MATRIX[i / 8][i % 8];
        i += 1;
    }
    out
}

/// cos(kπ / 16) for any k.
const fn cosine(k: usize) -> f64 {
    match k % 32 {
        k @ 0..=8 => COSINES[k],
        k @ 9..=16 => -COSINES[16 - k],
        k @ 17..=24 => -COSINES[k - 16],
        k => COSINES[32 - k],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fearless_simd::{Level, dispatch};

    /// T.81 A.3.3 as it is written.
    fn reference(samples: &[i16; 64]) -> [f64; 64] {
        std::array::from_fn(|k| {
            let (v, u) = ((k / 8) as f64, (k % 8) as f64);
            let c = |w: f64| if w == 0.0 { 0.5_f64.sqrt() } else { 1.0 };
            let sum: f64 = (0..64)
                .map(|i| {
                    let (y, x) = ((i / 8) as f64, (i % 8) as f64);
                    let angle = std::f64::consts::PI / 16.0;
                    f64::from(samples[i])
                        * ((2.0 * x + 1.0) * u * angle).cos()
                        * ((2.0 * y + 1.0) * v * angle).cos()
                })
                .sum();
            0.25 * c(u) * c(v) * sum
        })
    }

    fn spectrum(samples: &[i16; 64], step: u8) -> Spectrum {
        let quantizer = Quantizer::new(&[step; 64], 64.0, |_| 0.5);
        dispatch!(Level::new(), simd => quantizer.transform(simd, samples))
    }

    #[test]
    fn coefficients_are_those_of_the_standards_formula() {
        for seed in 0..50 {
            let samples = std::array::from_fn(|i| ((i * 2_654_435 + seed * 977_333) % 16_384) as i16 - 8192);
            let expected = reference(&samples).map(|c| c / 64.0);
            let got = spectrum(&samples, 1);
            for (got, expected) in got.steps.iter().zip(expected) {
                assert!((f64::from(*got) - expected).abs() < 1e-3, "{got} is not {expected}");
            }
            let energy: f64 = expected[1..].iter().map(|c| c * c).sum();
            assert!((f64::from(got.energy) / energy - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn a_flat_block_has_only_its_mean() {
        let got = spectrum(&[640; 64], 4);
        assert!((got.steps[0] - 20.0).abs() < 1e-4);
        assert_eq!(got.kept, [1, 0, 0, 0, 0, 0, 0, 0]);
        assert!(got.energy < 1e-2);
    }

    #[test]
    fn exactly_the_coefficients_above_their_threshold_are_kept() {
        let samples = std::array::from_fn(|i| if i % 8 < 3 { 4000 } else { -1000 });
        let got = spectrum(&samples, 30);
        for (row, steps) in got.kept.iter().zip(got.steps.chunks(8)) {
            for (column, step) in steps.iter().enumerate() {
                assert_eq!(row >> column & 1 == 1, step.abs() >= 0.5);
            }
        }
    }
}
