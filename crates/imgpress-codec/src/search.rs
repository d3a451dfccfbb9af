//! The highest quality whose file fits.

use crate::options::Quality;

/// Most encodes of one search: what halving takes for the hundred answers that there are (99 qualities below the
/// ceiling, and none), and one more, so that interpolation has room.
const MOST: u32 = 8;

/// How much the logarithm of a file's size grows with a step of quality, before two sizes are known: 0.012 to 0.045 at
/// qualities 40 to 90 (measured on photographs and a screenshot).
const SLOPE: f64 = 0.025;

/// Looks for the highest quality whose file is at most `limit` bytes, by interpolation on the logarithm of the size, which
/// grows nearly linearly. Each answer halves what is left at the latest when it has to, so that there are never more
/// than [`MOST`] questions. The result is exact where sizes grow with quality.
pub(crate) struct Search {
    limit: u64,
    /// The lowest quality that is known not to fit, and its size.
    above: (u8, f64),
    /// One further up that does not fit either.
    before: Option<(u8, f64)>,
    /// The highest quality that is known to fit, and its size.
    below: Option<(u8, f64)>,
    left: u32,
}

impl Search {
    /// Below `ceiling`, whose file has more than `limit` bytes, namely so many.
    pub(crate) fn below(ceiling: Quality, bytes: u64, limit: u64) -> Self {
        let above = (ceiling.get(), log(bytes));
        Self { limit, above, before: None, below: None, left: MOST }
    }

    /// The quality to try next; `None` at the end.
    pub(crate) fn next(&self) -> Option<Quality> {
        let low = self.below.map_or(0, |(quality, _)| quality);
        let high = self.above.0;
        if high - low < 2 {
            return None;
        }
        // Whatever comes of it, halving has to be able to do the rest.
        let reach = 1_u32.checked_shl(self.left.saturating_sub(1)).unwrap_or(u32::MAX);
        let reach = u8::try_from(reach).unwrap_or(u8::MAX);
        let least = high.saturating_sub(reach).max(low + 1);
        let most = low.saturating_add(reach).min(high - 1);
        let middle = low + (high - low) / 2;
        let guess = if least <= most { self.guess().clamp(least, most) } else { middle };
        Quality::try_from(guess).ok()
    }

    /// Takes the size of the file at the quality that was asked for; gives whether it fits.
    pub(crate) fn learn(&mut self, quality: Quality, bytes: u64) -> bool {
        let found = (quality.get(), log(bytes));
        self.left = self.left.saturating_sub(1);
        let fits = bytes <= self.limit;
        if fits {
            self.below = Some(found);
        } else {
            self.before = Some(self.above);
            self.above = found;
        }
        fits
    }

    /// Where the sizes known so far have the limit.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a quality")]
    fn guess(&self) -> u8 {
        let slope = match (self.below, self.before) {
            (Some(one), _) | (None, Some(one)) => slope(one, self.above),
            (None, None) => SLOPE,
        };
        let steps = (self.above.1 - log(self.limit)) / slope.max(SLOPE / 10.0);
        (f64::from(self.above.0) - steps).floor().clamp(1.0, 100.0) as u8
    }
}

#[expect(clippy::cast_precision_loss, reason = "no file is larger than 2^53 bytes")]
fn log(bytes: u64) -> f64 {
    (bytes.max(1) as f64).ln()
}

fn slope(one: (u8, f64), other: (u8, f64)) -> f64 {
    (one.1 - other.1) / (f64::from(one.0) - f64::from(other.0))
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes are positive and small")]
mod tests {
    use super::*;

    /// Bytes at a quality: a photograph's, one that starts flat, one that ends steep, and steps.
    const CURVES: [fn(f64) -> f64; 5] = [
        |quality| 2000.0 * (quality * 0.03).exp(),
        |quality| 5000.0 + 3.0 * quality * quality,
        |quality| 900.0 * (quality * 0.01).exp() + 9000.0 * ((quality - 100.0) * 0.2).exp(),
        |quality| 1000.0 * (quality / 10.0).floor().exp(),
        |_| 4000.0,
    ];

    /// The quality that is found, and how many were tried.
    fn search(size: impl Fn(u8) -> u64, ceiling: u8, limit: u64) -> (Option<u8>, u32) {
        let mut search = Search::below(Quality::try_from(ceiling).unwrap(), size(ceiling), limit);
        let (mut found, mut tried) = (None, 0);
        while let Some(quality) = search.next() {
            tried += 1;
            if search.learn(quality, size(quality.get())) {
                found = Some(quality.get());
            }
        }
        (found, tried)
    }

    #[test]
    fn the_highest_quality_that_fits_is_found_with_few_tries() {
        for (number, curve) in CURVES.iter().enumerate() {
            let size = |quality: u8| curve(f64::from(quality)) as u64;
            let (mut all, mut cases) = (0, 0);
            for ceiling in 1..=100 {
                for limit in (1..size(ceiling)).step_by(97) {
                    let (found, tried) = search(size, ceiling, limit);
                    let best = (1..ceiling).rev().find(|&quality| size(quality) <= limit);
                    assert_eq!(found, best, "curve {number} below {ceiling} within {limit}");
                    assert!(tried <= MOST, "{tried} tries on curve {number} below {ceiling} within {limit}");
                    (all, cases) = (all + tried, cases + 1);
                }
            }
            assert!(all <= 6 * cases, "curve {number}: {all} tries in {cases} cases");
        }
    }

    #[test]
    fn a_curve_that_is_not_monotonic_ends_the_search_too() {
        for seed in 0..2000_u64 {
            let size = |quality: u8| (u64::from(quality) * 7919 + seed * 104_729) % 1009 + 1;
            let (found, tried) = search(size, 100, 500);
            assert!(tried <= MOST && found.is_none_or(|quality| size(quality) <= 500), "{seed}");
        }
    }
}
