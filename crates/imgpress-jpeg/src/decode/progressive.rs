//! The blocks of the four kinds of progressive scans (ITU-T T.81, G.1.2 and G.2).
//!
//! Beside each block there is a set of those of its coefficients that are not zero, by zigzag position. It
//! makes refining a walk over sets: which coefficients have a correcting bit, and where the next one comes to
//! lie, without a look at the coefficients.

use super::bits::{Bits, Chunk, Source};
use super::error::Stop;
use super::huffman::Table;
use super::sequential;
use crate::zigzag::NATURAL;

const NO_CODE: &str = "its data have a code that is in no table";
const OVERFLOW: &str = "a block has more coefficients than places";

/// Zigzag positions and bit position of a scan.
#[derive(Clone, Copy)]
pub(super) struct Band {
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) low: u32,
}

/// A block of coefficients in natural order, and which of them are not zero.
pub(super) struct Block<'a> {
    pub(super) coefficients: &'a mut [i16; 64],
    /// The first coefficient, kept apart.
    pub(super) mean: &'a mut i16,
    pub(super) nonzero: &'a mut u64,
}

/// The first bits of a mean.
#[inline(always)]
pub(super) fn first_dc(
    source: &mut Source<'_>,
    bits: &mut Bits,
    table: &Table,
    prediction: &mut i32,
    low: u32,
    block: &mut Block<'_>,
) -> Result<(), Stop> {
    let chunk = source.before_block(bits)?;
    let mean =
        sequential::dc(chunk, bits, table, prediction).map_err(|what| source.malformed(*bits, what))?;
    *block.mean = (mean << low) as i16;
    Ok(())
}

/// One more bit of a mean.
#[inline(always)]
pub(super) fn refine_dc(
    source: &mut Source<'_>,
    bits: &mut Bits,
    low: u32,
    block: &mut Block<'_>,
) -> Result<(), Stop> {
    let chunk = source.before_block(bits)?;
    bits.refill(chunk);
    *block.mean |= (bits.take(1) << low) as i16;
    Ok(())
}

/// The first bits of a band.
#[inline(always)]
pub(super) fn first_ac(
    source: &mut Source<'_>,
    bits: &mut Bits,
    table: &Table,
    band: Band,
    end_of_band: &mut u32,
    block: &mut Block<'_>,
) -> Result<(), Stop> {
    if *end_of_band > 0 {
        *end_of_band -= 1;
        return Ok(());
    }
    let chunk = source.before_block(bits)?;
    let mut local = *bits;
    let read = first_ac_codes(chunk, &mut local, table, band, block);
    *bits = local;
    *end_of_band = read.map_err(|what| source.malformed(local, what))?;
    Ok(())
}

/// Gives the number of blocks after this one that have nothing.
#[inline(always)]
fn first_ac_codes(
    chunk: &Chunk,
    bits: &mut Bits,
    table: &Table,
    band: Band,
    block: &mut Block<'_>,
) -> Result<u32, &'static str> {
    let mut at = band.first;
    let mut nonzero = *block.nonzero;
    let end_of_band = loop {
        bits.refill(chunk);
        let code = table.find(bits.window).ok_or(NO_CODE)?;
        let value = code.coefficient(bits.window);
        bits.skip(code.total());
        if code.is_end() {
            let run = code.run();
            // Codes have at most 16 bits: there are 16 left for these.
            break (1 << run) - 1 + bits.take(run);
        }
        at += code.advance() as u32;
        if at > band.last + 1 {
            return Err(OVERFLOW);
        }
        // A run of sixteen zeros is a coefficient of zero bits: it writes a zero where a zero is.
        let place = (at - 1) & 63;
        block.coefficients[usize::from(NATURAL[place as usize])] = (value << band.low) as i16;
        nonzero |= u64::from(value != 0) << place;
        if at > band.last {
            break 0;
        }
    };
    *block.nonzero = nonzero;
    Ok(end_of_band)
}

/// One more bit of each coefficient of a band.
#[inline(always)]
pub(super) fn refine_ac(
    source: &mut Source<'_>,
    bits: &mut Bits,
    table: &Table,
    band: Band,
    end_of_band: &mut u32,
    block: &mut Block<'_>,
) -> Result<(), Stop> {
    let all = up_to(band.last) & !up_to_before(band.first);
    if *end_of_band > 0 {
        *end_of_band -= 1;
        let due = *block.nonzero & all;
        if due != 0 {
            let chunk = source.before_block(bits)?;
            correct(chunk, bits, due, band.low, block.coefficients);
        }
        return Ok(());
    }
    let chunk = source.before_block(bits)?;
    let mut local = *bits;
    let read = refine_ac_codes(chunk, &mut local, table, band, all, block);
    *bits = local;
    *end_of_band = read.map_err(|what| source.malformed(local, what))?;
    Ok(())
}

/// Gives the number of blocks after this one that have no code.
#[inline(always)]
fn refine_ac_codes(
    chunk: &Chunk,
    bits: &mut Bits,
    table: &Table,
    band: Band,
    all: u64,
    block: &mut Block<'_>,
) -> Result<u32, &'static str> {
    let before = *block.nonzero;
    // What of the band is still to come.
    let mut rest = all;
    while rest != 0 {
        bits.refill(chunk);
        let code = table.find(bits.window).ok_or(NO_CODE)?;
        let (run, size) = (code.run(), code.size());
        if code.is_end() {
            bits.skip(code.length());
            let end_of_band = (1 << run) - 1 + bits.take(run);
            correct(chunk, bits, before & rest, band.low, block.coefficients);
            return Ok(end_of_band);
        }
        if size > 1 {
            return Err("a coefficient is out of range");
        }
        let sign = code.coefficient(bits.window);
        bits.skip(code.total());
        // The coefficient's place is the one after this many that were zero.
        let zeros = rest & !before;
        let place = nth(zeros, run);
        // All if there are not as many.
        let passed = rest & place.wrapping_sub(1);
        correct(chunk, bits, before & passed, band.low, block.coefficients);
        rest &= !(passed | place);
        if size == 1 {
            if place == 0 {
                return Err(OVERFLOW);
            }
            *block.nonzero |= place;
            let natural = NATURAL[place.trailing_zeros() as usize & 63];
            block.coefficients[usize::from(natural)] = (sign << band.low) as i16;
        }
    }
    Ok(0)
}

/// Reads a bit for each of these coefficients; where it is set, they grow by one unit of this bit position.
#[inline(always)]
fn correct(chunk: &Chunk, bits: &mut Bits, mut due: u64, low: u32, coefficients: &mut [i16; 64]) {
    while due != 0 {
        bits.refill(chunk);
        // The window has 32 bits at least.
        for _ in 0..due.count_ones().min(32) {
            let natural = NATURAL[due.trailing_zeros() as usize & 63];
            let coefficient = &mut coefficients[usize::from(natural)];
            let unit = ((*coefficient >> 15) | 1) << low;
            let bit = (bits.window as i64 >> 63) as i16;
            bits.skip(1);
            *coefficient = coefficient.wrapping_add(unit & bit);
            due &= due - 1;
        }
    }
}

/// The element of a set before which there are `n` others; nothing where there is none.
#[inline(always)]
fn nth(mut set: u64, n: u32) -> u64 {
    // Most often the elements follow upon each other.
    let first = set & set.wrapping_neg();
    let place = first << n;
    let run = place.wrapping_sub(first) | place;
    if set & run == run && place != 0 {
        return place;
    }
    for _ in 0..n {
        set &= set.wrapping_sub(1);
    }
    set & set.wrapping_neg()
}

/// The positions 0 to `last`.
#[inline(always)]
fn up_to(last: u32) -> u64 {
    u64::MAX >> (63 - last)
}

/// The positions before `first`.
#[inline(always)]
fn up_to_before(first: u32) -> u64 {
    (1 << first) - 1
}
