//! QOI (specification 1.0). Its operations are walked first: the picture has to end where the end marker begins.

use crate::error::Corrupt;
use crate::raster::Raster;
use crate::{Error, ImageInfo, Limits};

use super::through_image;

const HEADER: usize = 14;
const END: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 1];

pub(super) fn decode(input: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Raster, Error> {
    check(input.get(HEADER..).unwrap_or_default(), info.pixels())?;
    through_image::decode(input, info, limits)
}

fn check(mut rest: &[u8], mut pixels: u64) -> Result<(), Corrupt> {
    while pixels > 0 {
        let [operation, ..] = *rest else {
            return Err(Corrupt::Truncated);
        };
        let (bytes, covered) = match operation {
            0xfe => (4, 1),
            0xff => (5, 1),
            0x80..=0xbf => (2, 1),
            0xc0..=0xfd => (1, u64::from(operation - 0xc0) + 1),
            0x00..=0x7f => (1, 1),
        };
        rest = rest.get(bytes..).ok_or(Corrupt::Truncated)?;
        pixels = pixels
            .checked_sub(covered)
            .ok_or_else(|| Corrupt::malformed("it has more pixels than it says"))?;
    }
    match rest.get(..END.len()) {
        Some(END) => Ok(()),
        Some(_) => Err(Corrupt::malformed("its data go on behind its last pixel")),
        None => Err(Corrupt::Truncated),
    }
}
