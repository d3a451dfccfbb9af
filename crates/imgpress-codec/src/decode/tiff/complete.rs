//! Whether the data of every strip or tile are there, to the last bit.

use std::io::{self, Cursor, Read};

use flate2::bufread::ZlibDecoder;
use imgpress_jpeg::{DecodeError, DecodeLimits, Decoder};
use tiff::decoder::{ChunkType, Decoder as Directory};
use tiff::tags::Tag;
use weezl::{BitOrder, LzwStatus, decode::Decoder as Lzw};

use crate::error::Corrupt;
use crate::{Error, Limits};

/// Bytes that are unpacked at a time, and thrown away.
const BUFFER: usize = 64 << 10;

/// Values of the tag Compression: TIFF 6.0, and its supplement 2 for the last three.
const LZW: u16 = 5;
const DEFLATE: [u16; 2] = [8, 32946];
const JPEG: u16 = 7;
const PACKED_BITS: u16 = 32773;

/// Checks every strip and tile of the first page.
///
/// # Errors
/// One ends early or holds more than it should, its checksum is wrong, or it does not make sense.
pub(super) fn check(
    input: &[u8],
    directory: &mut Directory<Cursor<&[u8]>>,
    limits: &Limits,
) -> Result<(), Error> {
    let method = directory.find_tag_unsigned::<u16>(Tag::Compression).ok().flatten().unwrap_or(1);
    if !DEFLATE.contains(&method) && ![LZW, JPEG, PACKED_BITS].contains(&method) {
        return Ok(());
    }
    let (starts, lengths) = match directory.get_chunk_type() {
        ChunkType::Strip => (Tag::StripOffsets, Tag::StripByteCounts),
        ChunkType::Tile => (Tag::TileOffsets, Tag::TileByteCounts),
    };
    let mut numbers =
        |tag| directory.get_tag_u64_vec(tag).map_err(|error| Corrupt::malformed(error.to_string()));
    let (starts, lengths) = (numbers(starts)?, numbers(lengths)?);
    let tables = directory.get_tag_u8_vec(Tag::JPEGTables).unwrap_or_default();
    let most = limits.max_image_memory;
    for (index, (start, length)) in (0..).zip(starts.into_iter().zip(lengths)) {
        let range = start..start.saturating_add(length);
        let data = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
        let data = data.and_then(|(start, end)| input.get(start..end)).ok_or(Corrupt::Truncated)?;
        let size = Size::of(directory, index);
        match method {
            LZW => size.check(unpack_lzw(data, most)?)?,
            PACKED_BITS => size.check(unpack_bits(data)?)?,
            JPEG => check_jpeg(&tables, data, limits, directory, index)?,
            _ => size.check(inflate(data, most)?)?,
        }
    }
    Ok(())
}

/// Bytes of a strip or tile that is unpacked: those of the picture, and with what fills the last one up.
struct Size {
    needed: u64,
    whole: u64,
}

impl Size {
    fn of(directory: &mut Directory<Cursor<&[u8]>>, index: u32) -> Self {
        let mut number = |tag, otherwise| {
            directory
                .find_tag_unsigned_vec::<u64>(tag)
                .ok()
                .flatten()
                .and_then(|all| all.first().copied())
                .unwrap_or(otherwise)
        };
        let (samples, bits) = (number(Tag::SamplesPerPixel, 1), number(Tag::BitsPerSample, 1));
        let samples = if number(Tag::PlanarConfiguration, 1) == 2 { 1 } else { samples };
        let bytes =
            |(width, height): (u32, u32)| (u64::from(width) * samples * bits).div_ceil(8) * u64::from(height);
        let whole = directory.chunk_dimensions();
        let part = directory.chunk_data_dimensions(index);
        // Tiles are always whole, strips end with the picture.
        let needed = if directory.get_chunk_type() == ChunkType::Tile { whole } else { part };
        Self { needed: bytes(needed), whole: bytes(whole) }
    }

    fn check(&self, found: u64) -> Result<(), Corrupt> {
        match found {
            _ if found < self.needed => Err(Corrupt::malformed("a part of the picture is missing")),
            _ if found == self.needed || found == self.whole => Ok(()),
            _ => Err(Corrupt::malformed("a strip or tile has more pixels than it should")),
        }
    }
}

/// How many bytes deflated data give, by their whole stream and its checksum.
fn inflate(data: &[u8], most: u64) -> Result<u64, Corrupt> {
    let mut inflated = ZlibDecoder::new(data).take(most.saturating_add(1));
    io::copy(&mut inflated, &mut io::sink()).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Corrupt::Truncated,
        _ => Corrupt::malformed(error.to_string()),
    })
}

/// How many bytes LZW data give.
fn unpack_lzw(mut data: &[u8], most: u64) -> Result<u64, Corrupt> {
    // Files from before TIFF 6.0 have their bits in the other order, and begin with a code of 256 in it.
    let mut decoder = match data {
        [0, second, ..] if second & 1 == 1 => Lzw::new(BitOrder::Lsb, 8),
        _ => Lzw::with_tiff_size_switch(BitOrder::Msb, 8),
    };
    let mut out = vec![0; BUFFER];
    let mut made = 0_u64;
    loop {
        let step = decoder.decode_bytes(data, &mut out);
        made += step.consumed_out as u64;
        data = &data[step.consumed_in..];
        match step.status {
            Err(_) => return Err(Corrupt::malformed("its data hold a code that was never defined")),
            Ok(LzwStatus::Done | LzwStatus::NoProgress) => return Ok(made),
            Ok(LzwStatus::Ok) if made > most || step.consumed_in + step.consumed_out == 0 => return Ok(made),
            Ok(LzwStatus::Ok) => {}
        }
    }
}

/// How many bytes PackBits data give (TIFF 6.0, section 9).
fn unpack_bits(mut data: &[u8]) -> Result<u64, Corrupt> {
    let mut made = 0;
    while let Some((&header, rest)) = data.split_first() {
        let count = i64::from(header.cast_signed());
        let (taken, given) = match count {
            0.. => (count.unsigned_abs() + 1, count.unsigned_abs() + 1),
            -128 => (0, 0),
            _ => (1, count.unsigned_abs() + 1),
        };
        match rest.get(usize::try_from(taken).unwrap_or(usize::MAX)..) {
            Some(rest) => (data, made) = (rest, made + given),
            // A byte that fills up the last word.
            None if rest.is_empty() => break,
            None => return Err(Corrupt::Truncated),
        }
    }
    Ok(made)
}

/// A strip or tile that is a JPEG of its own, with tables that all share.
fn check_jpeg(
    tables: &[u8],
    data: &[u8],
    limits: &Limits,
    directory: &mut Directory<Cursor<&[u8]>>,
    index: u32,
) -> Result<(), Error> {
    let shared = tables.strip_suffix(&[0xff, 0xd9]).unwrap_or(tables);
    let own = data.strip_prefix(&[0xff, 0xd8]).filter(|_| !shared.is_empty()).unwrap_or(data);
    let file = [shared, own].concat();
    let limits = DecodeLimits {
        max_pixels: limits.max_pixels,
        max_scans: limits.max_scans,
        ..DecodeLimits::default()
    };
    let decoder = match Decoder::new(&file, &limits) {
        // The other decoder has its own idea of what it can read.
        Err(DecodeError::Unsupported(_)) => return Ok(()),
        decoder => decoder.map_err(|error| corrupt(&error))?,
    };
    let (width, height) = directory.chunk_data_dimensions(index);
    if decoder.width() < width || decoder.height() < height {
        return Err(Corrupt::malformed("a part of the picture is missing").into());
    }
    decoder.coefficients().map(drop).map_err(|error| corrupt(&error).into())
}

fn corrupt(error: &DecodeError) -> Corrupt {
    match error {
        DecodeError::Truncated => Corrupt::Truncated,
        other => Corrupt::malformed(other.to_string()),
    }
}
