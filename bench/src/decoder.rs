//! How every output is decoded before it is scored: as libjpeg-turbo does by default, so as most viewers do.

use anyhow::{Context, Result, ensure};
use mozjpeg::{DctMethod, Decompress};

/// Decodes a WebP with the crate `image`, and a JPEG to RGB with libjpeg's exact integer DCT (`islow`) and its triangle filter for subsampled colour
/// ("fancy upsampling"). mozjpeg's decompressor is libjpeg-turbo's.
///
/// # Errors
///
/// The bytes are no JPEG of that size.
pub(crate) fn decode(jpeg: &[u8], width: usize, height: usize) -> Result<Vec<u8>> {
    if jpeg.starts_with(b"RIFF") {
        let decoded = image::load_from_memory_with_format(jpeg, image::ImageFormat::WebP)?.into_rgb8();
        ensure!(decoded.dimensions() == (width as u32, height as u32), "the output has another size");
        return Ok(decoded.into_raw());
    }
    let mut decompress = Decompress::new_mem(jpeg).context("the output has no JPEG header")?;
    decompress.dct_method(DctMethod::IntegerSlow);
    decompress.do_fancy_upsampling(true);
    ensure!(decompress.size() == (width, height), "the output has another size than the picture");
    let mut started = decompress.rgb()?;
    let pixels = started.read_scanlines::<u8>()?;
    started.finish()?;
    Ok(pixels)
}
