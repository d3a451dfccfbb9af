//! How many prefix codes a lossless picture has (RFC 9649, 3.7.2 and 3.8). The decoder makes tables of up to 20 KB for each
//! group of five as soon as it has read it, and 70 bytes of a file are enough for one: 65,536 groups, which there may be,
//! would take more than a gigabyte. So they are counted first.
//!
//! The count is in a small picture ahead of the codes, which has to be read for it; but only its literal values matter,
//! since whatever else there is repeats one of them or is zero.

use crate::error::TooLarge;
use crate::{Error, Limits};

/// Most groups. libwebp makes 2,600 at most (`MAX_HUFF_IMAGE_SIZE`).
const MAX_GROUPS: u32 = 4096;

const LITERALS: u16 = 256;
const LENGTHS: u16 = 24;
const DISTANCES: u16 = 40;
const LONGEST_CODE: usize = 15;

/// Refuses a picture of more groups than any encoder makes. `size` is what stands outside of the data of alpha.
///
/// # Errors
/// [`TooLarge::Memory`]. What cannot be read is left to the decoder.
pub(super) fn check(data: &[u8], size: Option<(u32, u32)>, limits: &Limits) -> Result<(), Error> {
    match groups(data, size) {
        Some(groups) if groups > MAX_GROUPS => {
            Err(TooLarge::Memory { limit: limits.max_image_memory }.into())
        }
        _ => Ok(()),
    }
}

/// `None` where the data end before, or make no sense.
fn groups(data: &[u8], size: Option<(u32, u32)>) -> Option<u32> {
    let mut bits = Bits { data, at: 0 };
    let (width, height) = match size {
        Some(size) => size,
        None => {
            let [_signature, width, height, _alpha_and_version] =
                [bits.read(8)?, bits.read(14)?, bits.read(14)?, bits.read(4)?];
            (width + 1, height + 1)
        }
    };
    let width = pass_transforms(&mut bits, width, height)?;
    pass_cache(&mut bits)?;
    if bits.read(1)? == 0 {
        return Some(1);
    }
    let block = bits.read(3)? + 2;
    let mut last = 0;
    pass_picture(&mut bits, area(width, height, block), |group| last = group.max(last))?;
    Some(last + 1)
}

/// Passes over what was done to the picture, and gives the width that it has since.
fn pass_transforms(bits: &mut Bits<'_>, mut width: u32, height: u32) -> Option<u32> {
    // Each of the four kinds once.
    let mut seen = [false; 4];
    while bits.read(1)? == 1 {
        let kind = bits.read(2)?;
        if std::mem::replace(seen.get_mut(kind as usize)?, true) {
            return None;
        }
        match kind {
            0 | 1 => {
                let block = bits.read(3)? + 2;
                pass_picture(bits, area(width, height, block), |_| {})?;
            }
            3 => {
                let colors = bits.read(8)? + 1;
                pass_picture(bits, colors.into(), |_| {})?;
                let packed = match colors {
                    0..=2 => 3,
                    3..=4 => 2,
                    5..=16 => 1,
                    _ => 0,
                };
                width = width.div_ceil(1 << packed);
            }
            _ => {}
        }
    }
    Some(width)
}

/// Pixels of a picture that has one for each block.
fn area(width: u32, height: u32, block: u32) -> u64 {
    u64::from(width.div_ceil(1 << block)) * u64::from(height.div_ceil(1 << block))
}

/// The bits of a cache of colours; 0 for none.
fn pass_cache(bits: &mut Bits<'_>) -> Option<u32> {
    if bits.read(1)? == 0 {
        return Some(0);
    }
    Some(bits.read(4)?).filter(|bits| (1..=11).contains(bits))
}

/// Passes over a picture of one group of codes. Told are the values that stand in it as they are: red and green as one
/// number of 16 bits.
fn pass_picture(bits: &mut Bits<'_>, pixels: u64, mut literal: impl FnMut(u32)) -> Option<()> {
    let cached = match pass_cache(bits)? {
        0 => 0,
        bits => 1 << bits,
    };
    let green = Code::read(bits, LITERALS + LENGTHS + cached)?;
    let [red, blue, alpha] =
        [Code::read(bits, LITERALS)?, Code::read(bits, LITERALS)?, Code::read(bits, LITERALS)?];
    let distance = Code::read(bits, DISTANCES)?;
    let all_but_one_are_free = red.is_free() && blue.is_free() && alpha.is_free();
    let mut passed = 0;
    while passed < pixels {
        let symbol = green.symbol(bits)?;
        if symbol < LITERALS {
            literal(u32::from(red.symbol(bits)?) << 8 | u32::from(symbol));
            blue.symbol(bits)?;
            alpha.symbol(bits)?;
            // A value of no bits fills the picture.
            passed += if green.is_free() && all_but_one_are_free { pixels } else { 1 };
        } else if symbol < LITERALS + LENGTHS {
            passed += u64::from(number(bits, symbol - LITERALS)?);
            let distance = distance.symbol(bits)?;
            number(bits, distance)?;
        } else {
            passed += 1;
        }
    }
    Some(())
}

/// A length or distance, by its prefix.
fn number(bits: &mut Bits<'_>, prefix: u16) -> Option<u32> {
    let prefix = u32::from(prefix);
    if prefix < 4 {
        return Some(prefix + 1);
    }
    let extra = (prefix - 2) >> 1;
    Some(((2 + (prefix & 1)) << extra) + bits.read(extra)? + 1)
}

/// A canonical prefix code.
struct Code {
    /// How many symbols have codes of each length.
    counts: [u16; LONGEST_CODE + 1],
    /// By their codes.
    symbols: Vec<u16>,
}

impl Code {
    fn read(bits: &mut Bits<'_>, alphabet: u16) -> Option<Self> {
        if bits.read(1)? == 1 {
            let two = bits.read(1)? == 1;
            let first = if bits.read(1)? == 1 { bits.read(8)? } else { bits.read(1)? };
            let second = if two { Some(bits.read(8)?) } else { None };
            let mut lengths = vec![0; usize::from(LITERALS.max(alphabet))];
            for symbol in [Some(first), second].into_iter().flatten() {
                *lengths.get_mut(symbol as usize)? = 1;
            }
            return Self::of_lengths(&lengths);
        }
        const ORDER: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        let mut lengths = [0; 19];
        let given = bits.read(4)? as usize + 4;
        for &at in ORDER.get(..given)? {
            lengths[at] = u8::try_from(bits.read(3)?).ok()?;
        }
        Self::of_lengths(&Self::lengths(bits, &Self::of_lengths(&lengths)?, alphabet)?)
    }

    /// The lengths of all codes, coded by lengths of their own.
    fn lengths(bits: &mut Bits<'_>, coded: &Self, alphabet: u16) -> Option<Vec<u8>> {
        let mut left = if bits.read(1)? == 1 {
            let size = 2 + 2 * bits.read(3)?;
            2 + bits.read(size)?
        } else {
            alphabet.into()
        };
        let (mut lengths, mut before) = (Vec::new(), 8);
        while lengths.len() < usize::from(alphabet) && left > 0 {
            left -= 1;
            let (length, times) = match coded.symbol(bits)? {
                16 => (before, 3 + bits.read(2)?),
                17 => (0, 3 + bits.read(3)?),
                18 => (0, 11 + bits.read(7)?),
                length => (u8::try_from(length).ok()?, 1),
            };
            if length > 0 {
                before = length;
            }
            lengths.extend(std::iter::repeat_n(length, times as usize));
        }
        (lengths.len() <= usize::from(alphabet)).then_some(lengths)
    }

    fn of_lengths(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0; LONGEST_CODE + 1];
        let mut symbols: Vec<(u8, u16)> = Vec::new();
        for (symbol, &length) in (0..).zip(lengths) {
            if length > 0 {
                *counts.get_mut(usize::from(length))? += 1;
                symbols.push((length, symbol));
            }
        }
        symbols.sort_unstable();
        let symbols: Vec<u16> = symbols.into_iter().map(|(_, symbol)| symbol).collect();
        (!symbols.is_empty()).then_some(Self { counts, symbols })
    }

    /// Whether its one symbol takes no bits.
    fn is_free(&self) -> bool {
        self.symbols.len() == 1
    }

    fn symbol(&self, bits: &mut Bits<'_>) -> Option<u16> {
        if let [only] = self.symbols[..] {
            return Some(only);
        }
        let (mut code, mut first, mut before) = (0, 0, 0);
        for &count in &self.counts[1..] {
            let count = u32::from(count);
            code |= bits.read(1)?;
            if code < first + count {
                return self.symbols.get((before + code.checked_sub(first)?) as usize).copied();
            }
            before += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

/// Bits from the lowest of each byte on.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// A number of up to 24 bits.
    fn read(&mut self, count: u32) -> Option<u32> {
        let start = self.at / 8;
        let bytes = self.data.get(start..(start + 4).min(self.data.len()))?;
        let word = bytes.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
        self.at += count as usize;
        (self.at <= self.data.len() * 8)
            .then_some(word >> ((self.at - count as usize) % 8) & ((1 << count) - 1))
    }
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, codecs::webp::WebPEncoder};

    use super::*;

    /// Numbers with their counts of bits, from the lowest on.
    fn packed(numbers: &[(u32, u32)]) -> Vec<u8> {
        let bits: Vec<bool> = numbers
            .iter()
            .flat_map(|&(number, count)| (0..count).map(move |at| number >> at & 1 == 1))
            .collect();
        bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |made, &bit| made << 1 | u8::from(bit))).collect()
    }

    /// A picture of 64 by 64 whose blocks are all of one group, with what comes before its codes.
    fn of_last_group(red: u32, green: u32) -> Vec<u8> {
        let head = [(0x2f, 8), (63, 14), (63, 14), (0, 4)];
        // No transform, no cache, groups by blocks of 4 by 4, and no cache for these.
        let before = [(0, 1), (0, 1), (1, 1), (0, 3), (0, 1)];
        // One symbol each: simple, one, of eight bits.
        let one = |symbol: u32| [(1, 1), (0, 1), (1, 1), (symbol, 8)];
        let codes = [one(green), one(red), one(0), one(0), one(0)].concat();
        packed(&[&head[..], &before, &codes, &[(0, 32), (0, 32)]].concat())
    }

    #[test]
    fn groups_are_counted_without_their_codes() {
        assert_eq!(groups(&of_last_group(0, 2), None), Some(3));
        assert_eq!(groups(&of_last_group(0xff, 0xff), None), Some(65_536));
        let (few, many) = (of_last_group(0x0f, 0xff), of_last_group(0x10, 0));
        assert!(check(&few, None, &Limits::default()).is_ok());
        assert!(matches!(check(&many, None, &Limits::default()), Err(Error::TooLarge(_))));
        assert_eq!(groups(&many[..12], None), None, "it ends before");
    }

    #[test]
    fn the_groups_of_real_files_are_counted() {
        let pixels: Vec<u8> = (0..64 * 48 * 3_u32).map(|at| (at * at / 7).to_le_bytes()[0]).collect();
        let mut file = Vec::new();
        WebPEncoder::new_lossless(&mut file).encode(&pixels, 64, 48, ExtendedColorType::Rgb8).unwrap();
        assert_eq!(groups(&file[20..], None), Some(1));
    }
}
