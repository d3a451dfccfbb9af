//! The JPEG encoder, behind an interface that does not show which one it is.

#[cfg(feature = "mozjpeg")]
mod mozjpeg;
#[cfg(not(feature = "mozjpeg"))]
mod own;
#[cfg(not(feature = "mozjpeg"))]
mod planes;
#[cfg(not(feature = "mozjpeg"))]
mod recode;

#[cfg(feature = "mozjpeg")]
use self::mozjpeg as encoder;
#[cfg(not(feature = "mozjpeg"))]
use self::own as encoder;
use crate::Error;
use crate::options::{Effort, Quality};
use crate::raster::Raster;

#[cfg(not(feature = "mozjpeg"))]
pub(crate) use own::BandEncoder;
#[cfg(not(feature = "mozjpeg"))]
pub(crate) use planes::{WholePlanes, from_planes, keeps_steps, takes_planes};
#[cfg(not(feature = "mozjpeg"))]
pub(crate) use recode::recode;
#[cfg(all(feature = "jxl", not(feature = "mozjpeg")))]
pub(crate) use recode::rewrite;

/// Encodes an opaque picture as a progressive JPEG: grey with one component, else YCbCr, and no metadata but
/// the profile that the picture's colours are in.
///
/// # Errors
/// [`Error::Encoder`]: no picture that a decoder made brings this about.
pub(crate) fn encode(raster: &Raster, quality: Quality, effort: Effort) -> Result<Vec<u8>, Error> {
    encoder::encode(raster, quality, effort)
}

pub(crate) use encoder::{encode_part, quantisation};
#[cfg(all(feature = "jxl", feature = "mozjpeg"))]
pub(crate) use mozjpeg::rewrite;
#[cfg(feature = "mozjpeg")]
pub(crate) use mozjpeg::{keeps_steps, recode, takes_planes};
