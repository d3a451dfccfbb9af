//! The scans of a progressive file, each of one component (T.81 annex G).

use super::{Component, Scan, dc_difference, size_of};
use crate::coefficients::Block;
use crate::token::{Table, Tokens};

const ZRL: u32 = 0xF0;
/// Longest run of blocks without further coefficients that one symbol can tell.
const MAX_EOB_RUN: u32 = 0x7FFF;
/// Words of fifteen correction bits that may wait behind a run of such blocks: decoders know no limit, but a bound
/// keeps the buffer small.
const MAX_CORRECTIONS: usize = 256;
/// Bits of one raw token.
const RAW_BITS: u32 = 15;

/// Means, each as its difference from the one before.
#[inline(always)]
pub(super) fn dc(component: &Component, restart: usize, tokens: &mut Tokens) {
    let mut previous = 0;
    for (index, &dc) in component.plane.dc.iter().enumerate() {
        if index > 0 && index % restart == 0 {
            tokens.restart();
            previous = 0;
        }
        dc_difference(dc, &mut previous, component.dc_table(), tokens);
    }
}

/// A band's coefficients for the first time.
#[inline(always)]
pub(super) fn ac_first(component: &Component, scan: &Scan, restart: usize, tokens: &mut Tokens) {
    let mut ends = EndRun::new(component.ac_table());
    for (index, block) in component.plane.blocks().enumerate() {
        if index > 0 && index % restart == 0 {
            ends.flush(tokens);
            tokens.restart();
        }
        first(block, scan, &mut ends, tokens);
    }
    ends.flush(tokens);
}

/// One more bit of a band.
#[inline(always)]
pub(super) fn ac_refine(component: &Component, scan: &Scan, restart: usize, tokens: &mut Tokens) {
    let mut ends = EndRun::new(component.ac_table());
    for (index, block) in component.plane.blocks().enumerate() {
        if index > 0 && index % restart == 0 {
            ends.flush(tokens);
            tokens.restart();
        }
        refine(block, scan, &mut ends, tokens);
    }
    ends.flush(tokens);
}

/// The positions of a block that lie in a band, and the values there.
#[inline(always)]
fn banded<'a>(block: Block<'a>, scan: &Scan) -> (u64, &'a [i16]) {
    let (first, last) = scan.band;
    let below = (1_u64 << (first & 63)) - 1;
    let within = !below & (u64::MAX >> (63 - (last & 63)));
    let skipped = (block.mask & below).count_ones() as usize;
    let mask = block.mask & within;
    (mask, &block.values[skipped..skipped + mask.count_ones() as usize])
}

#[inline(always)]
fn first(block: Block<'_>, scan: &Scan, ends: &mut EndRun, tokens: &mut Tokens) {
    let (band, values) = banded(block, scan);
    // With a bit left for later, about half of the values are zero for now: sorting them out beforehand is
    // cheaper than a branch on each.
    let mut mask = if scan.low == 0 { band } else { Bits::of(band, values, scan.low).known() };
    let mut next = u32::from(scan.band.0);
    while mask != 0 {
        let k = mask.trailing_zeros();
        mask &= mask - 1;
        let value = values[(band & ((1 << k) - 1)).count_ones() as usize];
        ends.flush(tokens);
        let mut run = k - next;
        next = k + 1;
        while run > 15 {
            tokens.symbol(ends.table, ZRL, 0, 0);
            run -= 16;
        }
        let magnitude = u32::from(value.unsigned_abs()) >> scan.low;
        let size = size_of(magnitude);
        let bits = (magnitude ^ i32::from(value >> 15) as u32) & ((1 << size) - 1);
        tokens.symbol(ends.table, run << 4 | size, size, bits);
    }
    if next <= u32::from(scan.band.1) {
        ends.add(tokens);
    }
}

/// Properties of a block's coefficients as sets of zigzag positions.
#[derive(Default)]
struct Bits {
    /// Above 1 at the scan's precision: known from earlier scans.
    large: u64,
    /// Exactly 1: new in this scan.
    fresh: u64,
    /// The lowest bit at the scan's precision is 1.
    odd: u64,
    positive: u64,
}

impl Bits {
    #[inline(always)]
    fn of(mut band: u64, values: &[i16], low: u8) -> Self {
        let mut bits = Self::default();
        for &value in values {
            let k = band.trailing_zeros();
            band &= band.wrapping_sub(1);
            let magnitude = u64::from(value.unsigned_abs()) >> low;
            bits.large |= u64::from(magnitude > 1) << k;
            bits.fresh |= u64::from(magnitude == 1) << k;
            bits.odd |= (magnitude & 1) << k;
            bits.positive |= u64::from(value > 0) << k;
        }
        bits
    }

    /// What is not zero at the scan's precision.
    #[inline(always)]
    fn known(&self) -> u64 {
        self.large | self.fresh
    }
}

/// Sends one more bit of a band (T.81 G.1.2.3).
#[inline(always)]
fn refine(block: Block<'_>, scan: &Scan, ends: &mut EndRun, tokens: &mut Tokens) {
    let (band, values) = banded(block, scan);
    let bits = Bits::of(band, values, scan.low);
    let mut fresh = bits.fresh;
    let mut next = u32::from(scan.band.0);
    while fresh != 0 {
        let k = fresh.trailing_zeros();
        fresh &= fresh - 1;
        let mut passed = bits.large & ((1 << k) - 1) & (u64::MAX << next);
        let mut zeros = k - next - passed.count_ones();
        ends.flush(tokens);
        while zeros > 15 {
            // The corrections of what lies before the sixteenth zero follow its symbol; sixteen zeros and
            // the known coefficients among them are passed.
            tokens.symbol(ends.table, ZRL, 0, 0);
            let end = after_zeros(passed, next);
            let sent = passed & ((1 << end) - 1);
            ends.correct(sent, bits.odd, tokens);
            passed &= !sent;
            next = end;
            zeros -= 16;
        }
        tokens.symbol(ends.table, zeros << 4 | 1, 1, (bits.positive >> k & 1) as u32);
        ends.correct(passed, bits.odd, tokens);
        next = k + 1;
    }
    if next <= u32::from(scan.band.1) {
        ends.keep(bits.large & (u64::MAX << next), bits.odd);
        ends.add(tokens);
    }
}

/// The position behind the sixteenth zero from `start` on, `passed` being what is not zero.
#[inline(always)]
fn after_zeros(passed: u64, start: u32) -> u32 {
    let mut zeros = !passed & (u64::MAX << start);
    for _ in 0..15 {
        zeros &= zeros - 1;
    }
    zeros.trailing_zeros() + 1
}

/// Blocks in a row that need no further symbol, and the corrections that follow theirs.
struct EndRun {
    table: Table,
    length: u32,
    corrections: Corrections,
}

impl EndRun {
    fn new(table: Table) -> Self {
        Self { table, length: 0, corrections: Corrections::default() }
    }

    /// Ends one more block.
    #[inline(always)]
    fn add(&mut self, tokens: &mut Tokens) {
        self.length += 1;
        if self.length == MAX_EOB_RUN || self.corrections.full.len() > MAX_CORRECTIONS {
            self.flush(tokens);
        }
    }

    /// Sends the run, if there is one (T.81 G.1.2.2).
    #[inline(always)]
    fn flush(&mut self, tokens: &mut Tokens) {
        if self.length > 0 {
            let length = size_of(self.length) - 1;
            tokens.symbol(self.table, length << 4, length, self.length & ((1 << length) - 1));
            self.length = 0;
            self.corrections.send(tokens);
        }
    }

    /// Sends the corrections of the coefficients at `known`, which no run waits before.
    #[inline(always)]
    fn correct(&mut self, known: u64, odd: u64, tokens: &mut Tokens) {
        if known != 0 {
            self.keep(known, odd);
            self.corrections.send(tokens);
        }
    }

    /// Keeps corrections for behind the run's symbol.
    #[inline(always)]
    fn keep(&mut self, mut known: u64, odd: u64) {
        while known != 0 {
            self.corrections.push((odd >> known.trailing_zeros() & 1) as u32);
            known &= known - 1;
        }
    }
}

/// Bits that wait, packed as tokens hold them.
#[derive(Default)]
struct Corrections {
    full: Vec<u16>,
    bits: u32,
    length: u32,
}

impl Corrections {
    #[inline(always)]
    fn push(&mut self, bit: u32) {
        self.bits = self.bits << 1 | bit;
        self.length += 1;
        if self.length == RAW_BITS {
            self.full.push(self.bits as u16);
            (self.bits, self.length) = (0, 0);
        }
    }

    /// Moves all into tokens.
    #[inline(always)]
    fn send(&mut self, tokens: &mut Tokens) {
        for &bits in &self.full {
            tokens.raw(RAW_BITS, u32::from(bits));
        }
        if self.length > 0 {
            tokens.raw(self.length, self.bits);
        }
        self.full.clear();
        (self.bits, self.length) = (0, 0);
    }
}
