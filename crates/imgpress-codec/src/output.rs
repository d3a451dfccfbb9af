use std::time::Duration;

use crate::options::{ImageFormat, Quality};
use crate::{ImageInfo, Note, Removed};

/// A compressed image and what was done to get it.
#[derive(Debug, Clone)]
pub struct Output {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// Whether it was made anew.
    pub outcome: Outcome,
    /// The format of `bytes`.
    pub format: ImageFormat,
    /// Pixels across, as shown.
    pub width: u32,
    /// Pixels down, as shown.
    pub height: u32,
    /// What came in.
    pub original: ImageInfo,
    /// The quality that was used.
    pub quality: Quality,
    /// The SSIMULACRA2 score that was reached, to a tenth, where a look was asked for.
    pub score: Option<f64>,
    /// How many files were made of the picture, or of a sample of it, to find the quality of a look; 0 where a quality was
    /// asked for.
    pub tries: u8,
    /// What it carried and `bytes` do not: each once, in a steady order.
    pub removed: Vec<Removed>,
    /// What else is to be said of it: each once, in a steady order.
    pub notes: Vec<Note>,
    /// Proving the file whole and decoding it.
    pub decode_time: Duration,
    /// Colour, flattening, orientation and size.
    pub transform_time: Duration,
    /// Encoding and choosing.
    pub encode_time: Duration,
}

/// How an output came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The image was encoded anew.
    Compressed,
    /// No smaller file of the same look could be made: the input's pixels exactly, without its metadata. Its
    /// coefficients may have been coded anew.
    Kept,
}
