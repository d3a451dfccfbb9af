//! The WebP encoder, libwebp. It gets pixels that we made, and nothing else.

mod scale;

use std::borrow::Cow;

pub(crate) use imgpress_webp::Method;
pub(crate) use imgpress_webp::Rounding;
use imgpress_webp::{Coding, Picture, Settings};

use crate::error::TooLarge;
use crate::options::{Effort, Quality};
use crate::raster::{Layout, Raster};
use crate::{Budget, Error};

/// A picture as the encoder takes it: WebP has no grey.
pub(crate) struct Pixels<'a> {
    size: (u32, u32),
    layout: imgpress_webp::Layout,
    pixels: Cow<'a, [u8]>,
}

impl<'a> Pixels<'a> {
    /// Of a picture in sRGB, or in the colours of a profile for red, green and blue.
    ///
    /// # Errors
    /// A side is longer than the format has them.
    pub(crate) fn of(raster: &'a Raster) -> Result<Self, Error> {
        let size = raster.size();
        check_size(size)?;
        let (layout, pixels) = match raster.layout {
            Layout::Rgb => (imgpress_webp::Layout::Rgb, Cow::from(&raster.pixels)),
            Layout::Rgba => (imgpress_webp::Layout::Rgba, Cow::from(&raster.pixels)),
            Layout::Grey => {
                let pixels = raster.pixels.iter().flat_map(|grey| [*grey; 3]);
                (imgpress_webp::Layout::Rgb, pixels.collect())
            }
            Layout::GreyAlpha => {
                let pixels = raster.pixels.as_chunks().0.iter();
                (imgpress_webp::Layout::Rgba, pixels.flat_map(|&[v, alpha]| [v, v, v, alpha]).collect())
            }
            Layout::Cmyk => return Err(Error::Encoder("inks are converted before they are encoded".into())),
        };
        Ok(Self { size, layout, pixels })
    }

    /// A file whose look is that of a JPEG at this quality; alpha is exact.
    ///
    /// # Errors
    /// The budget's, or libwebp's own.
    pub(crate) fn lossy(&self, quality: Quality, effort: Effort, budget: &Budget) -> Result<Vec<u8>, Error> {
        self.encode(Coding::Lossy { quality: theirs(quality, effort) }, method(effort), budget)
    }

    /// As [`lossy`](Self::lossy), by libwebp's own quality.
    ///
    /// # Errors
    /// As [`lossy`](Self::lossy).
    #[cfg(feature = "calibration")]
    pub(crate) fn by_their_quality(
        &self,
        quality: f32,
        effort: Effort,
        budget: &Budget,
    ) -> Result<Vec<u8>, Error> {
        self.encode(Coding::Lossy { quality }, method(effort), budget)
    }

    /// A file of every pixel as it is; of those without any alpha, the alpha.
    ///
    /// # Errors
    /// As [`lossy`](Self::lossy).
    pub(crate) fn lossless(&self, effort: Effort, budget: &Budget) -> Result<Vec<u8>, Error> {
        self.encode(Coding::Lossless, method(effort), budget)
    }

    /// As [`lossless`](Self::lossless), of rounded pixels.
    ///
    /// # Errors
    /// As [`lossy`](Self::lossy).
    pub(crate) fn near_lossless(
        &self,
        rounding: Rounding,
        method: Method,
        budget: &Budget,
    ) -> Result<Vec<u8>, Error> {
        self.encode(Coding::NearLossless(rounding), method, budget)
    }

    /// As [`lossy`](Self::lossy), by a method of libwebp.
    ///
    /// # Errors
    /// As [`lossy`](Self::lossy).
    pub(crate) fn lossy_by(
        &self,
        quality: Quality,
        method: Method,
        budget: &Budget,
    ) -> Result<Vec<u8>, Error> {
        let effort = match method.get() {
            0..=3 => Effort::Fast,
            4..=5 => Effort::Balanced,
            _ => Effort::Max,
        };
        self.encode(Coding::Lossy { quality: theirs(quality, effort) }, method, budget)
    }

    /// As [`lossless`](Self::lossless), by a method of libwebp.
    ///
    /// # Errors
    /// As [`lossy`](Self::lossy).
    pub(crate) fn lossless_by(&self, method: Method, budget: &Budget) -> Result<Vec<u8>, Error> {
        self.encode(Coding::Lossless, method, budget)
    }

    fn encode(&self, coding: Coding, method: Method, budget: &Budget) -> Result<Vec<u8>, Error> {
        let (width, height) = self.size;
        let picture = Picture::new(width, height, self.layout, &self.pixels);
        let picture = picture.map_err(|error| Error::Encoder(error.to_string()))?;
        let go_on = || budget.check().is_ok();
        imgpress_webp::encode(&picture, &Settings { coding, method }, &go_on).map_err(|error| {
            let stopped = matches!(error, imgpress_webp::Error::Stopped);
            let over = budget.check().err().filter(|_| stopped);
            over.unwrap_or_else(|| Error::Encoder(error.to_string()))
        })
    }
}

/// Whether the format has pictures of this size.
///
/// # Errors
/// [`TooLarge::ForFormat`].
pub(crate) fn check_size((width, height): (u32, u32)) -> Result<(), Error> {
    let limit = imgpress_webp::MAX_SIDE;
    let fits = width.max(height) <= limit;
    fits.then_some(()).ok_or_else(|| TooLarge::ForFormat { format: "WebP", width, height, limit }.into())
}

/// libwebp's quality for the look of ours. Its scale ends at that of 93, because its chroma is always at half size: of
/// qualities above, the files are the same.
fn theirs(quality: Quality, effort: Effort) -> f32 {
    let scale = match effort {
        Effort::Fast => &scale::FAST,
        Effort::Balanced => &scale::BALANCED,
        Effort::Max => &scale::MAX,
    };
    scale[usize::from(quality.get() - 1)]
}

/// How much is rounded of what may lose hardly anything: `quality` is libwebp's `near_lossless`, as for `sharp`.
pub(crate) fn rounding(quality: Quality) -> Rounding {
    Rounding::new(quality.get())
}

/// The methods of libwebp for the efforts.
pub(crate) fn method(effort: Effort) -> Method {
    match effort {
        Effort::Fast => const { Method::new(2) },
        Effort::Balanced => const { Method::new(4) },
        Effort::Max => const { Method::new(6) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_quality_is_never_a_lower_one_of_libwebp() {
        for effort in Effort::ALL {
            let theirs: Vec<f32> =
                (1..=100).map(|quality| theirs(Quality::try_from(quality).unwrap(), effort)).collect();
            assert!(theirs.windows(2).all(|pair| pair[0] <= pair[1]));
            assert!(theirs[0] < 1.0 && theirs[79] > 70.0 && theirs[99] >= 100.0);
        }
    }
}
