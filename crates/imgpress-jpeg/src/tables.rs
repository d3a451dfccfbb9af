//! Quantisation tables for a distance.
//!
//! The shape is jpegli's: a base matrix for each component, times the distance, with an exponent for each
//! frequency that lets coarse files keep their low frequencies finer. On top of it come factors of our own,
//! which were fitted to SSIMULACRA2 and Butteraugli's 3-norm together, on the pictures that `bench/sets/tuning.txt`
//! lists.

mod matrices;
mod requantise;

use crate::settings::{Settings, Subsampling};
use matrices::{BASE_CB, BASE_CR, BASE_Y, EXPONENT, RESCALE_420};

/// Steps of one component, natural order, each 1 to 255 so that the file stays baseline-compatible.
pub(crate) type QuantTable = [u8; 64];

/// The three tables of a colour picture: luma, blue and red chroma.
pub(crate) struct QuantTables {
    pub(crate) y: QuantTable,
    pub(crate) cb: QuantTable,
    pub(crate) cr: QuantTable,
}

impl QuantTables {
    /// The tables for the distance of these settings, and for what the picture went through before.
    pub(crate) fn of(settings: &Settings) -> Self {
        let source = &settings.source;
        let distance = settings.distance.get();
        let distance = if source.is_empty() { distance } else { requantise::distance(distance) };
        let curve = Curve::new(distance, settings.subsampling);
        let y = |k| curve.scale(k) * BASE_Y[k] * curve.luma(k);
        let cb = |k| curve.scale(k) * BASE_CB[k] * curve.chroma(k, &BLUE);
        let cr = |k| curve.scale(k) * BASE_CR[k] * curve.chroma(k, &RED);
        if source.is_empty() {
            return Self { y: table(y), cb: table(cb), cr: table(cr) };
        }
        let luma = |k| y(k) * requantise::luma(k);
        let [cb, cr]: [&dyn Fn(usize) -> f32; 2] = [&cb, &cr];
        let chroma = |step: &dyn Fn(usize) -> f32, component| {
            table(|k| requantise::near(step(k) * requantise::chroma(k), source.get(component), k))
        };
        Self {
            y: table(|k| requantise::near(luma(k), source.first(), k)),
            cb: chroma(cb, 1),
            cr: chroma(cr, 2),
        }
    }
}

/// jpegli's global scale for its YCbCr matrices.
const GLOBAL_SCALE: f32 = 1.7397;
/// jpegli's further scale when chroma is at half size. It is kept at full size too: so luma has the same steps
/// either way, and the same distance the same look (within a point of SSIMULACRA2 on the tuning pictures).
const SCALE_420: f32 = 1.22;
/// Where the exponents begin to act.
const KNEE: f32 = 1.5;
/// Share of jpegli's exponents that is used: measured, their full strength costs size.
const EXPONENT_STRENGTH: f32 = 0.28;
/// Below this distance half-size chroma is kept finer and its tables unbent.
const FINE_CHROMA: f32 = 1.3;

/// What the steps of one chroma component are multiplied by.
struct ChromaFactors {
    /// At half size.
    usual: f32,
    /// At half size, below [`FINE_CHROMA`].
    fine: f32,
    /// At full size. Pictures that need it have fine detail in saturated colour; what they gained by finer steps
    /// was ten times what others lost.
    full: f32,
}

const BLUE: ChromaFactors = ChromaFactors { usual: 0.95, fine: 0.90, full: 0.68 };
const RED: ChromaFactors = ChromaFactors { usual: 1.05, fine: 1.10, full: 0.80 };

/// What luma's steps on each diagonal of the block are multiplied by: the lowest frequencies finer, the middle
/// coarser. More than this, on any diagonal, gained nothing.
const LUMA_DIAGONALS: [f32; 15] =
    [1.0, 0.95, 1.0, 1.0, 1.05, 1.05, 1.05, 1.025, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];

/// Everything that depends on the distance and not on the component.
struct Curve {
    distance: f32,
    /// Log2 of the distance over the knee, −2 to 4.
    level: f32,
    subsampling: Subsampling,
}

impl Curve {
    fn new(distance: f32, subsampling: Subsampling) -> Self {
        Self { distance, level: (distance / KNEE).log2().clamp(-2.0, 4.0), subsampling }
    }

    /// What every step of frequency `k` is multiplied by.
    ///
    /// The numbers here and below were found by moving one at a time, and kept where one metric gained and the
    /// other did not lose as much.
    fn scale(&self, k: usize) -> f32 {
        let d = self.distance;
        let exponent = 1.0 - EXPONENT_STRENGTH * (1.0 - EXPONENT[k]);
        let bent = KNEE.powf(1.0 - exponent) * d.powf(exponent);
        let grown = if d < KNEE { d } else { bent.max(0.5 * d) };
        GLOBAL_SCALE * SCALE_420 * grown
    }

    fn luma(&self, k: usize) -> f32 {
        let f = height(k);
        let bend = if k == 0 { 1.0 } else { 1.0 + 0.1 * (1.0 - f) * (1.0 - f) };
        (1.0 + (0.36 + 0.3 * self.level) * f) * bend * LUMA_DIAGONALS[k / 8 + k % 8]
    }

    fn chroma(&self, k: usize, factors: &ChromaFactors) -> f32 {
        let f = height(k);
        let bend = 1.0 + 0.4 * (1.0 - f) * (1.0 - f);
        match self.subsampling {
            Subsampling::S444 if k == 0 => factors.full,
            Subsampling::S444 => factors.full * (bend - 0.5 * f),
            Subsampling::S420 if self.distance < FINE_CHROMA => factors.fine * RESCALE_420[k],
            Subsampling::S420 => factors.usual * RESCALE_420[k] * if k == 0 { 0.85 } else { bend },
        }
    }
}

/// How high a frequency is: 0 for the mean, 1 for the finest diagonal.
fn height(k: usize) -> f32 {
    (k / 8 + k % 8) as f32 / 14.0
}

fn table(step: impl Fn(usize) -> f32) -> QuantTable {
    std::array::from_fn(|k| step(k).round().clamp(1.0, 255.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Distance;

    fn tables(distance: f32) -> QuantTables {
        QuantTables::of(&Settings::new(Distance::new(distance).unwrap()))
    }

    #[test]
    fn every_step_grows_with_distance() {
        let (fine, coarse) = (tables(1.5), tables(6.0));
        for (fine, coarse) in [(fine.y, coarse.y), (fine.cb, coarse.cb), (fine.cr, coarse.cr)] {
            assert!(fine.iter().zip(coarse).all(|(&f, c)| f < c || c == 255));
        }
    }

    #[test]
    fn the_extremes_stay_within_what_a_baseline_table_holds() {
        assert!(tables(0.05).y.iter().all(|&step| step == 1));
        assert!(tables(100.0).cr.iter().filter(|&&step| step == 255).count() > 32);
    }
}
