//! The bytes of the file: marker segments and entropy-coded data (T.81 annexes B and F.1.2.3).

use std::io::{self, Write};

use fearless_simd::{Level, dispatch};

use crate::huffman::HuffmanTable;
use crate::scan::{Component, Scan};
use crate::settings::{Density, ICC_CHUNK, Settings};
use crate::tables::QuantTable;
use crate::token::{TABLES, Token, Tokens};
use crate::zigzag::NATURAL;

pub(crate) const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOF_BASELINE: u8 = 0xC0;
pub(crate) const SOF_PROGRESSIVE: u8 = 0xC2;
const DHT: u8 = 0xC4;
const RST0: u8 = 0xD0;
const SOS: u8 = 0xDA;
pub(crate) const DQT: u8 = 0xDB;
const DRI: u8 = 0xDD;
const APP0: u8 = 0xE0;
const APP1: u8 = 0xE1;
const APP2: u8 = 0xE2;

/// Entropy-coded bytes are handed on in pieces of about this size.
const BUFFER: usize = 1 << 16;

/// Everything before the frame header.
pub(crate) fn start(out: &mut impl Write, settings: &Settings) -> io::Result<()> {
    out.write_all(&[0xFF, SOI])?;
    segment(out, APP0, &[b"JFIF\0\x01\x01", &density(settings.density), &[0, 0]])?;
    if !settings.exif.is_empty() {
        segment(out, APP1, &[b"Exif\0\0", &settings.exif])?;
    }
    let chunks = settings.icc.chunks(ICC_CHUNK);
    let count = chunks.len() as u8;
    for (number, chunk) in (1..=count).zip(chunks) {
        segment(out, APP2, &[b"ICC_PROFILE\0", &[number, count], chunk])?;
    }
    Ok(())
}

/// Quantisation tables, numbered from 0.
pub(crate) fn quantisation(out: &mut impl Write, tables: &[QuantTable]) -> io::Result<()> {
    let mut body = Vec::with_capacity(65 * tables.len());
    for (number, table) in (0_u8..).zip(tables) {
        body.push(number);
        body.extend(NATURAL.iter().map(|&natural| table[usize::from(natural)]));
    }
    segment(out, DQT, &[&body])
}

/// The frame header; each component's table is its own number.
pub(crate) fn frame(
    out: &mut impl Write,
    (width, height): (u16, u16),
    progressive: bool,
    components: &[Component],
) -> io::Result<()> {
    let mut body = vec![8];
    body.extend(height.to_be_bytes());
    body.extend(width.to_be_bytes());
    body.push(components.len() as u8);
    for (number, component) in (0_u8..).zip(components) {
        let sampling = component.sampling as u8;
        body.extend([component.id, sampling << 4 | sampling, number]);
    }
    segment(out, if progressive { SOF_PROGRESSIVE } else { SOF_BASELINE }, &[&body])
}

/// The restart interval.
pub(crate) fn restart_interval(out: &mut impl Write, interval: u16) -> io::Result<()> {
    segment(out, DRI, &[&interval.to_be_bytes()])
}

/// One scan: its tables, its header, its data.
pub(crate) fn scan(
    out: &mut impl Write,
    level: Level,
    scan: &Scan,
    components: &[Component],
    tokens: &Tokens,
) -> io::Result<()> {
    let tables: Vec<HuffmanTable> = (0..TABLES).map(|t| HuffmanTable::optimal(tokens.histogram(t))).collect();
    let mut definitions = Vec::new();
    for (number, table) in (0_u8..).zip(&tables).filter(|(_, table)| !table.symbols.is_empty()) {
        definitions.push((number & 1) << 4 | number >> 1);
        definitions.extend(table.counts);
        definitions.extend(&table.symbols);
    }
    if !definitions.is_empty() {
        segment(out, DHT, &[&definitions])?;
    }
    let mut header = vec![scan.components.len() as u8];
    for component in &components[scan.components.clone()] {
        header.extend([component.id, component.class << 4 | component.class]);
    }
    header.extend([scan.band.0, scan.band.1, scan.high << 4 | scan.low]);
    segment(out, SOS, &[&header])?;
    dispatch!(level, _simd => entropy_coded(out, tokens, &tables))
}

/// The end of the file.
pub(crate) fn end(out: &mut impl Write) -> io::Result<()> {
    out.write_all(&[0xFF, EOI])
}

/// A marker, the length of its body and the body, whose parts have at most 65,533 bytes together.
pub(crate) fn segment(out: &mut impl Write, marker: u8, parts: &[&[u8]]) -> io::Result<()> {
    let length = 2 + parts.iter().map(|part| part.len()).sum::<usize>();
    out.write_all(&[0xFF, marker])?;
    out.write_all(&(length as u16).to_be_bytes())?;
    parts.iter().try_for_each(|part| out.write_all(part))
}

fn density(density: Density) -> [u8; 5] {
    let (unit, across, down) = match density {
        Density::Aspect(across, down) => (0, across, down),
        Density::PerInch(across, down) => (1, across, down),
        Density::PerCentimetre(across, down) => (2, across, down),
    };
    let ([a, b], [c, d]) = (across.get().to_be_bytes(), down.get().to_be_bytes());
    [unit, a, b, c, d]
}

#[inline(always)]
fn entropy_coded(out: &mut impl Write, tokens: &Tokens, tables: &[HuffmanTable]) -> io::Result<()> {
    let mut codes = [0; 256 * TABLES];
    for (codes, table) in codes.chunks_exact_mut(256).zip(tables) {
        codes.copy_from_slice(&table.codes);
    }
    let mut bits = BitWriter::new();
    let mut restarts = 0;
    for token in tokens.iter() {
        match token {
            Token::Symbol { symbol, length, bits: extra } => {
                let code = codes[symbol & (256 * TABLES - 1)];
                bits.put((code >> 8) << length | extra, (code & 255) + length);
            }
            Token::Raw { length, bits: extra } => bits.put(extra, length),
            Token::Restart => {
                bits.pad();
                bits.bytes.extend([0xFF, RST0 + restarts]);
                restarts = (restarts + 1) % 8;
            }
        }
        if bits.bytes.len() >= BUFFER {
            out.write_all(&bits.bytes)?;
            bits.bytes.clear();
        }
    }
    bits.pad();
    out.write_all(&bits.bytes)
}

/// Packs bits into bytes, the first into the highest, and stuffs a zero after each byte of ones.
struct BitWriter {
    bytes: Vec<u8>,
    /// The lowest `filled` bits wait to be written; at most 31 between calls.
    waiting: u64,
    filled: u32,
}

impl BitWriter {
    fn new() -> Self {
        Self { bytes: Vec::with_capacity(BUFFER + 16), waiting: 0, filled: 0 }
    }

    /// Appends the lowest `length` bits, at most 31, of `bits`, whose others are zero.
    #[inline(always)]
    fn put(&mut self, bits: u32, length: u32) {
        self.waiting = self.waiting << length | u64::from(bits);
        self.filled += length;
        if self.filled >= 32 {
            self.filled -= 32;
            self.word((self.waiting >> self.filled) as u32);
        }
    }

    #[inline(always)]
    fn word(&mut self, word: u32) {
        // A byte of ones makes its complement zero, which subtracting one in each byte betrays.
        let zeros = !word;
        if zeros.wrapping_sub(0x0101_0101) & word & 0x8080_8080 == 0 {
            self.bytes.extend_from_slice(&word.to_be_bytes());
        } else {
            word.to_be_bytes().into_iter().for_each(|byte| self.byte(byte));
        }
    }

    fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
        if byte == 0xFF {
            self.bytes.push(0);
        }
    }

    /// Fills the last byte with ones (T.81 F.1.2.3).
    fn pad(&mut self) {
        while self.filled >= 8 {
            self.filled -= 8;
            self.byte((self.waiting >> self.filled) as u8);
        }
        if self.filled > 0 {
            let ones = 8 - self.filled;
            self.byte((self.waiting << ones) as u8 | ((1 << ones) - 1));
        }
        (self.waiting, self.filled) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_packed_from_the_highest_and_padded_with_ones() {
        let mut writer = BitWriter::new();
        writer.put(0b101, 3);
        writer.put(0, 31);
        writer.put(1, 1);
        writer.pad();
        assert_eq!(writer.bytes, [0b1010_0000, 0, 0, 0, 0b0011_1111]);
    }

    #[test]
    fn every_byte_of_ones_is_followed_by_a_zero() {
        for byte in 0..=u8::MAX {
            for place in 0..4 {
                let mut writer = BitWriter::new();
                let word = u32::from(byte) << (8 * place);
                writer.put(word >> 16, 16);
                writer.put(word & 0xFFFF, 16);
                writer.pad();
                let mut expected = word.to_be_bytes().to_vec();
                if let Some(at) = expected.iter().position(|&b| b == 0xFF) {
                    expected.insert(at + 1, 0);
                }
                assert_eq!(writer.bytes, expected);
            }
        }
    }
}
