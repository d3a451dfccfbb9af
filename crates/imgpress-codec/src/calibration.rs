//! The encoders of other formats by their own numbers, as the product calls them: what its quality scales are made with.

use crate::options::{Effort, ImageFormat, Quality};
use crate::raster::{Layout, Raster};
use crate::{Budget, Error};

/// Red, green and blue of a picture of so many columns and rows.
#[derive(Debug, Clone, Copy)]
pub struct Pixels<'a> {
    /// Three bytes a pixel.
    pub rgb: &'a [u8],
    /// Columns and rows.
    pub size: (usize, usize),
}

impl Pixels<'_> {
    fn raster(&self) -> Raster {
        Raster::new(self.size.0, self.size.1, Layout::Rgb, self.rgb.to_vec())
    }

    /// A file with loss, by the product's scale.
    ///
    /// # Errors
    /// The encoder's own, or a format that is neither WebP nor AVIF.
    pub fn lossy(&self, format: ImageFormat, quality: Quality, effort: Effort) -> Result<Vec<u8>, Error> {
        let raster = self.raster();
        let budget = Budget::unlimited();
        match format {
            #[cfg(feature = "webp")]
            ImageFormat::Webp => crate::encode::webp::Pixels::of(&raster)?.lossy(quality, effort, &budget),
            #[cfg(feature = "avif")]
            ImageFormat::Avif => {
                let still = crate::encode::avif::encode(&raster, quality, effort, &budget)?;
                Ok(still.write(&crate::container::Extras::default()))
            }
            other => Err(Error::Encoder(format!("no scale of {other:?} at {quality:?}, {effort:?}"))),
        }
    }

    /// An AVIF with a quantiser of libaom, 0 to 63.
    ///
    /// # Errors
    /// libaom's own.
    #[cfg(feature = "avif")]
    pub fn avif(&self, quantizer: u8, effort: Effort) -> Result<Vec<u8>, Error> {
        let quantizer = imgpress_av1::Quantizer::new(quantizer);
        let pictures = crate::encode::avif::Pictures::of(&self.raster())?;
        let still = pictures.of_quantizer(quantizer, effort, &Budget::unlimited())?;
        Ok(still.write(&crate::container::Extras::default()))
    }

    /// A WebP with a quality of libwebp, 0 to 100.
    ///
    /// # Errors
    /// libwebp's own.
    #[cfg(feature = "webp")]
    pub fn webp(&self, quality: f32, effort: Effort) -> Result<Vec<u8>, Error> {
        let raster = self.raster();
        crate::encode::webp::Pixels::of(&raster)?.by_their_quality(quality, effort, &Budget::unlimited())
    }
}
