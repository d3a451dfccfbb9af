//! The headers of HEVC (ISO/IEC 23008-2), as far as they say how large a picture is.

use super::bits::Bits;
use crate::container::boxes::Reader;
use crate::error::{Corrupt, Unsupported};
use crate::{Error, Limits};

/// What the parameters of a sequence say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sequence {
    /// Width and height as they are coded, which is in whole blocks.
    pub(super) size: (u32, u32),
    /// Bits of a component.
    pub(super) bits: u8,
    /// Halves of samples that there are for each pixel: 2 of grey, 3, 4 or 6 of colours.
    pub(super) halves: u8,
}

/// Kinds of units (7.4.2.2): up to the first of these they are parts of pictures.
const LAST_PART: u8 = 31;
const SEQUENCE: u8 = 33;

/// The bytes of a length before each unit; libheif reads no others.
const LENGTH: u8 = 4;

/// Most bytes of the parameters: they are some hundreds.
const MAX_CONFIG: usize = 64 << 10;

/// The parameters of the sequence in the box hvcC (ISO/IEC 14496-15, 8.3.3.1).
pub(super) fn of_config(config: &[u8], limits: &Limits) -> Result<Sequence, Error> {
    let mut reader = Reader(config);
    let lengths = reader.bytes(22)?.last().map_or(0, |byte| byte & 3);
    if lengths + 1 != LENGTH || config.len() > MAX_CONFIG {
        return Err(Unsupported::Known("This kind of HEIC").into());
    }
    let mut found = None;
    for _ in 0..reader.u8()? {
        reader.u8()?;
        for _ in 0..reader.u16()? {
            let length = reader.u16()?;
            let unit = reader.bytes(length.into())?;
            if kind(unit) == Some(SEQUENCE) {
                join(&mut found, Sequence::read(unit, limits)?)?;
            }
        }
    }
    found.ok_or_else(|| Corrupt::malformed("what it says of its coding has no size").into())
}

/// Checks the units of one picture: that they are whole, that it is one, and that parameters among them are those that
/// were said before.
pub(super) fn check(data: &[u8], stated: Sequence, limits: &Limits) -> Result<(), Error> {
    let mut reader = Reader(data);
    let (mut stated, mut pictures) = (Some(stated), 0);
    while !reader.is_empty() {
        let length = reader.number(LENGTH)?;
        let unit = reader.bytes(usize::try_from(length).unwrap_or(usize::MAX))?;
        match kind(unit) {
            Some(SEQUENCE) => join(&mut stated, Sequence::read(unit, limits)?)?,
            // The first bit behind the header is that of the first part of a picture.
            Some(0..=LAST_PART) if unit.get(2).is_some_and(|byte| byte >> 7 == 1) => pictures += 1,
            _ => {}
        }
    }
    match pictures {
        1 => Ok(()),
        0 => Err(Corrupt::malformed("a part of it holds no picture").into()),
        // The decoder would hold up to sixteen.
        _ => Err(Unsupported::Known("HEIC with films in it").into()),
    }
}

fn kind(unit: &[u8]) -> Option<u8> {
    unit.first().map(|byte| byte >> 1 & 63)
}

/// One stream has one size, whatever else changes.
fn join(found: &mut Option<Sequence>, next: Sequence) -> Result<(), Error> {
    match found.replace(next) {
        Some(before) if before != next => Err(Corrupt::malformed("it says two sizes of one picture").into()),
        _ => Ok(()),
    }
}

impl Sequence {
    /// Of a unit with its header (7.3.2.2).
    fn read(unit: &[u8], limits: &Limits) -> Result<Self, Error> {
        let unescaped = unescaped(unit);
        let mut bits = Bits::new(&unescaped);
        // The header, and which parameters of the video these belong to.
        bits.skip(16 + 4);
        let layers = bits.take(3)?;
        bits.skip(1);
        profile(&mut bits, layers)?;
        bits.exponential()?;
        let chroma = bits.exponential()?;
        if chroma == 3 && bits.take(1)? == 1 {
            return Err(Unsupported::Known("HEIC of three planes apart").into());
        }
        let size = (bits.exponential()?, bits.exponential()?);
        if bits.take(1)? == 1 {
            for _ in 0..4 {
                bits.exponential()?;
            }
        }
        let depth = bits.exponential()?.max(bits.exponential()?).saturating_add(8);
        limits.check_size(size.0, size.1)?;
        let bits = u8::try_from(depth).ok().filter(|depth| *depth <= 16);
        let halves = [2, 3, 4, 6].get(chroma as usize).copied();
        match (bits, halves) {
            (Some(bits), Some(halves)) if size.0 > 0 && size.1 > 0 => Ok(Self { size, bits, halves }),
            _ => Err(Corrupt::malformed("what it says of its coding makes no sense").into()),
        }
    }
}

/// Passes over profile, tier and level, for the whole and for so many layers (7.3.3).
fn profile(bits: &mut Bits<'_>, layers: u32) -> Result<(), Corrupt> {
    bits.skip(88 + 8);
    let mut parts = 0;
    for _ in 0..layers {
        parts += 88 * bits.take(1)? + 8 * bits.take(1)?;
    }
    let padding = if layers > 0 { 2 * (8 - layers) } else { 0 };
    bits.skip((padding + parts) as usize);
    Ok(())
}

/// Without the bytes that keep two zeros from looking like the start of something (7.4.2.1).
fn unescaped(unit: &[u8]) -> Vec<u8> {
    let mut zeros = 0;
    let mut bytes = Vec::with_capacity(unit.len());
    for &byte in unit {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        bytes.push(byte);
    }
    bytes
}
