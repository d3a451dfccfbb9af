//! Which coefficients are worth their bits.
//!
//! Every decision weighs an estimate of the bits against the squared error in quantisation steps, with
//! error counting less where the block is busy and hides it.

use crate::coefficients::{DcExact, Plane};
use crate::dct::Spectrum;
use crate::settings::{Effort, Subsampling};
use crate::zigzag::{NATURAL, zigzag_mask};

/// What a component holds: how much its errors are seen depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Luma, or the one component of a grey picture: what is best for the one was measured to be best for the
    /// other.
    Luma,
    /// Chroma, at this size.
    Chroma(Subsampling),
}

/// How much error counts in a component.
#[derive(Clone, Copy)]
struct Weighting {
    /// Bits that a squared error of one step is worth in a flat block.
    lambda: f32,
    /// Mean squared AC coefficient at which error counts half.
    masking: f32,
    /// Error never counts less than this share.
    least: f32,
}

// Measured by SSIMULACRA2 and Butteraugli's 3-norm together on the tuning pictures.
const LUMA: Weighting = Weighting { lambda: 18.0, masking: 600.0, least: 0.27 };
const HALF_CHROMA: Weighting = Weighting { lambda: 12.0, masking: 1448.0, least: 0.45 };
const FULL_CHROMA: Weighting = Weighting { lambda: 18.0, masking: 4000.0, least: 0.45 };
/// Bits of a run of so many zeros before a coefficient of magnitude one, its sign included.
const RUN_BITS: [f32; 16] =
    [2.9, 4.5, 5.6, 6.3, 7.0, 7.5, 7.8, 8.4, 8.8, 9.2, 9.5, 10.0, 10.4, 10.7, 11.4, 12.4];
/// Bits of sixteen zeros.
const ZRL_BITS: f32 = 9.7;
/// What all of these are multiplied by. They are the bits of real tables; counting a little less keeps a few more
/// coefficients, which both metrics asked for.
const RATE_SCALE: f32 = 0.93;
/// No more is looked for once cutting the tail has lost so many bits.
const TAIL_LIMIT: f32 = -24.0;

/// How the coefficients of one component are decided.
pub(crate) struct Decider {
    effort: Effort,
    /// Bits of run and size, for runs of 0 to 63; zero for size 0.
    rates: [[f32; 16]; 64],
    end_of_block: f32,
    weighting: Weighting,
}

impl Decider {
    /// For a component of this role.
    pub(crate) fn new(effort: Effort, role: Role) -> Self {
        Self {
            effort,
            rates: std::array::from_fn(|run| std::array::from_fn(|size| rate(run, size))),
            end_of_block: if role == Role::Luma { 3.2 } else { 1.7 },
            weighting: match role {
                Role::Luma => LUMA,
                Role::Chroma(Subsampling::S420) => HALF_CHROMA,
                Role::Chroma(Subsampling::S444) => FULL_CHROMA,
            },
        }
    }

    /// From which magnitude, in steps, the coefficient at natural index `natural` is considered at all:
    /// half a step, or a dead zone that widens with frequency where nothing is decided block by block.
    pub(crate) fn threshold(&self, natural: usize) -> f32 {
        if self.effort != Effort::Fast || natural == 0 {
            return 0.5;
        }
        let k = NATURAL.iter().position(|&n| usize::from(n) == natural).unwrap_or(0);
        0.54 + 0.2 * k as f32 / 63.0
    }

    /// Quantises a block and appends it to the plane.
    #[inline(always)]
    pub(crate) fn decide(&self, spectrum: &Spectrum, plane: &mut Plane) {
        let Weighting { lambda, masking, least } = self.weighting;
        let weight = least.max(masking / (masking + spectrum.energy * (1.0 / 63.0)));
        plane.dc.push(mean(spectrum.steps[0]));
        if self.effort != Effort::Fast {
            let value = (spectrum.steps[0] * (1 << DcExact::FRACTION) as f32) as i16;
            plane.dc_exact.push(DcExact { value, weight: (weight * 255.0) as u8 });
        }
        let candidates = zigzag_mask(spectrum.kept) & !1;
        if self.effort == Effort::Fast {
            keep_all(candidates, spectrum, plane);
        } else {
            self.greedy(candidates, spectrum, lambda * weight, plane);
        }
    }

    #[inline(always)]
    fn rate(&self, run: usize, size: u32) -> f32 {
        self.rates[run & 63][(size & 15) as usize]
    }

    /// Decides the candidates from low to high, then cuts the tail.
    ///
    /// Whether a coefficient is lowered or dropped is close to a coin toss, which no processor predicts: both
    /// outcomes are computed and one is selected.
    #[inline(always)]
    fn greedy(&self, candidates: u64, spectrum: &Spectrum, lambda: f32, plane: &mut Plane) {
        let mut kept = Kept { length: 0, mask: 0, values: [0; 64], costs: [0.0; 64] };
        let mut rest = candidates;
        let mut previous = 0;
        let mut coming = Candidate::next(&mut rest, spectrum);
        for _ in 0..candidates.count_ones() {
            let Candidate { k, exact, value } = coming;
            coming = Candidate::next(&mut rest, spectrum);
            let magnitude = exact.abs();
            let run = k - previous - 1;
            let size = size_of(value);
            let cost = self.rate(run, size) + lambda * square(magnitude - value as f32);
            // One size less for larger values; for those of one, nothing, whose rate is zero.
            let lower = (1 << (size - 1)) - 1;
            let longer = self.longer_run(k, run, coming);
            let lower_rate = self.rate(run, size - 1) + if value == 1 { longer } else { 0.0 };
            let lower_cost = lower_rate + lambda * square(magnitude - lower as f32);
            let lowers = (value - lower <= 2) & (lower_cost <= cost);
            let (value, cost) = if lowers { (lower, lower_cost) } else { (value, cost) };
            let is_kept = value != 0;
            kept.set(k, is_kept, if exact < 0.0 { -value } else { value }, cost - lambda * square(magnitude));
            previous = if is_kept { k } else { previous };
        }
        kept.trim(self.end_of_block);
        plane.masks.push(kept.mask);
        plane.values.extend_from_slice(&kept.values[..kept.length]);
    }

    /// Bits by which the next candidate gets dearer if the one at `k` becomes zero.
    #[inline(always)]
    fn longer_run(&self, k: usize, run: usize, next: Candidate) -> f32 {
        let size = size_of(next.value);
        let after = next.k.wrapping_sub(k + 1);
        self.rate((run + 1).wrapping_add(after), size) - self.rate(after, size)
    }
}

/// A coefficient that may be kept.
#[derive(Clone, Copy)]
struct Candidate {
    /// Zigzag position.
    k: usize,
    /// In steps.
    exact: f32,
    /// The magnitude rounded.
    value: i32,
}

impl Candidate {
    /// The lowest of the positions in `rest`, which is taken out; of value zero, whose rates are all zero, when
    /// there is none.
    #[inline(always)]
    fn next(rest: &mut u64, spectrum: &Spectrum) -> Self {
        let k = rest.trailing_zeros() as usize & 63;
        let natural = usize::from(NATURAL[k] & 63);
        let value = if *rest == 0 { 0 } else { spectrum.rounded[natural] };
        *rest &= rest.wrapping_sub(1);
        Self { k, exact: spectrum.steps[natural], value }
    }
}

/// The coefficients of a block that were kept so far.
struct Kept {
    length: usize,
    mask: u64,
    values: [i16; 64],
    /// What keeping each costs, less what its error as a zero would.
    costs: [f32; 64],
}

impl Kept {
    /// Writes a coefficient behind the last, and counts it only if it is kept.
    #[inline(always)]
    fn set(&mut self, k: usize, is_kept: bool, value: i32, cost: f32) {
        self.values[self.length & 63] = value as i16;
        self.costs[self.length & 63] = cost;
        self.length += usize::from(is_kept);
        self.mask |= u64::from(is_kept) << k;
    }

    /// Cuts the tail where that saves most.
    #[inline(always)]
    fn trim(&mut self, end_of_block: f32) {
        let mut sum = if self.mask >> 63 == 1 { -end_of_block } else { 0.0 };
        let (mut best, mut cut) = (0.0, self.length);
        for i in (0..self.length).rev() {
            sum += self.costs[i & 63];
            if sum > best {
                (best, cut) = (sum, i);
            }
            if sum < TAIL_LIMIT {
                break;
            }
        }
        for _ in cut..self.length {
            self.mask &= !(1 << (63 - self.mask.leading_zeros()));
        }
        self.length = cut;
    }
}

#[inline(always)]
fn keep_all(mut mask: u64, spectrum: &Spectrum, plane: &mut Plane) {
    plane.masks.push(mask);
    let (mut length, mut values) = (0, [0; 64]);
    while mask != 0 {
        let natural = usize::from(NATURAL[mask.trailing_zeros() as usize & 63] & 63);
        mask &= mask - 1;
        let value = spectrum.rounded[natural];
        values[length & 63] = if spectrum.steps[natural] < 0.0 { -value } else { value } as i16;
        length += 1;
    }
    plane.values.extend_from_slice(&values[..length]);
}

/// Estimated bits of a coefficient of this size after this run. The numbers were fitted to the codes of
/// many pictures; what a real table gives differs little between pictures.
fn rate(run: usize, size: usize) -> f32 {
    if size == 0 {
        return 0.0;
    }
    let zrl = (run / 16) as f32 * ZRL_BITS;
    let run = run % 16;
    let size = size as f32;
    let growth = (2.0 + 0.8 * run as f32).min(4.2);
    RATE_SCALE * (zrl + (16.0 + size).min(RUN_BITS[run] + (size - 1.0) * growth))
}

/// The nearest mean that a file can hold: differences of two have at most eleven bits (T.81 table F.1).
#[inline(always)]
fn mean(exact: f32) -> i16 {
    exact.round_ties_even().clamp(-1024.0, 1023.0) as i16
}

#[inline(always)]
fn size_of(magnitude: i32) -> u32 {
    32 - magnitude.leading_zeros()
}

#[inline(always)]
fn square(x: f32) -> f32 {
    x * x
}
