//! AV1 streams of still pictures (AV1 Bitstream & Decoding Process Specification): their units, and how coarsely the
//! picture is quantised. `zenavif-parse` 0.6.2 has a number for that too, which is not the one of the stream.

pub(crate) mod units;

use std::borrow::Cow;

/// A unit that begins a frame, without its tiles and with them, and one of tiles alone (6.2.2).
pub(crate) const FRAME_HEADER: u8 = 3;
pub(crate) const TILE_GROUP: u8 = 4;
pub(crate) const FRAME: u8 = 6;
const SEQUENCE_HEADER: u8 = 1;
const REDUNDANT_FRAME_HEADER: u8 = 7;

/// Takes one unit off (5.3), and gives its kind and its data. One without a length reaches to the end.
pub(crate) fn next_unit<'a>(data: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&header, rest) = data.split_first()?;
    let rest = rest.get(usize::from(header >> 2 & 1)..)?;
    let (length, rest) = if header & 2 == 0 { (rest.len(), rest) } else { length(rest)? };
    let (unit, rest) = rest.split_at_checked(length)?;
    *data = rest;
    Some((header >> 3 & 15, unit))
}

/// A number of up to eight groups of seven bits, the lowest first (4.10.5).
fn length(data: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (index, byte) in data.iter().enumerate().take(8) {
        value |= u64::from(byte & 127) << (7 * index);
        if byte & 128 == 0 {
            return Some((usize::try_from(value).ok()?, data.get(index + 1..)?));
        }
    }
    None
}

/// A stream without the units that are no part of the picture: what separates pictures, metadata, padding and kinds that
/// nobody knows. `None` where bits that are reserved are set, or where what is there is no unit.
pub(crate) fn picture(stream: Cow<'_, [u8]>) -> Option<Cow<'_, [u8]>> {
    let mut own = Vec::new();
    let mut rest = &*stream;
    while let [header, behind @ ..] = rest {
        let before = rest;
        let (kind, _) = next_unit(&mut rest)?;
        let is_sound = header & 0x81 == 0 && (header & 4 == 0 || behind.first()? & 7 == 0);
        if !is_sound {
            return None;
        }
        if matches!(kind, SEQUENCE_HEADER | FRAME_HEADER | TILE_GROUP | FRAME | REDUNDANT_FRAME_HEADER) {
            own.extend_from_slice(before.get(..before.len() - rest.len())?);
        }
    }
    Some(if own.len() == stream.len() { stream } else { own.into() })
}

/// The base quantiser index of a picture, 0 to 255, finest first. `None` of a stream with the long headers of films, or
/// with tiles of uneven sizes: what makes still pictures writes neither.
pub(crate) fn quantizer_index(mut stream: &[u8]) -> Option<u8> {
    let mut sequence = None;
    while let Some((kind, unit)) = next_unit(&mut stream) {
        match kind {
            SEQUENCE_HEADER => sequence = Some(Sequence::read(&mut Bits { data: unit, at: 0 })?),
            FRAME_HEADER | FRAME => return sequence?.quantizer_index(&mut Bits { data: unit, at: 0 }),
            _ => {}
        }
    }
    None
}

/// What of a sequence header (5.5.1) is needed to read a frame's.
struct Sequence {
    width: u32,
    height: u32,
    large_blocks: bool,
    may_be_scaled: bool,
}

impl Sequence {
    fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let (_profile, _still, reduced) = (bits.take(3)?, bits.flag()?, bits.flag()?);
        if !reduced {
            return None;
        }
        bits.take(5)?;
        let (across, down) = (bits.take(4)? + 1, bits.take(4)? + 1);
        let (width, height) = (bits.take(across)? + 1, bits.take(down)? + 1);
        let large_blocks = bits.flag()?;
        bits.take(2)?;
        Some(Self { width, height, large_blocks, may_be_scaled: bits.flag()? })
    }

    /// Reads a frame header of a still picture (5.9.2) up to the index.
    fn quantizer_index(&self, bits: &mut Bits<'_>) -> Option<u8> {
        bits.take(1)?;
        let screen = bits.flag()?;
        if screen {
            bits.take(1)?;
        }
        let mut width = self.width;
        if self.may_be_scaled && bits.flag()? {
            let denominator = bits.take(3)? + 9;
            width = (width * 8 + denominator / 2) / denominator;
        }
        if bits.flag()? {
            bits.take(32)?;
        }
        if screen && width == self.width {
            bits.take(1)?;
        }
        self.pass_tiles(width, bits)?;
        u8::try_from(bits.take(8)?).ok()
    }

    /// Passes over how the picture is cut into tiles (5.9.15).
    fn pass_tiles(&self, width: u32, bits: &mut Bits<'_>) -> Option<()> {
        let side = if self.large_blocks { 7 } else { 6 };
        let blocks = |pixels: u32| pixels.next_multiple_of(8).div_ceil(1 << side);
        let (columns, rows) = (blocks(width), blocks(self.height));
        let (least_across, most_across) = (halvings(4096 >> side, columns), halvings(1, columns.min(64)));
        let least = least_across.max(halvings((4096 * 2304) >> (2 * side), columns.checked_mul(rows)?));
        if !bits.flag()? {
            return None;
        }
        let across = more(least_across, most_across, bits)?;
        let down = more(least.saturating_sub(across), halvings(1, rows.min(64)), bits)?;
        if across + down > 0 {
            bits.take(across + down + 2)?;
        }
        Some(())
    }
}

/// How often `parts` has to be doubled to be as many as `wanted` (5.9.16).
fn halvings(parts: u32, wanted: u32) -> u32 {
    (0..31).find(|&times| parts << times >= wanted).unwrap_or(31)
}

/// A number between two, told by a bit for each step.
fn more(least: u32, most: u32, bits: &mut Bits<'_>) -> Option<u32> {
    let mut number = least;
    while number < most && bits.flag()? {
        number += 1;
    }
    Some(number)
}

/// Reads numbers, the highest bit first.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = *self.data.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.take(1)? == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Budget;
    use crate::encode::avif::Pictures;
    use crate::options::Effort;
    use crate::raster::{Layout, Raster};

    #[test]
    fn the_index_of_what_libaom_writes_is_that_of_its_quantiser() {
        // Several tiles and one.
        for (width, height) in [(1, 1), (33, 130), (640, 40), (5000, 8)] {
            let noise = |at: usize| at.wrapping_mul(2_654_435_761).to_le_bytes()[2];
            let pixels: Vec<u8> = (0..width * height * 3).map(noise).collect();
            let raster = Raster::new(width, height, Layout::Rgb, pixels);
            for (number, effort) in [
                (0, Effort::Fast),
                (17, Effort::Balanced),
                (40, Effort::Max),
                (62, Effort::Fast),
                (63, Effort::Fast),
            ] {
                let quantizer = imgpress_av1::Quantizer::new(number);
                let still = Pictures::of(&raster)
                    .unwrap()
                    .of_quantizer(quantizer, effort, &Budget::unlimited())
                    .unwrap();
                let index = quantizer_index(&still.color.data);
                assert_eq!(index, Some(quantizer.index()), "{width}×{height}, {number}");
            }
        }
    }

    #[test]
    fn the_units_of_the_picture_are_taken_out() {
        let units: [(&[u8], bool); 9] = [
            (b"\x12\0", false),
            (b"\x0a\x02ab", true),
            (b"\x7a\x03PAD", false),
            (b"\x1a\x01h", true),
            (b"\x2a\x83\x80\0HDR", false),
            (b"\x26\x20\x01t", true),
            (b"\x3a\x01h", true),
            (b"\x02\x01r", false),
            (b"\x30frame", true),
        ];
        let join =
            |all| units.iter().filter(move |(_, own)| all || *own).flat_map(|(unit, _)| *unit).copied();
        let (stream, own): (Vec<u8>, Vec<u8>) = (join(true).collect(), join(false).collect());
        assert_eq!(picture(stream.into()), Some(own.clone().into()));
        assert_eq!(picture(own.clone().into()), Some(own.into()));
        assert_eq!(picture(b"\x0a\x02ab\x40 no length".into()), Some(b"\x0a\x02ab".into()));
        // Reserved bits, of the header and of its extension, and what is too short to be a unit.
        for strange in
            [&b"\x8a\x02ab"[..], b"\x0b\x02ab", b"\x0e\x01\x02ab", b"\x0a\x02ab\x0a", b"\x0a\x09ab"]
        {
            assert_eq!(picture(strange.into()), None, "{strange:02x?}");
        }
    }

    #[test]
    fn a_cut_stream_has_no_index() {
        let raster = Raster::new(8, 8, Layout::Rgb, vec![9; 192]);
        let still = Pictures::of(&raster).unwrap().of_quantizer(
            imgpress_av1::Quantizer::new(30),
            Effort::Fast,
            &Budget::unlimited(),
        );
        let data = still.unwrap().color.data;
        (0..12).for_each(|length| assert_eq!(quantizer_index(&data[..length]), None, "{length}"));
    }
}
