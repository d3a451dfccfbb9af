//! Two pictures beside each other: how alike they look, and where they differ.

use std::borrow::Cow;

use crate::geometry::Geometry;
use crate::jpeg::JpegFile;
use crate::options::{Effort, ImageFormat, Options};
use crate::raster::{Layout, Raster};
use crate::transform::{self, Holds};
use crate::{Budget, Error, Limits, decode, encode, format, probe, score};

/// By how much differences are multiplied in the [picture of them](Pair::difference): of those that matter at quality 80
/// most are below 16 levels.
pub const AMPLIFIED: u8 = 8;

/// Two pictures of the same size, decoded.
pub struct Pair {
    original: Raster,
    copy: Raster,
}

/// Why two pictures cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// The original cannot be read.
    #[error("the original: {0}")]
    Original(Error),
    /// Its copy cannot be read.
    #[error("the copy: {0}")]
    Copy(Error),
    /// A score is of pictures of one size.
    #[error("{} × {} and {} × {} pixels: only pictures of the same size can be compared", .original.0, .original.1, .copy.0, .copy.1)]
    Sizes {
        /// Width and height as they are shown.
        original: (u32, u32),
        /// Width and height as they are shown.
        copy: (u32, u32),
    },
}

impl Pair {
    /// Decodes an original and its copy, of any formats that are read: upright, in sRGB, transparency flattened on white;
    /// of an animation the first frame.
    ///
    /// # Errors
    /// One of them cannot be read, or they are not of the same size.
    pub fn decode(original: &[u8], copy: &[u8], limits: &Limits, budget: &Budget) -> Result<Self, PairError> {
        let original = shown(original, limits, budget).map_err(PairError::Original)?;
        let copy = shown(copy, limits, budget).map_err(PairError::Copy)?;
        if original.size() != copy.size() {
            return Err(PairError::Sizes { original: original.size(), copy: copy.size() });
        }
        Ok(Self { original, copy })
    }

    /// Width and height of both, in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        self.original.size()
    }

    /// Bytes of memory that [`score`](Self::score) takes.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let (width, height) = self.size();
        score::HELD[0] * u64::from(width) * u64::from(height)
    }

    /// SSIMULACRA2 (Sneyers, 2022; the crate `fast-ssim2`) of the whole picture: 100 for the same one, 90 for one that
    /// cannot be told from it, 70 for high quality, 50 for medium, 30 for low; below 0 where hardly anything is alike.
    ///
    /// # Errors
    /// [`Error::Encoder`]: no picture that passed the limits brings this about.
    pub fn score(&self) -> Result<f64, Error> {
        score::whole(&self.original, &self.copy, false)
    }

    /// The same in strips: in less than half of the memory, and within half a point.
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub fn score_in_strips(&self) -> Result<f64, Error> {
        score::whole(&self.original, &self.copy, true)
    }

    /// The largest difference of two components, 0 to 255.
    #[must_use]
    pub fn largest_difference(&self) -> u8 {
        self.differences().max().unwrap_or(0)
    }

    /// A PNG of the differences: black where there is none, else in each component how large it is, [`AMPLIFIED`] times.
    ///
    /// # Errors
    /// The encoder's own, or the budget's.
    pub fn difference(&self, budget: &Budget) -> Result<Vec<u8>, Error> {
        let pixels = self.differences().map(|difference| difference.saturating_mul(AMPLIFIED)).collect();
        let Raster { width, height, .. } = self.original;
        encode::png::lossless(&Raster::new(width, height, Layout::Rgb, pixels), Effort::Fast, budget)
    }

    fn differences(&self) -> impl Iterator<Item = u8> {
        let pairs = self.original.pixels.iter().zip(&self.copy.pixels);
        pairs.map(|(original, copy)| original.abs_diff(*copy))
    }
}

/// Red, green and blue of a picture as it is shown.
fn shown(input: &[u8], limits: &Limits, budget: &Budget) -> Result<Raster, Error> {
    budget.check()?;
    let (raster, size) = match format::recognise(input)? {
        ImageFormat::Jpeg => {
            let file = JpegFile::parse(input, limits)?;
            let info = decode::jpeg_info(&file);
            info.check(limits)?;
            (decode::decode_jpeg(&file, budget)?, info.shown_size())
        }
        _ => {
            let info = probe(input, limits)?;
            (decode::decode(input, &info, limits, budget)?, info.shown_size())
        }
    };
    let options = Options::default();
    let geometry = Geometry::of(size, &options);
    let mut raster = transform::prepare(raster, &options, &geometry, Holds::JPEG, budget)?;
    if let Cow::Owned(rgb) = score::rgb(&raster) {
        raster = Raster::new(raster.width, raster.height, Layout::Rgb, rgb);
    }
    Ok(raster)
}
