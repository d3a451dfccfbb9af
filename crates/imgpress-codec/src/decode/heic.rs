//! HEIC, through the system's libheif: the one decoder here that is not Rust, and is built for who asks for it alone.

use imgpress_heif::{Error as Heif, File, Pixels};

use crate::colors::{Coded, Colors};
use crate::error::{Corrupt, TooLarge, Unsupported};
use crate::options::ImageFormat;
use crate::probe::Packing;
use crate::raster::{Layout, MAX_ICC, Raster};
use crate::{Error, ImageInfo, Limits, Orientation};

/// Bytes a pixel that libheif takes for each component beside the picture: its planes, the decoder's, and red, green and
/// blue once more.
const COMPONENT: u8 = 4;

pub(super) fn probe(input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    let file = open(input, limits)?;
    let (width, height) = file.size();
    let channels = if file.has_alpha() { 4 } else { 3 };
    let is_wide = file.bits() > 8;
    Ok(ImageInfo {
        format: ImageFormat::Heic,
        width,
        height,
        // libheif has turned it.
        orientation: Orientation::AS_STORED,
        frames: file.pictures(),
        channels,
        bit_depth: if is_wide { 16 } else { 8 },
        decoder_bytes: channels * COMPONENT * if is_wide { 2 } else { 1 },
        animation: None,
        packing: Packing::heic(input.len(), u64::from(width) * u64::from(height)),
    })
}

pub(super) fn decode(input: &[u8], limits: &Limits) -> Result<Raster, Error> {
    let file = open(input, limits)?;
    let colors = match file.colors(MAX_ICC) {
        imgpress_heif::Colors::Icc(icc) => Colors::of_icc(Some(icc)),
        imgpress_heif::Colors::Coded { primaries, transfer } => {
            Coded::from_cicp(&cicp(primaries, transfer)).map_or(Colors::Srgb, Colors::of_coded)
        }
        imgpress_heif::Colors::Unstated => Colors::Srgb,
    };
    let pixels = file.decode().map_err(|error| refused(&error, limits))?;
    let layout = if file.has_alpha() { Layout::Rgba } else { Layout::Rgb };
    let (width, height, is_wide) = (pixels.width, pixels.height, pixels.bits > 8);
    let mut bytes = if is_wide { widened(pixels) } else { pixels.bytes };
    if file.has_alpha() && file.is_premultiplied() {
        take_back(&mut bytes, is_wide);
    }
    Ok(Raster { wide: is_wide, colors, ..Raster::new(width, height, layout, bytes) })
}

fn open<'a>(input: &'a [u8], limits: &Limits) -> Result<File<'a>, Error> {
    File::open(input, limits.longest_side()).map_err(|error| refused(&error, limits))
}

fn refused(error: &Heif, limits: &Limits) -> Error {
    match error {
        Heif::Unsupported(_) => Unsupported::Known("This kind of HEIC").into(),
        Heif::Memory(_) => TooLarge::Memory { limit: limits.max_image_memory }.into(),
        other => Corrupt::malformed(other.to_string()).into(),
    }
}

/// As a cICP chunk of a PNG says it; what is unspecified is sRGB, and the curves of television are taken for its curve, as
/// of AVIF.
fn cicp(primaries: u16, transfer: u16) -> [u8; 4] {
    let narrow = |number: u16| u8::try_from(number).unwrap_or(0);
    let primaries = if primaries == 2 { 1 } else { narrow(primaries) };
    let transfer = if matches!(transfer, 1 | 2 | 6 | 14 | 15) { 13 } else { narrow(transfer) };
    [primaries, transfer, 0, 1]
}

/// Of all 16 bits, in the machine's order.
fn widened(pixels: Pixels) -> Vec<u8> {
    let largest = (1_u32 << pixels.bits) - 1;
    let mut bytes = pixels.bytes;
    for sample in bytes.as_chunks_mut().0 {
        let value = u32::from(u16::from_le_bytes(*sample)).min(largest);
        let wide = u16::try_from((value * 65_535 + largest / 2) / largest).unwrap_or(u16::MAX);
        *sample = wide.to_ne_bytes();
    }
    bytes
}

/// Takes back that colours were multiplied by alpha.
fn take_back(bytes: &mut [u8], is_wide: bool) {
    if is_wide {
        for pixel in bytes.as_chunks_mut::<8>().0 {
            let [r, g, b, a] =
                [0, 2, 4, 6].map(|at| u32::from(u16::from_ne_bytes([pixel[at], pixel[at + 1]])));
            for (at, value) in [(0, r), (2, g), (4, b)] {
                let value = (value * 65_535 + a / 2).checked_div(a).unwrap_or(0).min(65_535);
                pixel[at..at + 2].copy_from_slice(&u16::try_from(value).unwrap_or(u16::MAX).to_ne_bytes());
            }
        }
    } else {
        for [r, g, b, a] in bytes.as_chunks_mut().0 {
            let alpha = u16::from(*a);
            for value in [r, g, b] {
                let whole = (u16::from(*value) * 255 + alpha / 2).checked_div(alpha).unwrap_or(0);
                *value = u8::try_from(whole.min(255)).unwrap_or(u8::MAX);
            }
        }
    }
}
