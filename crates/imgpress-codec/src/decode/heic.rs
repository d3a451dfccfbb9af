//! HEIC: its boxes are read by ourselves, its pictures are decoded by the system's libheif, the one decoder here that is
//! not Rust. It is built for who asks for it alone (ADR 13).

use imgpress_heif::{Bounds, Error as Heif, Picture, Pixels};

use crate::colors::{Coded, Colors};
use crate::container::heic::{Heic, Stated};
use crate::error::{Corrupt, TooLarge, Unsupported};
use crate::metadata::{Found, Removed};
use crate::options::ImageFormat;
use crate::probe::Packing;
use crate::raster::{Layout, MAX_ICC, Raster};
use crate::{Budget, Error, ImageInfo, Limits, Orientation};

pub(super) fn probe(input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    let heic = Heic::read(input, limits)?;
    let (width, height) = heic.shown;
    let pixels = u64::from(width) * u64::from(height);
    let (channels, depth) = (if heic.has_alpha { 4 } else { 3 }, if heic.bits > 8 { 2 } else { 1 });
    // Beside the planes there are red, green and blue once more, as libheif makes them.
    let bytes = heic.decoder_bytes.div_ceil(pixels.max(1)) + u64::from(channels * depth);
    Ok(ImageInfo {
        format: ImageFormat::Heic,
        width,
        height,
        // libheif turns it, as the file says and not its EXIF (ISO/IEC 23008-12, 6.5.10).
        orientation: Orientation::AS_STORED,
        frames: heic.pictures,
        channels,
        bit_depth: depth * 8,
        decoder_bytes: u8::try_from(bytes).unwrap_or(u8::MAX),
        animation: None,
        packing: Packing::heic(input.len(), pixels),
    })
}

pub(super) fn decode(
    input: &[u8],
    info: &ImageInfo,
    limits: &Limits,
    budget: &Budget,
) -> Result<Raster, Error> {
    let heic = Heic::read(input, limits)?;
    let colors = match heic.colors() {
        Some(Stated::Icc(icc)) if icc.len() <= MAX_ICC => Colors::of_icc(Some(icc.to_vec())),
        Some(Stated::Icc(_)) => Colors::Unusable,
        Some(Stated::Numbers(primaries, transfer)) => {
            Coded::from_cicp(&cicp(primaries, transfer)).map_or(Colors::Srgb, Colors::of_coded)
        }
        None => Colors::Srgb,
    };
    budget.check()?;
    let picture = Picture {
        stored: heic.stored,
        shown: heic.shown,
        has_alpha: heic.has_alpha,
        is_wide: info.bit_depth > 8,
    };
    let bounds =
        Bounds { side: limits.longest_side(), pixels: limits.max_pixels, memory: limits.max_image_memory };
    let pixels = imgpress_heif::decode(input, &picture, &bounds).map_err(|error| refused(&error, limits))?;
    budget.check()?;
    let layout = if heic.has_alpha { Layout::Rgba } else { Layout::Rgb };
    let is_premultiplied = pixels.is_premultiplied;
    let mut bytes = if picture.is_wide { widened(pixels) } else { pixels.bytes };
    if is_premultiplied {
        take_back(&mut bytes, picture.is_wide);
    }
    let (width, height) = (heic.shown.0 as usize, heic.shown.1 as usize);
    Ok(Raster { wide: picture.is_wide, colors, ..Raster::new(width, height, layout, bytes) })
}

/// What the file carries beside the picture.
pub(super) fn metadata(input: &[u8]) -> Found<'_> {
    // It was read before.
    let Ok(heic) = Heic::read(input, &Limits::default()) else { return Found::default() };
    let mut found = Found { exif: heic.exif(), xmp: heic.xmp(), ..Found::default() };
    found.dropped.removes_if(heic.has_trailer(), Removed::TrailingData);
    found
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
