//! Whether a picture needed all of its data. A file whose end was never written is often as long as it should be,
//! and zeros are good codes: they make up the rest of the picture, and most of them are left over.

use std::cell::Cell;
use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom};
use std::ops::Range;

use image::ImageDecoder;
use image::codecs::webp::WebPDecoder;

use crate::error::Corrupt;
use crate::raster::Raster;
use crate::{Error, ImageInfo, Limits};

use super::{codes, frame_size, next, through_image};

/// Bytes that may follow the last code of lossless data.
const MAX_STRAY: usize = 4;

/// So many zeros at the end of lossy data are looked into. Few pictures have them: they have to be plain there.
const SUSPICIOUS: usize = 16;

/// Of those, so many are taken away to see whether they were needed. The format's writers end within two bytes of
/// what a reader takes.
const TAKEN_AWAY: usize = 8;

/// Decodes a picture of which every byte was needed.
pub(super) fn decode(input: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Raster, Error> {
    let parts = Parts::of(input);
    let size = parts.is_alpha.then(|| parts.frame.unwrap_or((info.width, info.height)));
    codes::check(&input[parts.lossless.clone()], size, limits)?;
    let furthest = Cell::new(parts.lossless.start);
    let reader = Watched { inner: Cursor::new(input), range: parts.lossless.clone(), furthest: &furthest };
    let decoder = WebPDecoder::new(reader).map(|decoder| Box::new(decoder) as Box<dyn ImageDecoder + '_>);
    let raster = through_image::decode_with(decoder, info, limits)?;
    if parts.lossless.end - furthest.get().min(parts.lossless.end) > MAX_STRAY
        || has_made_up_end(&input[parts.lossy])
    {
        return Err(Corrupt::malformed("its data go on behind its last pixel").into());
    }
    Ok(raster)
}

/// Where the data of the first frame are; empty where it has none of that kind.
#[derive(Default)]
struct Parts {
    lossless: Range<usize>,
    /// Whether those are of alpha, and say nothing of its size.
    is_alpha: bool,
    /// Width and height of the first frame of an animation.
    frame: Option<(u32, u32)>,
    lossy: Range<usize>,
}

impl Parts {
    /// Of a file whose chunks have been read once.
    fn of(input: &[u8]) -> Self {
        let mut parts = Self::default();
        parts.search(input, 12..input.len());
        parts
    }

    fn search(&mut self, input: &[u8], chunks: Range<usize>) {
        let mut rest = &input[chunks.clone()];
        while let before = rest.len()
            && let Ok(Some((name, data))) = next(&mut rest)
        {
            let start = chunks.end - before + 8;
            let range = start..start + data.len();
            match (name, data) {
                // Behind its 16 bytes of header, a frame has chunks as a file has.
                (b"ANMF", [..]) if data.len() > 16 => {
                    self.frame = frame_size(data);
                    self.search(input, range.start + 16..range.end);
                }
                (b"VP8L", _) => (self.lossless, self.is_alpha) = (range, false),
                // Alpha is lossless data where its first byte says so, else plain.
                (b"ALPH", [header, ..]) if header & 3 == 1 => {
                    (self.lossless, self.is_alpha) = (range.start + 1..range.end, true);
                }
                (b"VP8 ", _) => self.lossy = range,
                _ => continue,
            }
            if matches!(name, b"ANMF" | b"VP8L" | b"VP8 ") {
                return;
            }
        }
    }
}

/// Whether lossy data end in zeros that the picture does well without.
fn has_made_up_end(data: &[u8]) -> bool {
    let zeros = data.iter().rev().take_while(|byte| **byte == 0).count();
    if zeros < SUSPICIOUS {
        return false;
    }
    pixels(&data[..data.len() - TAKEN_AWAY]).is_some()
}

/// The picture of a lossy frame alone. `None` where its data are not enough.
pub(super) fn pixels(frame: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(frame.len()).unwrap_or(u32::MAX);
    let padding = &[0][..frame.len() % 2];
    let size = length.saturating_add(12 + length % 2).to_le_bytes();
    let file = [b"RIFF", &size[..], b"WEBPVP8 ", &length.to_le_bytes(), frame, padding].concat();
    let decoder = WebPDecoder::new(Cursor::new(file)).ok()?;
    let mut pixels = vec![0; usize::try_from(decoder.total_bytes()).ok()?];
    decoder.read_image(&mut pixels).ok()?;
    Some(pixels)
}

/// Remembers how much of a range was read.
struct Watched<'a> {
    inner: Cursor<&'a [u8]>,
    range: Range<usize>,
    furthest: &'a Cell<usize>,
}

impl Watched<'_> {
    fn at(&self) -> usize {
        usize::try_from(self.inner.position()).unwrap_or(usize::MAX)
    }

    fn note(&self, from: usize, bytes: usize) {
        if self.range.contains(&from) {
            self.furthest.set(self.furthest.get().max(from + bytes));
        }
    }
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let from = self.at();
        let bytes = self.inner.read(buffer)?;
        self.note(from, bytes);
        Ok(bytes)
    }
}

impl BufRead for Watched<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.note(self.at(), bytes);
        self.inner.consume(bytes);
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
