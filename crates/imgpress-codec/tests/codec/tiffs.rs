//! TIFF files of one strip, by compression.

use std::io::Write;

use flate2::write::ZlibEncoder;

use crate::fixtures::Picture;

/// A strip's bytes as they are in the file.
#[derive(Clone)]
pub(crate) struct Strip(pub(crate) Vec<u8>);

/// Fields of a directory that are not those of a plain picture.
pub(crate) type Extra<'a> = &'a [(u16, u16, u32)];

/// Red, green and blue in one strip, little-endian.
pub(crate) fn file(picture: &Picture, compression: u16, strip: &Strip) -> Vec<u8> {
    with_fields(picture.size(), compression, &[8, 8, 8], strip, &[])
}

/// As [`file`], with as many components as there are numbers of bits, and more fields.
pub(crate) fn with_fields(
    (width, height): (u32, u32),
    compression: u16,
    bits: &[u16],
    strip: &Strip,
    extra: Extra<'_>,
) -> Vec<u8> {
    let (short, long) = (3_u16, 4_u16);
    let photometric = if bits.len() < 3 { 1 } else { 2 };
    let samples = u16::try_from(bits.len()).unwrap();
    let mut fields = vec![
        (256, long, width),
        (257, long, height),
        (259, short, compression.into()),
        (262, short, photometric),
        (277, short, samples.into()),
        (278, long, height),
        (279, long, u32::try_from(strip.0.len()).unwrap()),
    ];
    fields.extend_from_slice(extra);
    let count = u32::try_from(fields.len() + 2).unwrap();
    let after = 8 + 2 + 12 * count + 4;
    let bits_end = after + 2 * u32::from(samples);
    // Two shorts fit into the field itself.
    let bits_field = match *bits {
        [one] => u32::from(one),
        [one, two] => u32::from(two) << 16 | u32::from(one),
        _ => after,
    };
    let mut entries: Vec<(u16, u16, u32, u32)> =
        fields.into_iter().map(|(tag, kind, value)| (tag, kind, 1, value)).collect();
    entries.push((258, short, samples.into(), bits_field));
    entries.push((273, long, 1, bits_end));
    entries.sort_unstable();
    let mut bytes = b"II\x2a\0\x08\0\0\0".to_vec();
    bytes.extend_from_slice(&u16::try_from(entries.len()).unwrap().to_le_bytes());
    for (tag, kind, count, value) in entries {
        bytes.extend(tag.to_le_bytes().into_iter().chain(kind.to_le_bytes()));
        bytes.extend(count.to_le_bytes().into_iter().chain(value.to_le_bytes()));
    }
    bytes.extend_from_slice(&[0; 4]);
    bits.iter().for_each(|bits| bytes.extend_from_slice(&bits.to_le_bytes()));
    bytes.extend_from_slice(&strip.0);
    bytes
}

pub(crate) fn deflated(pixels: &[u8]) -> Strip {
    let mut zlib = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all(pixels).unwrap();
    Strip(zlib.finish().unwrap())
}

pub(crate) fn lzw(pixels: &[u8]) -> Strip {
    let mut encoder = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
    Strip(encoder.encode(pixels).unwrap())
}

/// Literal runs alone.
pub(crate) fn packed_bits(pixels: &[u8]) -> Strip {
    let runs = pixels.chunks(128);
    Strip(runs.flat_map(|run| [&[u8::try_from(run.len() - 1).unwrap()], run].concat()).collect())
}

/// A JPEG whose components are red, green and blue.
pub(crate) fn jpeg_rgb(picture: &Picture) -> Vec<u8> {
    let mut encoder = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_RGB);
    encoder.set_size(picture.width.into(), picture.height.into());
    encoder.set_fastest_defaults();
    encoder.set_quality(90.0);
    encoder.set_color_space(mozjpeg::ColorSpace::JCS_RGB);
    let mut started = encoder.start_compress(Vec::new()).unwrap();
    started.write_scanlines(&picture.rgb).unwrap();
    started.finish().unwrap()
}

/// How pixels are divided.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Strips { rows: u32 },
    Tiles { side: u32 },
}

/// A little-endian file of these fields, each of numbers of 16 or, where one is larger, of 32 bits; the tables that
/// JPEGs share are bytes.
pub(crate) fn directory(mut fields: Vec<(u16, Vec<u32>)>, parts: &[Vec<u8>], part: Part) -> Vec<u8> {
    let (starts, lengths) = match part {
        Part::Strips { rows } => {
            fields.push((278, vec![rows]));
            (273, 279)
        }
        Part::Tiles { side } => {
            fields.extend([(322, vec![side]), (323, vec![side])]);
            (324, 325)
        }
    };
    let mut bytes = b"II\x2a\0\0\0\0\0".to_vec();
    let mut places = Vec::new();
    for part in parts {
        places.push(u32::try_from(bytes.len()).unwrap());
        bytes.extend_from_slice(part);
    }
    fields.push((starts, places));
    fields.push((lengths, parts.iter().map(|part| u32::try_from(part.len()).unwrap()).collect()));
    fields.sort();
    let mut entries = u16::try_from(fields.len()).unwrap().to_le_bytes().to_vec();
    for (tag, values) in &fields {
        let (kind, size) = match tag {
            347 => (7_u16, 1),
            _ if values.iter().all(|value| *value <= 0xffff) => (3, 2),
            _ => (4, 4),
        };
        let mut stored: Vec<u8> =
            values.iter().flat_map(|value| value.to_le_bytes()[..size].to_vec()).collect();
        let count = u32::try_from(values.len()).unwrap();
        entries.extend(tag.to_le_bytes().into_iter().chain(kind.to_le_bytes()).chain(count.to_le_bytes()));
        if stored.len() > 4 {
            let place = u32::try_from(bytes.len()).unwrap();
            bytes.append(&mut stored);
            entries.extend_from_slice(&place.to_le_bytes());
        } else {
            stored.resize(4, 0);
            entries.append(&mut stored);
        }
    }
    let first = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    bytes[4..8].copy_from_slice(&first);
    bytes.extend_from_slice(&entries);
    bytes.extend_from_slice(&[0; 4]);
    bytes
}
