//! One quality scale for all formats: `quality` N of an AVIF has the mean look of a JPEG at N.

use imgpress_av1::Quantizer;

use crate::options::{Effort, Quality};

/// Qualities, and libaom's quantisers (0 to 63) that have the mean SSIMULACRA2 of our JPEGs at them, for the efforts from
/// the least to the most: measured on the PNGs among the tuning pictures, their middle 384 × 384 pixels, at every fourth
/// quantiser, straight lines between. The benchmark has no command for it yet.
const SCALE: [(u8, [u8; 3]); 21] = [
    (1, [63, 62, 63]),
    (5, [62, 60, 62]),
    (10, [55, 55, 57]),
    (15, [50, 50, 52]),
    (20, [46, 46, 48]),
    (25, [43, 44, 46]),
    (30, [41, 41, 44]),
    (35, [39, 40, 42]),
    (40, [38, 38, 40]),
    (45, [36, 37, 39]),
    (50, [35, 35, 37]),
    (55, [34, 34, 36]),
    (60, [32, 33, 35]),
    (65, [30, 31, 33]),
    (70, [29, 30, 31]),
    (75, [25, 26, 28]),
    (80, [23, 24, 25]),
    (85, [18, 19, 21]),
    (90, [14, 15, 16]),
    (95, [9, 10, 10]),
    (100, [3, 4, 5]),
];

/// The quantiser of a quality, on a straight line between the two next to it.
pub(super) fn quantizer(quality: Quality, effort: Effort) -> Quantizer {
    let effort = match effort {
        Effort::Fast => 0,
        Effort::Balanced => 1,
        Effort::Max => 2,
    };
    let quality = quality.get();
    let above = SCALE.partition_point(|(at, _)| *at < quality).min(SCALE.len() - 1);
    let ((from, coarse), (to, fine)) = (SCALE[above.saturating_sub(1)], SCALE[above]);
    let (coarse, fine) = (coarse[effort], fine[effort]);
    let (step, steps) = (u16::from(quality - from), u16::from((to - from).max(1)));
    let fallen = (u16::from(coarse.saturating_sub(fine)) * step + steps / 2) / steps;
    Quantizer::new(coarse - u8::try_from(fallen).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_quality_is_never_coarser() {
        for effort in Effort::ALL {
            let all: Vec<_> =
                (1..=100).map(|number| quantizer(Quality::try_from(number).unwrap(), effort)).collect();
            assert!(all.is_sorted_by(|low, high| low >= high), "{effort}: {all:?}");
            assert_eq!(
                (all[79].get(), all[99].get()),
                match effort {
                    Effort::Fast => (23, 3),
                    Effort::Balanced => (24, 4),
                    Effort::Max => (25, 5),
                }
            );
        }
    }
}
