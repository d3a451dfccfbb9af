//! Tables for planes that were quantised once before, on the same grid of blocks.
//!
//! Their coefficients are multiples of the old steps. Quantising them with a new step that is a little larger moves
//! them to multiples of that, for hardly fewer bits, and a smaller one spends bits on what is not there; the old step
//! itself costs nothing. (Of larger ones, twice the old step is the worst, for half of the odd multiples lie midway,
//! but going out of its way gained nothing.)
//!
//! What else differs was found as everything in `tables.rs` was, on the JPEGs of the tuning set and on its photographs
//! written by libjpeg at qualities 75 to 95.

use super::height;

/// A new step up to so much larger than the old one becomes the old one. 1.2 to 1.6 are about as good.
const NEAR: f32 = 1.3;
/// How much coarser luma's finest frequency is than for a picture that was never quantised: its old steps are
/// the largest there, so that there is less that is worth keeping.
const LUMA_SLOPE: f32 = 0.2;
/// Chroma is coarser throughout, for it is not subsampled anew, which takes its share of what may be lost...
const CHROMA: f32 = 1.08;
/// ...and more so where it is fine.
const CHROMA_SLOPE: f32 = 0.2;

/// The step for frequency `k` in place of `step`, if the component had these.
pub(super) fn near(step: f32, before: Option<&[u16; 64]>, k: usize) -> f32 {
    match before.map(|steps| f32::from(steps[k])) {
        Some(before) if step < NEAR * before => before,
        _ => step,
    }
}

/// What a step of luma is multiplied by.
pub(super) fn luma(k: usize) -> f32 {
    1.0 + LUMA_SLOPE * height(k)
}

/// What a step of chroma is multiplied by.
pub(super) fn chroma(k: usize) -> f32 {
    CHROMA * (1.0 + CHROMA_SLOPE * height(k))
}

/// The distance at which a picture that was quantised before looks as one that was not looks at `distance`: 16 %
/// finer up to 2, the same from 3.5 on.
///
/// mozjpeg's quality is the measure of that look: at 80 and 90 the scores of JPEGs were 1 to 3 points below its own,
/// which those of other pictures are not.
pub(super) fn distance(distance: f32) -> f32 {
    const FINER: f32 = 0.16;
    distance * (1.0 - FINER * ((3.5 - distance) / 1.5).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Distance, Settings};
    use crate::tables::QuantTables;

    fn settings(distance: f32) -> Settings {
        Settings::new(Distance::new(distance).unwrap())
    }

    #[test]
    fn steps_next_to_those_of_the_source_become_theirs() {
        assert_eq!([2.0, 4.9, 6.4].map(|step| near(step, Some(&[5; 64]), 9)), [5.0; 3]);
        assert_eq!([6.6, 12.0].map(|step| near(step, Some(&[5; 64]), 9)), [6.6, 12.0]);
        assert_eq!(near(4.9, None, 9), 4.9);
    }

    #[test]
    fn tables_that_were_made_for_a_source_are_made_again_for_themselves() {
        for source in [[3; 64], std::array::from_fn(|k| 2 + k as u16), [900; 64]] {
            for at in [0.4, 1.3, 3.0, 9.0] {
                let first = QuantTables::of(&settings(at).with_source_quantisation(vec![source; 3]));
                let steps = [first.y, first.cb, first.cr].map(|table| table.map(u16::from));
                let again = QuantTables::of(&settings(at).with_source_quantisation(steps.to_vec()));
                assert_eq!([first.y, first.cb, first.cr], [again.y, again.cb, again.cr], "at {at}");
            }
        }
    }

    #[test]
    fn a_larger_distance_is_never_the_finer_one() {
        let distances: Vec<f32> = (1..=100).map(|tenth| distance(tenth as f32 / 10.0)).collect();
        assert!(distances.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
