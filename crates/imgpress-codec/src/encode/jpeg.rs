//! The JPEG encoder, behind an interface that does not show which one it is.

#[cfg(feature = "mozjpeg")]
mod mozjpeg;
#[cfg(not(feature = "mozjpeg"))]
mod own;

#[cfg(feature = "mozjpeg")]
use self::mozjpeg as encoder;
#[cfg(not(feature = "mozjpeg"))]
use self::own as encoder;
use crate::options::{Effort, Quality};
use crate::raster::{Layout, Raster};
use crate::{Error, Limits, jpeg::JpegFile};

/// Encodes an opaque picture as a progressive JPEG: grey with one component, else YCbCr, and no metadata.
///
/// # Errors
/// [`Error::Encoder`]: no picture that a decoder made brings this about.
pub(crate) fn encode(raster: &Raster, quality: Quality, effort: Effort) -> Result<Vec<u8>, Error> {
    encoder::encode(raster, quality, effort)
}

/// The quantisation tables, in zigzag order, of what [`encode`] makes of a picture of 1 or 3 components.
///
/// # Errors
/// As [`encode`].
pub(crate) fn quantisation(
    components: usize,
    quality: Quality,
    effort: Effort,
) -> Result<Vec<[u16; 64]>, Error> {
    let layout = if components == 1 { Layout::Grey } else { Layout::Rgb };
    let pixels = vec![0; layout.channels()];
    let orientation = crate::Orientation::AS_STORED;
    let encoded =
        encode(&Raster { width: 1, height: 1, layout, pixels, icc: None, orientation }, quality, effort)?;
    let tables = JpegFile::parse(&encoded, &Limits::default())?.quantisation();
    tables.ok_or_else(|| Error::Encoder("the encoder wrote no quantisation tables".into()))
}
