//! Which coefficients are sent when, and their symbols (T.81 annexes F and G).

mod progressive;
mod script;
mod sequential;

use fearless_simd::{Level, dispatch};

pub(crate) use script::{
    Bands, Script, is_ours, sequential_script, smallest_of, smallest_script, untried_script, usual_script,
};

use crate::coefficients::Plane;
use crate::token::{Table, Tokens};

/// A component of a frame: its blocks and how it is sampled.
pub(crate) struct Component {
    pub(crate) plane: Plane,
    /// The name by which headers speak of it.
    pub(crate) id: u8,
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
}
