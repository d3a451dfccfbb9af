//! A JPEG file (ITU-T T.81) as its segments: reading them, proving that its scans are complete, and writing
//! them anew without what does not belong to the picture. No pixel is decoded here.

mod frame;
mod huffman;
mod progress;
mod rewrite;
mod scan_check;
mod scan_reader;
mod segment;

pub(crate) use frame::ColorCoding;
pub(crate) use scan_check::check as check_scans;
pub(crate) use segment::JpegFile;
