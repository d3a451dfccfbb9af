use crate::ImageInfo;
use crate::metadata::{Found, Note};
use crate::options::ImageFormat;

use super::{gif, png, tiff, webp};

/// What a file carries beside its picture, as far as its format is looked through for it. Not for JPEG, as
/// [`decode`](super::decode). `info` is what [`probe`](super::probe) gave.
pub(crate) fn metadata<'a>(input: &'a [u8], info: &ImageInfo) -> Found<'a> {
    let mut found = match info.format {
        ImageFormat::Png => png::metadata(input),
        ImageFormat::Webp => webp::metadata(input),
        ImageFormat::Gif => gif::metadata(input),
        ImageFormat::Tiff => tiff::metadata(input),
        #[cfg(feature = "avif")]
        ImageFormat::Avif => super::avif::metadata(input),
        #[cfg(not(feature = "avif"))]
        ImageFormat::Avif => Found::default(),
        #[cfg(feature = "jxl_input")]
        ImageFormat::Jxl => super::jxl::metadata(input),
        #[cfg(not(feature = "jxl_input"))]
        ImageFormat::Jxl => Found::default(),
        #[cfg(feature = "heic")]
        ImageFormat::Heic => super::heic::metadata(input),
        #[cfg(not(feature = "heic"))]
        ImageFormat::Heic => Found::default(),
        ImageFormat::Jpeg | ImageFormat::Ico | ImageFormat::Bmp | ImageFormat::Qoi | ImageFormat::Pnm => {
            Found::default()
        }
    };
    found.dropped.notes_if(info.frames > 1 || info.is_animated(), Note::FramesDropped);
    found
}
