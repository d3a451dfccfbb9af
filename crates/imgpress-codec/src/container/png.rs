//! PNG files (W3C Recommendation, third edition): of a still picture, written in one form only, so that a file that was
//! made here comes out as it is when it is kept.

use std::io::{self, Read, Write};

use flate2::bufread::ZlibDecoder;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

use super::Extras;
use crate::decode::png::{SIGNATURE, next};

/// The chunks of a still picture.
pub(crate) struct Still<'a> {
    header: &'a [u8],
    /// What says which colours its values are, in the order of the file.
    colors: Vec<([u8; 4], &'a [u8])>,
    palette: Option<&'a [u8]>,
    transparency: Option<&'a [u8]>,
    data: Vec<&'a [u8]>,
}

impl<'a> Still<'a> {
    /// The parts of a whole file; of an animation, those of its still picture. `None` where there is none.
    pub(crate) fn read(file: &'a [u8]) -> Option<Self> {
        let mut rest = file.get(SIGNATURE..)?;
        let (_, header) = next(&mut rest).ok()?;
        let mut still =
            Self { header, colors: Vec::new(), palette: None, transparency: None, data: Vec::new() };
        loop {
            let (name, data) = next(&mut rest).ok()?;
            let before_data = still.data.is_empty();
            match &name {
                b"IDAT" => still.data.push(data),
                b"PLTE" if before_data && still.palette.is_none() => still.palette = Some(data),
                b"tRNS" if before_data && still.transparency.is_none() => still.transparency = Some(data),
                b"cICP" | b"iCCP" | b"sRGB" | b"gAMA" | b"cHRM" | b"mDCV" | b"cLLI"
                    if before_data && still.colors.iter().all(|(other, _)| *other != name) =>
                {
                    still.colors.push((name, data));
                }
                b"IEND" => break,
                _ => {}
            }
        }
        (!still.data.is_empty()).then_some(still)
    }

    /// A file of the picture with these around it, and nothing else: `with_colors` says whether what it says of its
    /// colours is part of it.
    pub(crate) fn write(&self, extras: &Extras<'_>, with_colors: bool) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        put(&mut file, b"IHDR", &[self.header]);
        for (name, data) in self.colors.iter().filter(|_| with_colors) {
            put(&mut file, name, &[data]);
        }
        if let Some(profile) = extras.icc.and_then(|icc| compressed(icc).ok()) {
            // A name, a zero, the method.
            put(&mut file, b"iCCP", &[b"icc\0\0", &profile]);
        }
        for (name, data) in [(b"PLTE", self.palette), (b"tRNS", self.transparency), (b"eXIf", extras.exif)] {
            if let Some(data) = data {
                put(&mut file, name, &[data]);
            }
        }
        if let Some(packet) = extras.xmp {
            // The keyword (ISO 16684-3, 5.3), not compressed, in no language, not translated.
            put(&mut file, b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", packet]);
        }
        put(&mut file, b"IDAT", &self.data);
        put(&mut file, b"IEND", &[]);
        file
    }

    /// Whether its compressed data end where its picture does, as those of a file to be kept have to: something else may
    /// hide behind it.
    pub(crate) fn ends_with_picture(&self) -> bool {
        let whole: usize = self.data.iter().map(|data| data.len()).sum();
        let Some(most) = self.most_bytes() else { return false };
        let mut rows = ZlibDecoder::new(Parts { parts: &self.data, at: 0 }).take(most);
        let is_read = io::copy(&mut rows, &mut io::sink()).is_ok();
        is_read && rows.limit() > 0 && rows.into_inner().total_in() == whole as u64
    }

    /// More bytes than its rows have, with their filters; interlaced, there are more rows.
    fn most_bytes(&self) -> Option<u64> {
        let &[w3, w2, w1, w0, h3, h2, h1, h0, depth, color, ..] = self.header else { return None };
        let side = |bytes| u64::from(u32::from_be_bytes(bytes));
        let channels = match color {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        };
        let row = side([w3, w2, w1, w0]).checked_mul(channels * u64::from(depth))?.div_ceil(8);
        row.checked_add(16)?.checked_mul(side([h3, h2, h1, h0]).checked_mul(2)?.checked_add(16)?)
    }
}

/// The parts of one stream of data.
struct Parts<'a> {
    parts: &'a [&'a [u8]],
    at: usize,
}

impl Read for Parts<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let from = io::BufRead::fill_buf(self)?;
        let count = from.len().min(buffer.len());
        buffer[..count].copy_from_slice(&from[..count]);
        io::BufRead::consume(self, count);
        Ok(count)
    }
}

impl io::BufRead for Parts<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while let [part, rest @ ..] = self.parts
            && self.at >= part.len()
        {
            (self.parts, self.at) = (rest, 0);
        }
        Ok(self.parts.first().and_then(|part| part.get(self.at..)).unwrap_or_default())
    }

    fn consume(&mut self, bytes: usize) {
        self.at += bytes;
    }
}

fn compressed(profile: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(profile)?;
    encoder.finish()
}

/// A chunk of these parts, with its checksum.
fn put(file: &mut Vec<u8>, name: &[u8; 4], parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    file.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    let start = file.len();
    file.extend_from_slice(name);
    parts.iter().for_each(|part| file.extend_from_slice(part));
    let mut checksum = Crc::new();
    checksum.update(file.get(start..).unwrap_or_default());
    file.extend_from_slice(&checksum.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 3, 2);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(&[7; 18]).unwrap();
        file
    }

    #[test]
    fn a_file_in_its_one_form_is_written_as_it_was() {
        let file = picture();
        let bare = Still::read(&file).unwrap().write(&Extras::default(), true);
        assert_eq!(bare, file);
        let extras = Extras { icc: None, exif: Some(b"MM"), xmp: Some(b"<x/>") };
        let full = Still::read(&bare).unwrap().write(&extras, true);
        let again = Still::read(&full).unwrap();
        assert_eq!(again.write(&extras, true), full);
        assert_eq!(again.write(&Extras::default(), true), bare);
        png::Decoder::new(io::Cursor::new(full)).read_info().unwrap();
    }

    #[test]
    fn data_behind_the_picture_are_noticed() {
        let file = picture();
        let still = Still::read(&file).unwrap();
        assert!(still.ends_with_picture());
        let stray = Still { data: [still.data.as_slice(), &[b"PK"]].concat(), ..still };
        assert!(!stray.ends_with_picture());
    }
}
