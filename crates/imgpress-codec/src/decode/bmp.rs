//! BMP. Run lengths are walked first: the decoder shows rows that they leave out as black.

use crate::error::Corrupt;
use crate::raster::Raster;
use crate::{Error, ImageInfo, Limits};

use super::through_image;

pub(super) fn decode(input: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Raster, Error> {
    if starts_in_palette(input) {
        return Err(Corrupt::malformed("its pixels begin inside its palette").into());
    }
    if let Some((data, per_byte)) = run_lengths(input) {
        check(data, per_byte, info.height.into())?;
    }
    through_image::decode(input, info, limits)
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

/// The data of a bitmap of run lengths (`BI_RLE8`, `BI_RLE4`), and how many pixels a byte of them holds.
fn run_lengths(input: &[u8]) -> Option<(&[u8], usize)> {
    let number =
        |at: usize| input.get(at..).and_then(<[u8]>::first_chunk).map(|bytes| u32::from_le_bytes(*bytes));
    let offset = usize::try_from(number(10)?).ok()?;
    let per_byte = match (number(14)?, number(30)?) {
        (40.., 1) => 1,
        (40.., 2) => 2,
        _ => return None,
    };
    Some((input.get(offset..).unwrap_or_default(), per_byte))
}

/// Whether every row has pixels. Rows may end early, and steps ahead leave out what they like: that is how the
/// format draws on a ground.
fn check(mut data: &[u8], per_byte: usize, height: u64) -> Result<(), Corrupt> {
    let missing = || Corrupt::malformed("rows of the picture are missing");
    let (mut x, mut y, mut steps) = (0, 0, false);
    loop {
        let (&[count, value], rest) = data.split_first_chunk().ok_or(Corrupt::Truncated)?;
        data = rest;
        match (count, value) {
            (0, 0) => {
                if x == 0 && !steps && y < height {
                    return Err(missing());
                }
                (x, y) = (0, y + 1);
            }
            (0, 1) => break,
            (0, 2) => {
                let (&[right, up], rest) = data.split_first_chunk().ok_or(Corrupt::Truncated)?;
                data = rest;
                (x, y, steps) = (x + u64::from(right), y + u64::from(up), true);
            }
            (0, pixels) => {
                let bytes = usize::from(pixels).div_ceil(per_byte).next_multiple_of(2);
                data = data.get(bytes..).ok_or(Corrupt::Truncated)?;
                x += u64::from(pixels);
            }
            (pixels, _) => x += u64::from(pixels),
        }
        // Runs that stand out of a row are cut off, as browsers do.
        if y > height {
            return Err(Corrupt::malformed("it has more rows than it says"));
        }
    }
    // Some writers end the last row, and some only the picture.
    if y + u64::from(x > 0) >= height || steps { Ok(()) } else { Err(missing()) }
}
