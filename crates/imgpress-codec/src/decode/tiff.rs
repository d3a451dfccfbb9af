//! TIFF 6.0. The decoder takes what it needs of a strip and asks no further, and takes a damaged JPEG for a whole
//! one: every strip and tile is proved whole first.

mod complete;

use std::borrow::Cow;
use std::io::Cursor;

use tiff::decoder::{ChunkType, Decoder as Directory};
use tiff::tags::Tag;

use crate::error::{Corrupt, Unsupported};
use crate::exif::Tiff;
use crate::metadata::{Found, ifd};
use crate::options::ImageFormat;
use crate::raster::{Layout, Raster};
use crate::{Error, ImageInfo, Limits};

use super::through_image;

pub(super) fn probe(input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    let info = through_image::probe(ImageFormat::Tiff, input, limits)?;
    // The decoder reads into a buffer of its own and copies: inks, where there are some, before it converts.
    let pixel = (info.channels + 1).min(4) * (info.bit_depth / 8);
    Ok(ImageInfo { decoder_bytes: pixel, ..info })
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

pub(super) fn decode(input: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Raster, Error> {
    let mut directory = open(input)?;
    refuse_what_the_decoder_gets_wrong(&mut directory)?;
    complete::check(input, &mut directory, limits)?;
    let premultiplied = first(&mut directory, Tag::ExtraSamples) == Some(1);
    let mut raster = through_image::decode(input, info, limits)?;
    if premultiplied {
        unmultiply(&mut raster);
    }
    Ok(raster)
}

fn open(input: &[u8]) -> Result<Directory<Cursor<&[u8]>>, Corrupt> {
    Directory::new(Cursor::new(input)).map_err(|error| Corrupt::malformed(error.to_string()))
}

/// The first number that a tag has.
fn first(directory: &mut Directory<Cursor<&[u8]>>, tag: Tag) -> Option<u64> {
    directory.find_tag_unsigned_vec::<u64>(tag).ok().flatten()?.first().copied()
}

/// Bits in the other order it takes for the usual one, and on tiles of one component each it panics.
fn refuse_what_the_decoder_gets_wrong(directory: &mut Directory<Cursor<&[u8]>>) -> Result<(), Unsupported> {
    let planar = first(directory, Tag::PlanarConfiguration) == Some(2);
    if planar && directory.get_chunk_type() == ChunkType::Tile {
        return Err(Unsupported::Known("A TIFF with a tile for each component"));
    }
    match first(directory, Tag::FillOrder) {
        None | Some(1) => Ok(()),
        Some(_) => Err(Unsupported::Known("A TIFF with its bits in the order of fax machines")),
    }
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
