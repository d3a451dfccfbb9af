//! Means that differ little from one block to the next.
//!
//! A mean is sent as its difference from the one before. Rounding it the other way costs a little error and
//! may save a bit or two; along a row of blocks the best choice of all is found by Viterbi's algorithm.

use crate::coefficients::{DcExact, Plane};

/// Bits that a squared error of one step is worth.
const LAMBDA: f32 = 16.0;
/// Rounded down by one, as it is, up by one.
const CANDIDATES: usize = 3;
/// Estimated bits of a difference by its size category, its own bits included.
const BITS: [f32; 12] = [2.0, 3.3, 4.5, 5.6, 6.7, 8.0, 9.5, 11.5, 14.0, 17.0, 20.0, 23.0];

/// Chooses the means of each row of blocks anew. Does nothing where the exact means were not kept.
pub(crate) fn optimize(plane: &mut Plane) {
    let width = plane.width.max(1);
    let mut steps = Vec::with_capacity(width);
    let mut before = 0;
    for (row, exact) in plane.dc.chunks_mut(width).zip(plane.dc_exact.chunks(width)) {
        choose(row, exact, before, &mut steps);
        before = row.last().copied().unwrap_or(0);
    }
    plane.dc_exact = Vec::new();
}

/// Where each candidate of a block best comes from.
type Origins = [u8; CANDIDATES];

fn choose(row: &mut [i16], exact: &[DcExact], before: i16, origins: &mut Vec<Origins>) {
    origins.clear();
    let mut previous = [before; CANDIDATES];
    let mut costs = [0.0, f32::INFINITY, f32::INFINITY];
    for (&mean, exact) in row.iter().zip(exact) {
        let values = candidates(mean);
        let mut next = [f32::INFINITY; CANDIDATES];
        let mut from = [0; CANDIDATES];
        for (c, &value) in values.iter().enumerate() {
            for (origin, p) in (0_u8..).zip(0..CANDIDATES) {
                let cost = costs[p] + bits(i32::from(value) - i32::from(previous[p]));
                if cost < next[c] {
                    (next[c], from[c]) = (cost, origin);
                }
            }
            next[c] += error(value, *exact);
        }
        origins.push(from);
        (previous, costs) = (values, next);
    }
    let mut best = (0..CANDIDATES).fold(0, |best, c| if costs[c] < costs[best] { c } else { best });
    for (mean, origins) in row.iter_mut().zip(origins.iter()).rev() {
        *mean = candidates(*mean)[best];
        best = usize::from(origins[best]);
    }
}

fn candidates(mean: i16) -> [i16; CANDIDATES] {
    [mean - 1, mean, mean + 1].map(|value| value.clamp(-1024, 1023))
}

fn error(value: i16, exact: DcExact) -> f32 {
    let error = f32::from(value) - f32::from(exact.value) / (1 << DcExact::FRACTION) as f32;
    LAMBDA * f32::from(exact.weight) / 255.0 * error * error
}

fn bits(difference: i32) -> f32 {
    let size = 32 - difference.unsigned_abs().leading_zeros();
    BITS[(size as usize).min(BITS.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(exact: &[f32], weight: u8) -> Plane {
        let mut plane = Plane::new(exact.len(), 1);
        plane.dc = exact.iter().map(|value| value.round() as i16).collect();
        plane.dc_exact = exact.iter().map(|value| DcExact { value: (value * 16.0) as i16, weight }).collect();
        plane
    }

    #[test]
    fn a_mean_that_could_be_rounded_either_way_follows_its_neighbours() {
        let mut plane = plane(&[5.0, 5.52, 5.0, 4.48, 5.0], 255);
        optimize(&mut plane);
        assert_eq!(plane.dc, [5; 5]);
    }

    #[test]
    fn a_clear_step_stays() {
        let mut plane = plane(&[5.0, 6.0, 5.0], 255);
        optimize(&mut plane);
        assert_eq!(plane.dc, [5, 6, 5]);
    }

    #[test]
    fn no_mean_moves_by_more_than_one() {
        let exact: Vec<f32> = (0..200).map(|i| ((i * 7919) % 301) as f32 / 3.0).collect();
        let mut plane = plane(&exact, 10);
        optimize(&mut plane);
        assert!(plane.dc.iter().zip(exact).all(|(&dc, exact)| (f32::from(dc) - exact).abs() <= 1.5));
    }
}
