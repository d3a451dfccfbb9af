use crate::options::ImageFormat;
use crate::{Error, ImageInfo, Limits};

use super::through_image;

pub(super) fn probe(input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    let info = through_image::probe(ImageFormat::Tiff, input, limits)?;
    // The decoder reads into a buffer of its own and copies: inks, where there are some, before it converts.
    let pixel = (info.channels + 1).min(4) * (info.bit_depth / 8);
    Ok(ImageInfo { decoder_bytes: pixel, ..info })
}
