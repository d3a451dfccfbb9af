//! Windows icons: the best picture is chosen here and decoded as if it were the only one. A PNG inside goes
//! through our own PNG door, where its profile is inflated under a cap.

use std::borrow::Cow;

use crate::error::Corrupt;
use crate::options::ImageFormat;
use crate::raster::Raster;
use crate::{Error, ImageInfo, Limits, format};

use super::{png, through_image};

/// What an entry holds.
enum Picture<'a> {
    Png(&'a [u8]),
    /// An icon of this picture alone.
    Bitmap(Vec<u8>),
}

pub(super) fn probe(input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    let info = match best(input)? {
        Picture::Png(data) => png::probe(data),
        Picture::Bitmap(icon) => through_image::probe(ImageFormat::Ico, &icon, limits),
    }?;
    Ok(ImageInfo { format: ImageFormat::Ico, frames: 1, ..info })
}

pub(super) fn decode(input: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Raster, Error> {
    match best(input)? {
        Picture::Png(data) => png::decode(data, info, limits),
        Picture::Bitmap(icon) => through_image::decode(&icon, info, limits),
    }
}

/// The entry with the most pixels and, among those, the most bits a pixel; the first of equal ones. (A 256-pixel side
/// is written as 0.)
fn best(input: &[u8]) -> Result<Picture<'_>, Error> {
    const HEADER: usize = 6;
    const ENTRY: usize = 16;
    let count = input.get(4..).and_then(<[u8]>::first_chunk).ok_or(Corrupt::Truncated)?;
    let size = usize::from(u16::from_le_bytes(*count)) * ENTRY;
    let entries = input.get(HEADER..HEADER + size).ok_or(Corrupt::Truncated)?;
    let score = |entry: &&[u8; ENTRY]| {
        let side = |byte: u8| u32::from(byte.wrapping_sub(1)) + 1;
        (side(entry[0]) * side(entry[1]), u16::from_le_bytes([entry[6], entry[7]]))
    };
    let entry = entries.as_chunks().0.iter().rev().max_by_key(score).ok_or(Corrupt::Truncated)?;
    let [.., s0, s1, s2, s3, o0, o1, o2, o3] = *entry;
    let at = |bytes| usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(usize::MAX);
    let (size, offset) = (at([s0, s1, s2, s3]), at([o0, o1, o2, o3]));
    let data = input.get(offset..offset.saturating_add(size)).ok_or(Corrupt::Truncated)?;
    if matches!(format::recognise(data), Ok(ImageFormat::Png)) {
        return Ok(Picture::Png(data));
    }
    let data = one_transparency(data);
    let mut icon = vec![0, 0, 1, 0, 1, 0];
    icon.extend_from_slice(&entry[..8]);
    icon.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    icon.extend_from_slice(&[22, 0, 0, 0]);
    icon.extend_from_slice(&data);
    Ok(Picture::Bitmap(icon))
}

/// A bitmap of 32 bits has alpha and a mask behind its pixels, and they may contradict each other. As browsers do:
/// alpha is what counts and the mask goes, unless alpha is zero all over, when it was never written and only the mask
/// says what is seen.
fn one_transparency(bitmap: &[u8]) -> Cow<'_, [u8]> {
    const HEADER: usize = 40;
    let number = |at: usize| {
        let bytes = bitmap.get(at..).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |bytes| usize::try_from(u32::from_le_bytes(*bytes)).unwrap_or(usize::MAX))
    };
    let (width, both_heights, palette) = (number(4), number(8), number(32));
    let is_plain = number(0) == HEADER && bitmap.get(14..20) == Some(&[32, 0, 0, 0, 0, 0]) && palette == 0;
    let height = both_heights / 2;
    let (pixels, mask) =
        (width.saturating_mul(height).saturating_mul(4), width.div_ceil(32).saturating_mul(height));
    let end = HEADER.saturating_add(pixels);
    // The mask of a row is filled up to 4 bytes.
    if !is_plain || bitmap.len() < end.saturating_add(mask.saturating_mul(4)) {
        return bitmap.into();
    }
    if bitmap[HEADER..end].iter().skip(3).step_by(4).any(|&alpha| alpha != 0) {
        return bitmap[..end].into();
    }
    let mut opaque = bitmap.to_vec();
    opaque[HEADER..end].iter_mut().skip(3).step_by(4).for_each(|alpha| *alpha = u8::MAX);
    opaque.into()
}
