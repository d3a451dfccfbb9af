//! PNG (W3C Recommendation, third edition). The chunks are listed by ourselves, so that a header costs no
//! decoder, a compressed profile is inflated under a cap, and a cut file is known by its missing end.

mod bands;
mod colors;
mod metadata;
#[cfg(feature = "webp")]
mod patches;

use std::borrow::Cow;
use std::io::Cursor;

use crate::colors::Colors;
use crate::error::Corrupt;
use crate::options::ImageFormat;
use crate::probe::{Animation, Packing};
use crate::raster::{Layout, Raster};
use crate::{Error, ImageInfo, Limits, Orientation, exif};

pub(crate) use bands::Bands;
use colors::ColorChunks;
pub(crate) use colors::inflate_icc;
pub(super) use metadata::metadata;
#[cfg(feature = "webp")]
pub(super) use patches::Patches;

pub(crate) const SIGNATURE: usize = 8;

/// Most chunks of a file. An encoder that writes 8 KB at a time makes 6,400 of 50 MB.
const MAX_CHUNKS: usize = 100_000;

/// The colour type of a picture with a palette.
const PALETTE: u8 = 3;

/// The chunks that matter here.
struct Chunks<'a> {
    header: &'a [u8; 13],
    color: ColorChunks<'a>,
    exif: Option<&'a [u8]>,
    /// Frames that are announced.
    frames: u32,
    animation: Animation,
    /// Whether the still picture is none of the frames.
    is_beside: bool,
    has_transparency: bool,
}

pub(super) fn probe(input: &[u8]) -> Result<ImageInfo, Error> {
    let chunks = Chunks::read(input)?;
    let &[w3, w2, w1, w0, h3, h2, h1, h0, depth, color, _, _, interlacing] = chunks.header;
    let alpha = u8::from(chunks.has_transparency);
    let channels = match color {
        0 => 1 + alpha,
        2 | 3 => 3 + alpha,
        4 => 2,
        6 => 4,
        _ => return Err(Corrupt::malformed("its colour type is none that PNG has").into()),
    };
    let orientation = chunks.exif.and_then(exif::orientation).unwrap_or(Orientation::AS_STORED);
    // An index says as much as three colours: what is dense for it is less.
    let bytes = input.len() as u64 * if color == PALETTE { 5 } else { 1 };
    let in_bands = interlacing == 0
        && depth < 16
        && orientation == Orientation::AS_STORED
        && matches!(chunks.color.read(), Colors::Srgb | Colors::Unusable);
    Ok(ImageInfo {
        format: ImageFormat::Png,
        width: u32::from_be_bytes([w3, w2, w1, w0]),
        height: u32::from_be_bytes([h3, h2, h1, h0]),
        orientation,
        frames: chunks.frames.max(1),
        animation: chunks.animation.of(chunks.frames > 1 || chunks.frames == 1 && chunks.is_beside),
        channels,
        bit_depth: if depth == 16 { 16 } else { 8 },
        decoder_bytes: chunks.copied_bytes(input),
        packing: Packing::Lossless { bytes, in_bands, is_webp: false },
    })
}

pub(super) fn decode(input: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Raster, Error> {
    let chunks = Chunks::read(input)?;
    let Opened { mut reader, layout, wide, size } = open(&chunks, input, info, limits)?;
    let mut pixels = vec![0; size];
    reader.next_frame(&mut pixels).map_err(|error| refused(&error))?;
    if wide && cfg!(target_endian = "little") {
        pixels.as_chunks_mut::<2>().0.iter_mut().for_each(|sample| sample.reverse());
    }
    let (colors, orientation) = (chunks.color.read(), info.orientation);
    let (width, height) = (info.width as usize, info.height as usize);
    Ok(Raster { wide, colors, orientation, ..Raster::new(width, height, layout, pixels) })
}

/// A decoder that has read the header.
struct Opened<'a> {
    reader: png::Reader<Cursor<Cow<'a, [u8]>>>,
    layout: Layout,
    /// Whether a component has 16 bits.
    wide: bool,
    /// Bytes of all pixels.
    size: usize,
}

fn open<'a>(
    chunks: &Chunks<'_>,
    input: &'a [u8],
    info: &ImageInfo,
    limits: &Limits,
) -> Result<Opened<'a>, Error> {
    let memory = usize::try_from(limits.max_image_memory).unwrap_or(usize::MAX);
    let readable = Cursor::new(chunks.readable(input));
    let mut decoder = png::Decoder::new_with_limits(readable, png::Limits { bytes: memory });
    decoder.set_transformations(png::Transformations::EXPAND);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let reader = decoder.read_info().map_err(|error| refused(&error))?;
    let (color, depth) = reader.output_color_type();
    let layout = match color {
        png::ColorType::Grayscale => Layout::Grey,
        png::ColorType::GrayscaleAlpha => Layout::GreyAlpha,
        png::ColorType::Rgb => Layout::Rgb,
        png::ColorType::Rgba => Layout::Rgba,
        png::ColorType::Indexed => return Err(Corrupt::malformed("its palette is missing").into()),
    };
    let wide = depth == png::BitDepth::Sixteen;
    let bytes = layout.channels() * if wide { 2 } else { 1 };
    let size = info.width as usize * info.height as usize * bytes;
    if reader.output_buffer_size() != Some(size) {
        return Err(Corrupt::malformed("its header is ambiguous").into());
    }
    Ok(Opened { reader, layout, wide, size })
}

fn refused(error: &png::DecodingError) -> Corrupt {
    match error {
        png::DecodingError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => {
            Corrupt::Truncated
        }
        other => Corrupt::malformed(other.to_string()),
    }
}

impl<'a> Chunks<'a> {
    fn read(input: &'a [u8]) -> Result<Self, Corrupt> {
        let mut rest = input.get(SIGNATURE..).ok_or(Corrupt::Truncated)?;
        let (first, header) = next(&mut rest)?;
        let header = header.first_chunk().filter(|_| &first == b"IHDR" && header.len() == 13);
        let header = header.ok_or_else(|| Corrupt::malformed("it does not start with its header"))?;
        let color = ColorChunks::default();
        let mut chunks = Self {
            header,
            color,
            exif: None,
            frames: 0,
            animation: Animation::default(),
            is_beside: false,
            has_transparency: false,
        };
        let mut before_data = true;
        for _ in 0..MAX_CHUNKS {
            let (name, data) = next(&mut rest)?;
            match &name {
                b"IDAT" => before_data = false,
                b"eXIf" => chunks.exif = chunks.exif.or(Some(data)),
                // Behind the data it says nothing.
                b"acTL" if before_data && chunks.frames == 0 => {
                    chunks.frames = data.first_chunk().map_or(0, |count| u32::from_be_bytes(*count));
                }
                b"fcTL" => {
                    let [width, height] = [4, 8].map(|at| {
                        let side = data.get(at..).and_then(<[u8]>::first_chunk);
                        side.map_or(0, |side| u32::from_be_bytes(*side))
                    });
                    chunks.is_beside |= !before_data && chunks.animation == Animation::default();
                    chunks.animation.add(width, height);
                }
                b"tRNS" => chunks.has_transparency = true,
                b"IEND" => return Ok(chunks),
                _ if before_data => chunks.color.take(name, data),
                _ => {}
            }
        }
        Err(Corrupt::malformed("it has too many chunks"))
    }

    /// The file as the decoder takes it: of colours it looks at nothing that we need, but refuses some that are broken.
    fn readable<'b>(&self, input: &'b [u8]) -> Cow<'b, [u8]> {
        if !self.color.upsets_decoder() {
            return input.into();
        }
        let (signature, mut rest) = input.split_at(SIGNATURE.min(input.len()));
        let mut kept = signature.to_vec();
        while let before = rest
            && let Ok((name, _)) = next(&mut rest)
        {
            if !ColorChunks::may_upset_decoder(&name) {
                kept.extend_from_slice(&before[..before.len() - rest.len()]);
            }
        }
        kept.into()
    }

    /// Bytes a pixel, rounded up, of the copy that [`readable`](Self::readable) makes.
    fn copied_bytes(&self, input: &[u8]) -> u8 {
        let &[w3, w2, w1, w0, h3, h2, h1, h0, ..] = self.header;
        let (width, height) = (u32::from_be_bytes([w3, w2, w1, w0]), u32::from_be_bytes([h3, h2, h1, h0]));
        let pixels = u64::from(width) * u64::from(height);
        let copied = if self.color.upsets_decoder() { input.len() as u64 } else { 0 };
        u8::try_from(copied.div_ceil(pixels.max(1))).unwrap_or(u8::MAX)
    }
}

/// Takes one chunk off: its name and data. Its checksum must be there; the decoder looks at it.
pub(crate) fn next<'a>(rest: &mut &'a [u8]) -> Result<([u8; 4], &'a [u8]), Corrupt> {
    let (length, after) = rest.split_first_chunk().ok_or(Corrupt::Truncated)?;
    let (name, after) = after.split_first_chunk().ok_or(Corrupt::Truncated)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    let (data, after) = after.split_at_checked(length).ok_or(Corrupt::Truncated)?;
    let (_checksum, after) = after.split_first_chunk::<4>().ok_or(Corrupt::Truncated)?;
    *rest = after;
    Ok((*name, data))
}
