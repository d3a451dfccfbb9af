//! The formats that `auto` tries, where they are built in and may hold a picture of that size.

use crate::compress::Job;
use crate::compress::ready::{Made, Ready, Source};
#[cfg(feature = "webp")]
use crate::error::TooLarge;
use crate::jpeg::JpegFile;
use crate::{Error, Output};

/// What a format that is not tried comes to.
pub(super) const NOTHING: Error = Error::TargetUnreachable { smallest: u64::MAX, limit: u64::MAX };

impl Job<'_> {
    #[cfg(feature = "jxl")]
    pub(super) fn jxl_if_built(&self, input: &[u8], jpeg: Option<&JpegFile<'_>>) -> Result<Output, Error> {
        let source = self.source(input, jpeg)?;
        let size = (source.geometry.width, source.geometry.height);
        crate::encode::jxl::check_size(size).map_err(|_| NOTHING)?;
        self.to_jxl(source)
    }

    #[cfg(not(feature = "jxl"))]
    #[expect(clippy::unused_self, reason = "as where it is built")]
    pub(super) fn jxl_if_built(&self, _input: &[u8], _jpeg: Option<&JpegFile<'_>>) -> Result<Output, Error> {
        Err(NOTHING)
    }

    #[cfg(feature = "avif")]
    pub(super) fn avif_if_built(&self, input: &[u8], jpeg: Option<&JpegFile<'_>>) -> Result<Output, Error> {
        let source = self.source(input, jpeg)?;
        let size = (source.geometry.width, source.geometry.height);
        crate::encode::avif::check_size(size).map_err(|_| NOTHING)?;
        self.to_avif(source)
    }

    #[cfg(not(feature = "avif"))]
    #[expect(clippy::unused_self, reason = "as where it is built")]
    pub(super) fn avif_if_built(&self, _input: &[u8], _jpeg: Option<&JpegFile<'_>>) -> Result<Output, Error> {
        Err(NOTHING)
    }

    #[cfg(feature = "webp")]
    pub(super) fn webp_if_built(&self, source: &Source<'_>, ready: &Ready) -> Result<Made, Error> {
        let (width, height) = ready.raster.size();
        crate::encode::webp::check_size((width, height)).map_err(|_| NOTHING)?;
        match self.webp(source, ready) {
            // A JPEG has the colours.
            Err(Error::TooLarge(TooLarge::ForColors { .. })) if !ready.raster.layout.has_alpha() => {
                Err(NOTHING)
            }
            made => made,
        }
    }

    #[cfg(not(feature = "webp"))]
    #[expect(clippy::unused_self, reason = "as where it is built")]
    pub(super) fn webp_if_built(&self, _source: &Source<'_>, _ready: &Ready) -> Result<Made, Error> {
        Err(NOTHING)
    }
}
