//! Overshoot for clipped whites (after Lesiński's idea in mozjpeg).
//!
//! A block that touches pure white and something darker rings. What is above white is clipped by the
//! decoder, so samples at white may be encoded as anything above it: a smooth bump there needs less high
//! frequency than a flat top with corners, and its ringing is clipped away.

use crate::color::LUMA_SCALE;
use crate::zigzag::NATURAL;

/// From here a sample counts as white: half a level below it, in the units of luma.
pub(crate) const WHITE: i16 = (127 << 6) - 32;
const MAXIMUM: f32 = 127.0;
/// The overshoot is limited to this and to twice the step of the mean: beyond, quantisation could turn it
/// into a visible dent.
const LIMIT: f32 = 31.0;

/// Whether the block has some but not all samples at white.
#[inline(always)]
pub(crate) fn touches_white(block: &[i16; 64]) -> bool {
    let highest = block.iter().fold(i16::MIN, |a, &b| if b > a { b } else { a });
    highest >= WHITE && block.iter().fold(i16::MAX, |a, &b| if b < a { b } else { a }) < WHITE
}

/// Replaces white samples by bumps above white; `step` is the quantisation step of the mean.
pub(crate) fn overshoot(block: &mut [i16; 64], step: u8) {
    let line: [f32; 64] = NATURAL.map(|n| (f32::from(block[usize::from(n)]) / LUMA_SCALE).min(MAXIMUM));
    let white = NATURAL.map(|n| block[usize::from(n)] >= WHITE);
    let count = white.iter().filter(|white| **white).count();
    let sum: f32 = line.iter().sum();
    let headroom = (64.0 * MAXIMUM - sum) / count as f32;
    let highest = LIMIT.min(2.0 * f32::from(step)).min(headroom);
    let mut start = 0;
    while start < 64 {
        let length = white[start..].iter().take_while(|white| **white).count();
        if length == 0 {
            start += 1;
            continue;
        }
        let end = start + length;
        let bump = Bump::new(&line, start, end);
        for k in start..end {
            let value = MAXIMUM + bump.at(k).clamp(0.0, highest);
            block[usize::from(NATURAL[k])] = (value * LUMA_SCALE) as i16;
        }
        start = end;
    }
}

/// A Hermite curve from white back to white over a run of clipped samples.
struct Bump {
    start: usize,
    /// Steps from the run's left edge to its right one.
    length: f32,
    rise: f32,
    fall: f32,
}

impl Bump {
    fn new(line: &[f32; 64], start: usize, end: usize) -> Self {
        let slope = |near: usize, far: usize| (line[near] - line[far]).max(MAXIMUM - line[near]);
        let rise = (start > 0).then(|| slope(start - 1, start.saturating_sub(2)));
        let fall = (end < 64).then(|| slope(end, (end + 1).min(63)));
        let rise = rise.or(fall).unwrap_or(0.0);
        Self { start, length: (end - start + 1) as f32, rise, fall: fall.unwrap_or(rise) }
    }

    /// How far above white the curve is at position `k` of the line.
    fn at(&self, k: usize) -> f32 {
        let t = (k - self.start + 1) as f32 / self.length;
        let s = 1.0 - t;
        self.length * (self.rise * t * s * s + self.fall * t * t * s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOP: i16 = 127 << 6;

    #[test]
    fn only_blocks_that_mix_white_with_something_darker_are_touched() {
        assert!(!touches_white(&[TOP; 64]));
        assert!(!touches_white(&[TOP - 64; 64]));
        let mut block = [TOP; 64];
        block[40] = 0;
        assert!(touches_white(&block));
    }

    #[test]
    fn white_rises_and_everything_else_stays() {
        let mut block: [i16; 64] = std::array::from_fn(|i| if i % 8 < 4 { TOP } else { -3000 });
        let before = block;
        overshoot(&mut block, 10);
        for (after, before) in block.iter().zip(before) {
            if before == TOP {
                assert!((TOP..=TOP + 20 * 64).contains(after));
            } else {
                assert_eq!(*after, before);
            }
        }
        assert!(block.iter().any(|&sample| sample > TOP + 64));
    }

    #[test]
    fn the_mean_stays_within_what_a_coefficient_holds() {
        let mut block = [TOP; 64];
        block[63] = TOP - 640;
        overshoot(&mut block, 255);
        let sum: i32 = block.iter().map(|&sample| i32::from(sample)).sum();
        assert!(sum <= 64 * i32::from(TOP));
    }
}
