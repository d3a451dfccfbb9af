//! A file as its segments (ITU-T T.81, B.1.1).

use super::error::DecodeError;

pub(super) const SOF0: u8 = 0xC0;
pub(super) const SOF1: u8 = 0xC1;
pub(super) const SOI: u8 = 0xD8;
pub(super) const EOI: u8 = 0xD9;
pub(super) const SOS: u8 = 0xDA;
pub(super) const DQT: u8 = 0xDB;
pub(super) const DNL: u8 = 0xDC;
pub(super) const DRI: u8 = 0xDD;
pub(super) const DHT: u8 = 0xC4;

/// One marker segment, and after a scan's header its entropy-coded data.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a> {
    /// The second byte of its marker: 0xE1 for APP1, 0xDA for the start of a scan.
    pub marker: u8,
    /// What follows the length field: at most 65,533 bytes.
    pub payload: &'a [u8],
    /// The entropy-coded data with its restart markers; empty for all but the start of a scan.
    pub entropy: &'a [u8],
    /// Whether nothing follows the segment, not even a marker.
    pub(super) last: bool,
}

/// Walks over a file's segments, up to its end marker or its end: complete pictures without an end marker are
/// common enough to be taken.
pub(super) struct Segments<'a> {
    input: &'a [u8],
    at: usize,
}

impl<'a> Segments<'a> {
    /// # Errors
    /// The input does not start with the marker that starts every JPEG file.
    pub(super) fn new(input: &'a [u8]) -> Result<Self, DecodeError> {
        match input {
            [0xFF, SOI, ..] => Ok(Self { input, at: 2 }),
            [] | [0xFF] => Err(DecodeError::Truncated),
            _ => Err(DecodeError::Malformed("it does not start as a JPEG does")),
        }
    }

    /// The next segment; `None` at the end.
    ///
    /// # Errors
    /// A segment is cut off or has a length that cannot be.
    pub(super) fn next(&mut self) -> Result<Option<Segment<'a>>, DecodeError> {
        match self.next_marker() {
            None | Some(EOI) => Ok(None),
            Some(SOI) => Err(DecodeError::Malformed("a second picture starts inside the first")),
            Some(marker) => self.segment(marker).map(Some),
        }
    }

    /// Finds the next marker, over fill bytes and stray bytes as libjpeg does.
    fn next_marker(&mut self) -> Option<u8> {
        let found =
            find(self.input, self.at, |marker| (marker >= 0xC0) & (marker != 0xFF) & !is_restart(marker));
        self.at = found.map_or(self.input.len(), |at| at + 2);
        found.map(|at| self.input[at + 1])
    }

    fn segment(&mut self, marker: u8) -> Result<Segment<'a>, DecodeError> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        let length = rest.first_chunk().ok_or(DecodeError::Truncated)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length < 2 {
            return Err(DecodeError::Malformed("a segment is shorter than its length field"));
        }
        let payload = rest.get(2..length).ok_or(DecodeError::Truncated)?;
        self.at += length;
        let start = self.at;
        if marker == SOS {
            self.at = end_of_entropy(self.input, start);
        }
        let entropy = &self.input[start..self.at];
        Ok(Segment { marker, payload, entropy, last: self.at + 1 >= self.input.len() })
    }
}

/// Where the next marker is that is no restart marker.
fn end_of_entropy(input: &[u8], start: usize) -> usize {
    find(input, start, |marker| (marker != 0) & (marker != 0xFF) & !is_restart(marker)).unwrap_or(input.len())
}

/// RST0 to RST7.
fn is_restart(marker: u8) -> bool {
    marker & 0xF8 == 0xD0
}

/// Where 0xFF stands first before such a byte. Both tell, whatever is before them, so that many are looked at together, and a
/// file of nothing but restart markers takes no longer than another. `is_wanted` is to have no branches: it becomes
/// instructions on vectors.
fn find(input: &[u8], start: usize, is_wanted: impl Fn(u8) -> bool) -> Option<usize> {
    const TOGETHER: usize = 64;
    let bytes = input.get(start..)?;
    let next = bytes.get(1..)?;
    let is_here = |(byte, next): (&u8, &u8)| (*byte == 0xFF) & is_wanted(*next);
    let mut chunks = bytes.chunks(TOGETHER).zip(next.chunks(TOGETHER));
    let is_in =
        |(bytes, next): (&[u8], &[u8])| bytes.iter().zip(next).fold(false, |any, pair| any | is_here(pair));
    let chunk = chunks.position(is_in)? * TOGETHER;
    let at = bytes[chunk..].iter().zip(&next[chunk..]).position(is_here)?;
    Some(start + chunk + at)
}

/// A word whose lowest set bit is in the lowest byte that is 0xFF; 0 where there is none.
#[inline(always)]
pub(super) fn ff_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // The usual test for a byte of zero, on the complement.
    (!word).wrapping_sub(ONES) & word & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_wherever_it_stands_and_whatever_is_before_it() {
        for before in [&b"\xff\x00"[..], b"\xff\xd0\xff\xd7", b"\xff", b"\x11", b"\xff\x00\x11"] {
            for length in 0..200 {
                let mut input: Vec<u8> = before.iter().copied().cycle().take(length).collect();
                assert_eq!(end_of_entropy(&input, 0), length);
                // Where a marker begins that is not begun already.
                let begins = length - usize::from(input.last() == Some(&0xFF));
                input.extend(if begins == length { &b"\xff\xd9\x11"[..] } else { b"\xd9\x11" });
                assert_eq!(end_of_entropy(&input, 0), begins, "{before:?}, {length}");
            }
        }
    }
}
