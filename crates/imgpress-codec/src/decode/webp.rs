//! WebP: its RIFF container is read by ourselves (WebP Container Specification), for the profile, the
//! orientation, the count of frames, and because a cut file is known by chunks that reach past its end.

mod codes;
mod complete;
mod metadata;
#[cfg(feature = "webp")]
mod patches;
#[cfg(feature = "webp")]
mod tails;

use crate::colors::Colors;
use crate::error::Corrupt;
use crate::options::ImageFormat;
use crate::probe::{Animation, Packing};
use crate::raster::{MAX_ICC, Raster};
use crate::{Error, ImageInfo, Limits, Orientation, exif};

use super::through_image;
pub(super) use metadata::metadata;
#[cfg(feature = "webp")]
pub(super) use patches::Patches;
#[cfg(feature = "webp")]
pub(crate) use tails::without_tails;

/// Most chunks of a file; an animation has one a frame.
const MAX_CHUNKS: usize = 100_000;

/// The name and the data of a chunk.
pub(crate) type Chunk<'a> = (&'a [u8; 4], &'a [u8]);

#[derive(Default)]
struct Chunks<'a> {
    /// Of the first chunk that gives it: the canvas, or the picture where there is no canvas.
    size: Option<(u32, u32)>,
    icc: Option<&'a [u8]>,
    exif: Option<&'a [u8]>,
    frames: u32,
    animation: Animation,
    /// Of the first frame, not being in an animation.
    is_lossless: bool,
}

pub(super) fn probe(input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    let chunks = Chunks::read(input)?;
    // The decoder takes a side of 16384, the largest there is, for 0.
    let (width, height) = chunks.size.ok_or_else(|| Corrupt::malformed("it holds no picture"))?;
    limits.check_size(width, height)?;
    let info = through_image::probe(ImageFormat::Webp, input, limits)?;
    Ok(ImageInfo {
        width,
        height,
        orientation: chunks.exif.and_then(exif::orientation).unwrap_or(Orientation::AS_STORED),
        frames: chunks.frames.max(1),
        // A picture of four components, beside that of three.
        decoder_bytes: 4,
        animation: chunks.animation.of(chunks.frames > 1),
        packing: Packing::webp(input.len(), chunks.is_lossless),
        ..info
    })
}

pub(super) fn decode(input: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Raster, Error> {
    let chunks = Chunks::read(input)?;
    let raster = complete::decode(input, info, limits)?;
    let icc = chunks.icc.filter(|profile| profile.len() <= MAX_ICC).map(<[u8]>::to_vec);
    Ok(Raster { colors: Colors::of_icc(icc), ..raster })
}

impl<'a> Chunks<'a> {
    fn read(input: &'a [u8]) -> Result<Self, Corrupt> {
        let size = input.get(4..).and_then(<[u8]>::first_chunk).ok_or(Corrupt::Truncated)?;
        let size = usize::try_from(u32::from_le_bytes(*size)).unwrap_or(usize::MAX);
        let mut rest = input.get(12..size.saturating_add(8)).ok_or(Corrupt::Truncated)?;
        let mut chunks = Self::default();
        for _ in 0..MAX_CHUNKS {
            let Some((name, data)) = next(&mut rest)? else {
                return Ok(chunks);
            };
            chunks.size = chunks.size.or_else(|| picture_size(name, data));
            match name {
                b"ICCP" => chunks.icc = chunks.icc.or(Some(data)),
                b"EXIF" => chunks.exif = chunks.exif.or(Some(data)),
                b"ANMF" => {
                    chunks.frames += 1;
                    let (width, height) = frame_size(data).ok_or(Corrupt::Truncated)?;
                    chunks.animation.add(width, height);
                }
                b"VP8L" => chunks.is_lossless = true,
                _ => {}
            }
        }
        Err(Corrupt::malformed("it has too many chunks"))
    }
}

/// Takes one chunk off: its name and data. Odd sizes are padded by a byte, which the last chunk may lack.
pub(crate) fn next<'a>(rest: &mut &'a [u8]) -> Result<Option<Chunk<'a>>, Corrupt> {
    let Some((name, after)) = rest.split_first_chunk() else {
        return Ok(None);
    };
    let (size, after) = after.split_first_chunk().ok_or(Corrupt::Truncated)?;
    let size = usize::try_from(u32::from_le_bytes(*size)).unwrap_or(usize::MAX);
    let (data, after) = after.split_at_checked(size).ok_or(Corrupt::Truncated)?;
    *rest = after.get(size % 2..).unwrap_or_default();
    Ok(Some((name, data)))
}

/// Width and height in the header of a frame, 24 bits each, less one.
fn frame_size(frame: &[u8]) -> Option<(u32, u32)> {
    let &[w0, w1, w2, h0, h1, h2] = frame.get(6..)?.first_chunk()?;
    Some((u32::from_le_bytes([w0, w1, w2, 0]) + 1, u32::from_le_bytes([h0, h1, h2, 0]) + 1))
}

/// Width and height in the header of a canvas (24 bits each, less one), of a lossless picture (14 bits each, less
/// one) or of a lossy one (14 bits each).
pub(crate) fn picture_size(name: &[u8; 4], data: &[u8]) -> Option<(u32, u32)> {
    match (name, data) {
        (b"VP8X", &[_, _, _, _, w0, w1, w2, h0, h1, h2, ..]) => {
            Some((u32::from_le_bytes([w0, w1, w2, 0]) + 1, u32::from_le_bytes([h0, h1, h2, 0]) + 1))
        }
        (b"VP8L", &[0x2f, b0, b1, b2, b3, ..]) => {
            let bits = u32::from_le_bytes([b0, b1, b2, b3]);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        (b"VP8 ", &[_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..]) => {
            let side = |bytes| u32::from(u16::from_le_bytes(bytes) & 0x3fff);
            Some((side([w0, w1]), side([h0, h1])))
        }
        _ => None,
    }
}
