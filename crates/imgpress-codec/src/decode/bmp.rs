//! BMP. Headers of OS/2 2.0 are put as those of Windows; run lengths are decoded here, because what they leave out is
//! nothing, as in browsers, and because others show rows that are missing as black.

mod runs;

use std::borrow::Cow;

use crate::error::{Corrupt, Unsupported};
use crate::options::ImageFormat;
use crate::raster::{Layout, Raster};
use crate::{Error, ImageInfo, Limits};

use super::through_image;
use runs::Runs;

pub(super) fn probe(input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    let converted = as_windows(input)?;
    let info = through_image::probe(ImageFormat::Bmp, &converted, limits)?;
    if Runs::find(&converted).is_some() {
        return Ok(ImageInfo { channels: 4, ..info });
    }
    let copied = if matches!(converted, Cow::Owned(_)) { input.len() as u64 } else { 0 };
    let decoder_bytes = u8::try_from(copied.div_ceil(info.pixels().max(1))).unwrap_or(u8::MAX);
    Ok(ImageInfo { decoder_bytes, ..info })
}

pub(super) fn decode(input: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Raster, Error> {
    let input = &*as_windows(input)?;
    if starts_in_palette(input) {
        return Err(Corrupt::malformed("its pixels begin inside its palette").into());
    }
    if let Some(runs) = Runs::find(input) {
        let (width, height) = (info.width as usize, info.height as usize);
        return Ok(Raster::new(width, height, Layout::Rgba, runs.decode(width, height)?));
    }
    through_image::decode(input, info, limits)
}

/// A file with a header of OS/2 2.0, of 64 bytes or the first 16 of them, as one with that of Windows, whose 40 bytes
/// mean the same; fields that are left out are zero.
fn as_windows(input: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    const FILE_HEADER: usize = 14;
    const WINDOWS: u8 = 40;
    let size = match input.get(FILE_HEADER..FILE_HEADER + 4) {
        Some([size @ (16 | 64), 0, 0, 0]) => *size,
        _ => return Ok(input.into()),
    };
    let (before, rest) = input.split_at_checked(FILE_HEADER).ok_or(Corrupt::Truncated)?;
    let (header, rest) = rest.split_at_checked(size.into()).ok_or(Corrupt::Truncated)?;
    // Compression 3 is that of fax machines here, and 4 runs of 24 bits: the numbers mean other things to Windows.
    if header.get(16).is_some_and(|compression| *compression > 2) {
        return Err(Unsupported::Known("A BMP of OS/2 with this compression").into());
    }
    let mut file = before.to_vec();
    let offset = before.last_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let offset = offset.checked_add(WINDOWS.into()).and_then(|offset| offset.checked_sub(size.into()));
    let offset = offset.ok_or(Corrupt::malformed("its pixels begin inside its header"))?;
    file[10..].copy_from_slice(&offset.to_le_bytes());
    file.extend_from_slice(&header[..header.len().min(WINDOWS.into())]);
    file[FILE_HEADER] = WINDOWS;
    file.resize(FILE_HEADER + usize::from(WINDOWS), 0);
    file.extend_from_slice(rest);
    Ok(file.into())
}

/// Whether the pixels are said to be where the palette is. (Windows' headers alone; the older ones are 12 bytes long.)
fn starts_in_palette(input: &[u8]) -> bool {
    let number = |at: usize| {
        input.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)))
    };
    let (offset, header, bits) = (number(10), number(14), number(26) >> 16);
    let colors = match number(46) {
        0 if bits <= 8 => 1 << bits,
        stated if bits <= 8 => stated.min(1 << bits),
        _ => 0,
    };
    // Some writers leave the entries at the palette's end out: that much is overlooked.
    header >= 40 && colors > 0 && offset < 14 + header + 4
}
