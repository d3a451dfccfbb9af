//! A JPEG file (ITU-T T.81) around its picture: its metadata, what its components mean, and the same file without
//! what does not belong to the picture. What is entropy-coded is `imgpress-jpeg`'s.

mod around;
mod file;
mod rewrite;

pub(crate) use around::with_segments;
pub(crate) use file::{ColorCoding, JpegFile, failed};
