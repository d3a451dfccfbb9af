//! A JPEG file (ITU-T T.81) around its picture: its metadata, what its components mean, and the same file without
//! what does not belong to the picture. What is entropy-coded is `imgpress-jpeg`'s.

mod around;
mod file;
mod rewrite;
mod tables;

#[cfg(feature = "jxl")]
pub(crate) use around::icc_segments;
pub(crate) use around::with_segments;
#[cfg(feature = "jxl")]
pub(crate) use file::APP2;
pub(crate) use file::{ColorCoding, JpegFile, failed};
