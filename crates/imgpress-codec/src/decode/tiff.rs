//! TIFF 6.0, by a reader of our own: it makes a picture of strips and tiles that are whole, to the last bit, where
//! others take what they need of them and ask no further.

mod directory;
mod fax;
mod header;
mod samples;
mod unpack;
mod ycbcr;

use std::borrow::Cow;

use crate::colors::Colors;
use crate::exif::Tiff;
use crate::metadata::{Found, ifd};
use crate::options::ImageFormat;
use crate::probe::Packing;
use crate::raster::{Layout, MAX_ICC, Raster};
use crate::{Budget, Error, ImageInfo, Limits};

use header::{Alpha, Header, Ink, Method};
use samples::Samples;
use unpack::Part;

pub(super) fn probe(input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    let header = Header::read(input, limits)?;
    Ok(ImageInfo {
        format: ImageFormat::Tiff,
        width: u32::try_from(header.width).unwrap_or(u32::MAX),
        height: u32::try_from(header.height).unwrap_or(u32::MAX),
        orientation: header.orientation,
        frames: 1,
        channels: u8::try_from(header.layout().channels()).unwrap_or(u8::MAX),
        bit_depth: if header.wide() { 16 } else { 8 },
        decoder_bytes: unpacked_bytes(&header),
        animation: None,
        packing: packing(&header, input),
    })
}

fn packing(header: &Header<'_>, input: &[u8]) -> Packing {
    let pixels = header.width as u64 * header.height as u64;
    let channels = u8::try_from(header.samples).unwrap_or(u8::MAX);
    match header.method {
        _ if header.bits != 8 || header.planar => Packing::Unknown,
        Method::Plain => Packing::sampled(input, pixels, channels),
        Method::Deflate | Method::Lzw => Packing::packed(input.len(), pixels, channels),
        _ => Packing::Unknown,
    }
}

/// Bytes a pixel, rounded up, that a strip or tile takes when it is unpacked. Where it is not compressed it is read
/// where it stands.
fn unpacked_bytes(header: &Header<'_>) -> u8 {
    let converted = matches!(header.ink, Ink::YCbCr(_));
    if header.method == Method::Plain && !header.reversed && !converted {
        return 0;
    }
    let (part, pixels) = (header.parts.width * header.parts.height, header.width * header.height);
    let bytes = header.bytes_of(header.parts.width, header.parts.height);
    let bytes = bytes + if converted { 3 * part as u64 } else { 0 };
    u8::try_from(bytes.div_ceil(pixels as u64)).unwrap_or(u8::MAX)
}

/// What the first directory carries beside the picture.
pub(super) fn metadata(input: &[u8]) -> Found<'_> {
    const XMP: u16 = 700;
    const IPTC: u16 = 33723;
    const PHOTOSHOP: u16 = 34377;
    let Some(first) = Tiff::new(input).as_ref().and_then(ifd::first) else {
        return Found::default();
    };
    let value = |tag| first.get(tag).and_then(|entry| entry.value).map(|(_, value)| value);
    let mut found = Found { exif: Some(input.into()), is_tiff: true, ..Found::default() };
    found.xmp = value(XMP).map(Cow::from);
    found.take_resources(value(PHOTOSHOP).unwrap_or_default());
    if let Some(datasets) = value(IPTC) {
        found.take_datasets(datasets);
    }
    found
}

pub(super) fn decode(
    input: &[u8],
    info: &ImageInfo,
    limits: &Limits,
    budget: &Budget,
) -> Result<Raster, Error> {
    let header = Header::read(input, limits)?;
    let layout = header.layout();
    let pixel = layout.channels() * if header.wide() { 2 } else { 1 };
    let mut pixels = vec![0; header.width * header.height * pixel];
    let mut samples = Samples::new(&header);
    let parts = header.parts.across * header.parts.down;
    for index in 0..if header.planar { parts * header.samples } else { parts } {
        budget.check()?;
        place(Place { input, header: &header, limits, budget }, &mut samples, index, &mut pixels)?;
    }
    let icc = header.profile.filter(|profile| profile.len() <= MAX_ICC).map(<[u8]>::to_vec);
    let (colors, orientation, wide) = (Colors::of_icc(icc), info.orientation, header.wide());
    let raster = Raster::new(header.width, header.height, layout, pixels);
    let mut raster = Raster { wide, colors, orientation, ..raster };
    // The colours of a palette are no pixel's: none has been multiplied.
    if header.alpha == Some(Alpha::Associated) && !matches!(header.ink, Ink::Palette(_)) {
        unmultiply(&mut raster);
    }
    Ok(raster)
}

/// Where strips and tiles come from.
#[derive(Clone, Copy)]
struct Place<'a> {
    input: &'a [u8],
    header: &'a Header<'a>,
    limits: &'a Limits,
    budget: &'a Budget,
}

/// Unpacks a strip or tile and puts its pixels where they belong. Every one is unpacked, and so proved whole, even
/// that of a component which is of no use.
fn place(
    Place { input, header, limits, budget }: Place<'_>,
    samples: &mut Samples<'_>,
    index: usize,
    pixels: &mut [u8],
) -> Result<(), Error> {
    let parts = &header.parts;
    let (plane, at) = (index / (parts.across * parts.down), index % (parts.across * parts.down));
    let (x, y) = (at % parts.across * parts.width, at / parts.across * parts.height);
    let (width, height) = (parts.width.min(header.width - x), parts.height.min(header.height - y));
    let stored = if parts.tiled { (parts.width, parts.height) } else { (width, height) };
    let rows = Part { index, width, height, stored, input }.unpack(header, limits, budget)?;
    let channels = header.layout().channels();
    if plane >= channels {
        return Ok(());
    }
    let pixel = channels * if header.wide() { 2 } else { 1 };
    for (row, line) in rows.bytes.chunks(rows.stride).take(height).enumerate() {
        let start = ((y + row) * header.width + x) * pixel;
        samples.read(line, stored.0);
        samples.write(&mut pixels[start..start + width * pixel], channels, plane, width);
    }
    Ok(())
}

/// Colours that are stored times their alpha (TIFF 6.0, section 18: ExtraSamples 1) as they were before.
fn unmultiply(raster: &mut Raster) {
    let channels = raster.layout.channels();
    if !matches!(raster.layout, Layout::GreyAlpha | Layout::Rgba) {
        return;
    }
    if raster.wide {
        for pixel in raster.pixels.chunks_exact_mut(2 * channels) {
            let samples = pixel.as_chunks_mut::<2>().0;
            let Some((alpha, colors)) = samples.split_last_mut() else { continue };
            let alpha = u32::from(u16::from_ne_bytes(*alpha));
            for color in colors {
                let value = u32::from(u16::from_ne_bytes(*color));
                let value = u64::from(value) * 65_535 / u64::from(alpha.max(1));
                *color = u16::try_from(value).unwrap_or(u16::MAX).to_ne_bytes();
            }
        }
    } else {
        for pixel in raster.pixels.chunks_exact_mut(channels) {
            let Some((alpha, colors)) = pixel.split_last_mut() else { continue };
            let alpha = u32::from(*alpha);
            for color in colors {
                let value = (u32::from(*color) * 255 + alpha / 2) / alpha.max(1);
                *color = u8::try_from(value).unwrap_or(u8::MAX);
            }
        }
    }
}
