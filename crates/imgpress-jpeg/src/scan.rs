//! Which coefficients are sent when, and their symbols (T.81 annexes F and G).

mod progressive;
mod sequential;

use fearless_simd::{Level, dispatch};

use crate::coefficients::Plane;
use crate::settings::Distance;
use crate::token::{Table, Tokens};

/// A component of a frame: its blocks and how it is sampled.
pub(crate) struct Component {
    pub(crate) plane: Plane,
    /// Blocks across and down in an interleaved MCU: 1 or 2.
    pub(crate) sampling: usize,
    /// 0 for luma, 1 for chroma: the number of its quantisation class and its Huffman destinations.
    pub(crate) class: u8,
}

impl Component {
    fn dc_table(&self) -> Table {
        usize::from(self.class) * 2
    }

    fn ac_table(&self) -> Table {
        usize::from(self.class) * 2 + 1
    }
}

/// One scan's header: T.81 B.2.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Which components, by index.
    pub(crate) components: std::ops::Range<usize>,
    /// First and last zigzag position.
    pub(crate) band: (u8, u8),
    /// The bit that was sent before, if this scan refines: Ah.
    pub(crate) high: u8,
    /// The lowest bit sent: Al.
    pub(crate) low: u8,
}

impl Scan {
    fn of(component: usize, band: (u8, u8), high: u8, low: u8) -> Self {
        Self { components: component..component + 1, band, high, low }
    }

    /// Puts the scan's symbols into `tokens`, with a restart after every `restart` MCUs.
    pub(crate) fn tokenize(
        &self,
        level: Level,
        components: &[Component],
        restart: Option<usize>,
        tokens: &mut Tokens,
    ) {
        tokens.clear();
        let selected = &components[self.components.clone()];
        let restart = restart.unwrap_or(usize::MAX);
        // No vectors here, but counting and finding bits is an instruction where the level has it.
        dispatch!(level, _simd => self.tokenize_with(selected, restart, tokens));
    }

    #[inline(always)]
    fn tokenize_with(&self, selected: &[Component], restart: usize, tokens: &mut Tokens) {
        let Some(component) = selected.first() else { return };
        match (self.band, self.high) {
            ((0, 0), _) => progressive::dc(component, restart, tokens),
            ((0, _), _) => sequential::all(selected, restart, tokens),
            (_, 0) => progressive::ac_first(component, self, restart, tokens),
            _ => progressive::ac_refine(component, self, restart, tokens),
        }
    }
}

/// Coarser than this, a refinement scan of luma no longer pays (measured on photographs and graphics).
const REFINE_BELOW: f32 = 2.0;

/// How luma's AC coefficients are sent.
#[derive(Clone, Copy)]
enum LumaBands {
    /// Two low frequencies, then the rest.
    Split,
    /// The same, the lowest bit of the rest in a scan of its own.
    Refined,
    /// All at once: fewer tables, for small pictures.
    Whole,
}

/// One scan with everything.
pub(crate) fn sequential_script(components: usize) -> Vec<Scan> {
    vec![Scan { components: 0..components, band: (0, 63), high: 0, low: 0 }]
}

/// The progressive scans that are best for most pictures at this distance.
pub(crate) fn usual_script(components: usize, distance: Distance) -> Vec<Scan> {
    let bands = if distance.get() < REFINE_BELOW { LumaBands::Refined } else { LumaBands::Split };
    progressive_script(components, bands)
}

/// The progressive scans that are best for this picture.
pub(crate) fn smallest_script(level: Level, components: &[Component], tokens: &mut Tokens) -> Vec<Scan> {
    let mut bytes = |bands: LumaBands| -> u64 {
        let scan = |scan: &Scan| {
            scan.tokenize(level, components, None, tokens);
            tokens.estimated_bytes()
        };
        luma_scans(bands).iter().map(scan).sum()
    };
    let sizes = [LumaBands::Split, LumaBands::Refined, LumaBands::Whole].map(|bands| (bytes(bands), bands));
    let smallest = sizes.into_iter().min_by_key(|(bytes, _)| *bytes);
    progressive_script(components.len(), smallest.map_or(LumaBands::Split, |(_, bands)| bands))
}

/// DC of each component alone, luma's bands, chroma in one, and what refines luma last.
fn progressive_script(components: usize, bands: LumaBands) -> Vec<Scan> {
    let mut luma = luma_scans(bands);
    let refinement = luma.split_off(luma.iter().position(|scan| scan.high > 0).unwrap_or(luma.len()));
    let means = (0..components).map(|c| Scan::of(c, (0, 0), 0, 0));
    let chroma = (1..components).map(|c| Scan::of(c, (1, 63), 0, 0));
    means.chain(luma).chain(chroma).chain(refinement).collect()
}

fn luma_scans(bands: LumaBands) -> Vec<Scan> {
    match bands {
        LumaBands::Split => vec![Scan::of(0, (1, 2), 0, 0), Scan::of(0, (3, 63), 0, 0)],
        LumaBands::Refined => {
            vec![Scan::of(0, (1, 2), 0, 0), Scan::of(0, (3, 63), 0, 1), Scan::of(0, (3, 63), 1, 0)]
        }
        LumaBands::Whole => vec![Scan::of(0, (1, 63), 0, 0)],
    }
}

/// Number of bits of a magnitude: the size category of T.81 table F.1.
#[inline(always)]
fn size_of(magnitude: u32) -> u32 {
    32 - magnitude.leading_zeros()
}

/// The size category of a value and the bits that tell it within its category (T.81 F.1.2.1).
#[inline(always)]
fn size_and_bits(value: i32) -> (u32, u32) {
    let size = size_of(value.unsigned_abs());
    let bits = (value + (value >> 31)) as u32 & ((1 << size) - 1);
    (size, bits)
}

/// Sends the difference of a mean from the one before.
#[inline(always)]
fn dc_difference(dc: i16, previous: &mut i16, table: Table, tokens: &mut Tokens) {
    let (size, bits) = size_and_bits(i32::from(dc) - i32::from(*previous));
    *previous = dc;
    tokens.symbol(table, size, size, bits);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_bits_are_those_of_the_standard() {
        assert_eq!(size_and_bits(0), (0, 0));
        assert_eq!(size_and_bits(1), (1, 1));
        assert_eq!(size_and_bits(-1), (1, 0));
        assert_eq!(size_and_bits(5), (3, 0b101));
        assert_eq!(size_and_bits(-5), (3, 0b010));
        assert_eq!(size_and_bits(-2047), (11, 0));
    }

    #[test]
    fn every_coefficient_is_sent_exactly_once_down_to_its_last_bit() {
        for components in [1, 3] {
            for bands in [LumaBands::Split, LumaBands::Refined, LumaBands::Whole] {
                let scans = progressive_script(components, bands);
                for component in 0..components {
                    for k in 0..64 {
                        let mut covering: Vec<&Scan> = scans.iter().collect();
                        covering
                            .retain(|s| s.components.contains(&component) && s.band.0 <= k && k <= s.band.1);
                        assert_eq!(covering.last().map(|scan| scan.low), Some(0));
                        assert_eq!(covering.first().map(|scan| scan.high), Some(0));
                        assert!(covering.windows(2).all(|pair| pair[1].high == pair[0].low));
                    }
                }
            }
        }
    }
}
