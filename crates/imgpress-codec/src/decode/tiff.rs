use std::borrow::Cow;

use crate::exif::Tiff;
use crate::metadata::{Found, ifd};
use crate::options::ImageFormat;
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
