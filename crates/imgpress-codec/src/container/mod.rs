//! Files around their pictures, for formats other than JPEG: what is carried goes in, and a file that is kept is written
//! anew of what belongs to it alone.

#[cfg(feature = "avif")]
pub(crate) mod av1;
#[cfg(feature = "avif")]
pub(crate) mod avif;
#[cfg(any(feature = "avif", feature = "heic"))]
pub(crate) mod boxes;
#[cfg(feature = "heic")]
pub(crate) mod heic;
#[cfg(feature = "jxl_input")]
pub(crate) mod jxl;
pub(crate) mod png;
#[cfg(feature = "webp")]
pub(crate) mod riff;
#[cfg(feature = "webp")]
pub(crate) mod vp8;

use crate::exif;
use crate::metadata::{Carried, xmp};

/// What stands beside the picture, as formats other than JPEG have it: without a prefix.
#[derive(Default)]
pub(crate) struct Extras<'a> {
    pub(crate) icc: Option<&'a [u8]>,
    pub(crate) exif: Option<&'a [u8]>,
    pub(crate) xmp: Option<&'a [u8]>,
}

impl<'a> Extras<'a> {
    pub(crate) fn new(icc: Option<&'a [u8]>, carried: &'a Carried) -> Self {
        let bare = |payload: &'a Option<Vec<u8>>, prefix| payload.as_deref()?.strip_prefix(prefix);
        Self { icc, exif: bare(&carried.exif, exif::PREFIX), xmp: bare(&carried.xmp, xmp::PREFIX) }
    }
}
