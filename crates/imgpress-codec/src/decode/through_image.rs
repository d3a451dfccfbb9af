//! The formats whose decoders are used by way of the `image` crate.

use std::io::Cursor;

use image::codecs::webp::WebPDecoder;
use image::codecs::{bmp::BmpDecoder, ico::IcoDecoder, pnm::PnmDecoder, qoi::QoiDecoder};
use image::error::ImageFormatHint;
use image::{ColorType, ImageDecoder, ImageError};

use crate::colors::Colors;
use crate::error::{Corrupt, TooLarge, Unsupported};
use crate::options::ImageFormat;
use crate::probe::Packing;
use crate::raster::{Layout, MAX_ICC, Raster};
use crate::{Error, ImageInfo, Limits, Orientation};

pub(super) fn probe(format: ImageFormat, input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    if let Some((width, height)) = claimed_size(format, input) {
        limits.check_size(width, height)?;
    }
    let mut decoder = open(format, input).map_err(|error| refused(format, &error, limits))?;
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    let (pixels, depth) =
        (u64::from(width) * u64::from(height), color.bytes_per_pixel() / color.channel_count());
    let packing = match format {
        ImageFormat::Qoi => Packing::qoi(input.len(), pixels),
        _ if depth == 1 => Packing::sampled(input, pixels, color.channel_count()),
        _ => Packing::Unknown,
    };
    let orientation = decoder.orientation().map_or(1, |orientation| orientation.to_exif().into());
    Ok(ImageInfo {
        format,
        width,
        height,
        orientation: Orientation::from_exif(orientation).unwrap_or(Orientation::AS_STORED),
        frames: 1,
        channels: color.channel_count(),
        bit_depth: u8::try_from(color.bits_per_pixel() / u16::from(color.channel_count())).unwrap_or(u8::MAX),
        decoder_bytes: 0,
        animation: None,
        packing,
    })
}

pub(super) fn decode(input: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Raster, Error> {
    decode_with(open(info.format, input), info, limits)
}

/// As [`decode`], by a decoder that has been opened.
pub(super) fn decode_with(
    decoder: Result<Box<dyn ImageDecoder + '_>, ImageError>,
    info: &ImageInfo,
    limits: &Limits,
) -> Result<Raster, Error> {
    let wrong = |error: ImageError| refused(info.format, &error, limits);
    let mut decoder = decoder.map_err(wrong)?;
    let color = decoder.color_type();
    let icc = decoder.icc_profile().ok().flatten().filter(|profile| profile.len() <= MAX_ICC);
    let size = info.pixels() * u64::from(color.bytes_per_pixel());
    if decoder.dimensions() != (info.width, info.height) || decoder.total_bytes() != size {
        return Err(Corrupt::malformed("its header is ambiguous").into());
    }
    decoder.set_limits(belt(limits)).map_err(wrong)?;
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
    decoder.read_image(&mut bytes).map_err(wrong)?;
    let layout = match color {
        ColorType::L8 | ColorType::L16 => Layout::Grey,
        ColorType::La8 | ColorType::La16 => Layout::GreyAlpha,
        ColorType::Rgb8 | ColorType::Rgb16 => Layout::Rgb,
        ColorType::Rgba8 | ColorType::Rgba16 => Layout::Rgba,
        _ => return Err(Unsupported::Known("This kind of pixels").into()),
    };
    let (wide, colors) = (info.bit_depth == 16, Colors::of_icc(icc));
    let raster = Raster::new(info.width as usize, info.height as usize, layout, bytes);
    Ok(Raster { wide, colors, orientation: info.orientation, ..raster })
}

/// Width and height in the headers of formats whose decoders call a large picture a broken one.
fn claimed_size(format: ImageFormat, input: &[u8]) -> Option<(u32, u32)> {
    let bytes = |at: usize| input.get(at..).and_then(<[u8]>::first_chunk::<4>).copied();
    match format {
        ImageFormat::Qoi => Some((u32::from_be_bytes(bytes(4)?), u32::from_be_bytes(bytes(8)?))),
        ImageFormat::Bmp if input.get(14) != Some(&12) => {
            let side = |at| bytes(at).map(|bytes| i32::from_le_bytes(bytes).unsigned_abs());
            Some((side(18)?, side(22)?))
        }
        _ => None,
    }
}

fn open<'a>(format: ImageFormat, input: &'a [u8]) -> Result<Box<dyn ImageDecoder + 'a>, ImageError> {
    let reader = Cursor::new(input);
    Ok(match format {
        ImageFormat::Bmp => Box::new(BmpDecoder::new(reader)?),
        ImageFormat::Ico => Box::new(IcoDecoder::new(reader)?),
        ImageFormat::Pnm => Box::new(PnmDecoder::new(reader)?),
        ImageFormat::Qoi => Box::new(QoiDecoder::new(reader)?),
        ImageFormat::Webp => Box::new(WebPDecoder::new(reader)?),
        ImageFormat::Jpeg
        | ImageFormat::Png
        | ImageFormat::Gif
        | ImageFormat::Tiff
        | ImageFormat::Avif
        | ImageFormat::Jxl
        | ImageFormat::Heic => return Err(ImageError::Unsupported(ImageFormatHint::Unknown.into())),
    })
}

/// A second belt: the limits have been checked against the header by now.
fn belt(limits: &Limits) -> image::Limits {
    let mut belt = image::Limits::no_limits();
    belt.max_image_width = Some(limits.max_side);
    belt.max_image_height = Some(limits.max_side);
    belt.max_alloc = Some(limits.max_image_memory);
    belt
}

fn refused(format: ImageFormat, error: &ImageError, limits: &Limits) -> Error {
    match error {
        _ if ends_early(error) => Corrupt::Truncated.into(),
        ImageError::Limits(_) => TooLarge::Memory { limit: limits.max_image_memory }.into(),
        ImageError::Unsupported(_) => Unsupported::Known(this_kind(format)).into(),
        other => Corrupt::malformed(other.to_string()).into(),
    }
}

/// Whether somewhere among its causes is a read past the end.
fn ends_early(error: &ImageError) -> bool {
    let first = Some(error as &(dyn std::error::Error + 'static));
    std::iter::successors(first, |&error| error.source())
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|io| io.kind() == std::io::ErrorKind::UnexpectedEof)
}

fn this_kind(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Bmp => "A BMP of this kind",
        ImageFormat::Ico => "An icon of this kind",
        ImageFormat::Pnm => "A PNM of this kind",
        _ => "An image of this kind",
    }
}
