//! The one thing that is read of EXIF: the orientation. A reader of our own, because it is one tag in a known
//! place, and a general reader would walk, and allocate for, everything else a stranger put there.

use crate::Orientation;

/// What a JPEG's APP1 segment starts with (CIPA DC-008, 4.7.2), and some WebP files' chunk too.
pub(crate) const PREFIX: &[u8] = b"Exif\0\0";

const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;
const LONG: u16 = 4;

/// The orientation in an EXIF block (a TIFF file, with or without [`PREFIX`]), where it has a legal one.
pub(crate) fn orientation(block: &[u8]) -> Option<Orientation> {
    let number = first_value(block.strip_prefix(PREFIX).unwrap_or(block), ORIENTATION)?;
    Orientation::from_exif(u16::try_from(number).ok()?)
}

/// The number that a tag of the first directory holds.
fn first_value(tiff: &[u8], wanted: u16) -> Option<u32> {
    let tiff = Tiff::new(tiff)?;
    let directory = usize::try_from(tiff.u32(4)?).ok()?;
    let entries = usize::from(tiff.u16(directory)?);
    (0..entries)
        .map_while(|index| tiff.entry(directory + 2 + index * 12))
        .find_map(|(tag, value)| value.filter(|_| tag == wanted))
}

/// The smallest EXIF block that gives an orientation: a directory of one entry.
pub(crate) fn orientation_only(orientation: Orientation) -> Vec<u8> {
    let mut block = PREFIX.to_vec();
    block.extend_from_slice(b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
    block.push(orientation.exif());
    block.extend_from_slice(&[0; 6]);
    block
}

/// A TIFF file, or an EXIF block without its prefix: numbers in the byte order that its first bytes say.
pub(crate) struct Tiff<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) little_endian: bool,
}

impl<'a> Tiff<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let little_endian = match bytes.get(..4)? {
            b"II\x2a\0" => true,
            b"MM\0\x2a" => false,
            _ => return None,
        };
        Some(Self { bytes, little_endian })
    }

    pub(crate) fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little_endian { u16::from_le_bytes(*bytes) } else { u16::from_be_bytes(*bytes) })
    }

    pub(crate) fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little_endian { u32::from_le_bytes(*bytes) } else { u32::from_be_bytes(*bytes) })
    }

    /// The tag of an entry, and its value where it is a whole number.
    fn entry(&self, at: usize) -> Option<(u16, Option<u32>)> {
        let value = match self.u16(at + 2)? {
            SHORT => Some(self.u16(at + 8)?.into()),
            LONG => Some(self.u32(at + 8)?),
            _ => None,
        };
        Some((self.u16(at)?, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for number in 1..=8 {
            let written = orientation_only(Orientation::from_exif(number).unwrap());
            assert_eq!(orientation(&written), Orientation::from_exif(number));
            assert_eq!(orientation(&written[6..]), Orientation::from_exif(number));
        }
    }

    #[test]
    fn reads_little_endian_and_passes_other_tags() {
        let block = b"II\x2a\0\x08\0\0\0\x02\0\x0f\x01\x02\0\x01\0\0\0A\0\0\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        assert_eq!(orientation(block).unwrap().exif(), 6);
    }

    #[test]
    fn ignores_what_is_broken_or_illegal() {
        let mut zero = orientation_only(Orientation::AS_STORED);
        zero[25] = 0;
        let mut nine = zero.clone();
        nine[25] = 9;
        let whole = orientation_only(Orientation::AS_STORED);
        assert_eq!(orientation(&whole), Some(Orientation::AS_STORED));
        for block in [&zero[..], &nine, b"", b"Exif\0\0", b"MM\0\x2a\xff\xff\xff\xff", &whole[..20]] {
            assert_eq!(orientation(block), None, "{block:?}");
        }
    }
}
