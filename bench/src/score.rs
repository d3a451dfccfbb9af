//! How alike a picture and its decoded copy look, by two metrics.
//!
//! SSIMULACRA2 (crate `fast-ssim2`): 100 is identical, 90 hardly told apart, 50 low quality; higher is better.
//! Butteraugli's 3-norm (crate `butteraugli`, libjxl's variant, 80 nits): 0 is identical; lower is better.

use std::sync::OnceLock;

use anyhow::{Result, anyhow};
use butteraugli::{ButteraugliParams, ButteraugliReference};
use fast_ssim2::{PixelDescriptor, PixelSlice, Ssimulacra2Reference};

use crate::decoder;
use crate::picture::Picture;

/// What both metrics say about one output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Score {
    /// SSIMULACRA2.
    pub(crate) ssimulacra2: f64,
    /// Butteraugli's 3-norm.
    pub(crate) butteraugli: f64,
}

/// One of the two metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metric {
    /// SSIMULACRA2.
    Ssimulacra2,
    /// Butteraugli's 3-norm.
    Butteraugli,
}

impl Metric {
    /// What tables call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ssimulacra2 => "SSIMULACRA2",
            Self::Butteraugli => "Butteraugli 3-norm",
        }
    }

    /// The metric's value, turned so that higher is better.
    pub(crate) fn goodness(self, score: Score) -> f64 {
        match self {
            Self::Ssimulacra2 => score.ssimulacra2,
            Self::Butteraugli => -score.butteraugli,
        }
    }
}

/// What is computed once for a picture and used for each of its outputs. Nothing is computed before it is needed,
/// since most scores come from the cache.
pub(crate) struct Scorer<'a> {
    picture: &'a Picture,
    ssimulacra2: OnceLock<Result<Ssimulacra2Reference, String>>,
    butteraugli: OnceLock<Result<ButteraugliReference, String>>,
}

impl<'a> Scorer<'a> {
    /// Scores copies of this picture.
    pub(crate) fn new(picture: &'a Picture) -> Self {
        Self { picture, ssimulacra2: OnceLock::new(), butteraugli: OnceLock::new() }
    }

    /// Decodes an output and compares it with the picture by both metrics.
    ///
    /// # Errors
    ///
    /// The output cannot be decoded to the picture's size, or the picture is too small for the metrics (8×8).
    pub(crate) fn score(&self, jpeg: &[u8]) -> Result<Score> {
        let decoded = decoder::decode(jpeg, self.picture.width, self.picture.height)?;
        Ok(Score { ssimulacra2: self.compare(&decoded)?, butteraugli: self.butteraugli(&decoded)? })
    }

    /// SSIMULACRA2 alone, which is the cheaper one of the two.
    ///
    /// # Errors
    ///
    /// As [`Scorer::score`].
    pub(crate) fn ssimulacra2(&self, jpeg: &[u8]) -> Result<f64> {
        self.compare(&decoder::decode(jpeg, self.picture.width, self.picture.height)?)
    }

    fn compare(&self, decoded: &[u8]) -> Result<f64> {
        let reference = self.ssimulacra2.get_or_init(|| {
            let pixels = slice(self.picture, &self.picture.rgb).map_err(|error| error.to_string())?;
            Ssimulacra2Reference::new(&pixels).map_err(|error| error.to_string())
        });
        let reference = reference.as_ref().map_err(|error| anyhow!("{error}"))?;
        Ok(reference.compare(&slice(self.picture, decoded)?)?)
    }

    fn butteraugli(&self, decoded: &[u8]) -> Result<f64> {
        let Picture { width, height, rgb, .. } = self.picture;
        let reference = self.butteraugli.get_or_init(|| {
            ButteraugliReference::new(rgb, *width, *height, ButteraugliParams::default())
                .map_err(|error| error.to_string())
        });
        let reference = reference.as_ref().map_err(|error| anyhow!("{error}"))?;
        Ok(reference.compare(decoded)?.pnorm_3)
    }
}

fn slice<'p>(picture: &Picture, rgb: &'p [u8]) -> Result<PixelSlice<'p>> {
    let (width, height) = (picture.width as u32, picture.height as u32);
    PixelSlice::new(rgb, width, height, picture.width * 3, PixelDescriptor::RGB8_SRGB)
        .map_err(|error| anyhow!("the metric refuses the pixels: {error:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder;
    use crate::picture::tests::gradient;
    use std::path::Path;

    #[test]
    fn a_finer_file_scores_better_by_both_metrics() {
        let picture = gradient(96, 64);
        let scorer = Scorer::new(&picture);
        let encoder = encoder::by_name("mozjpeg", Path::new("peers")).unwrap();
        let score = |quality| scorer.score(&encoder.encode(&picture, quality).unwrap()).unwrap();
        let (coarse, fine) = (score(30.0), score(95.0));
        assert!(fine.ssimulacra2 > coarse.ssimulacra2 && fine.ssimulacra2 <= 100.0, "{coarse:?} {fine:?}");
        assert!(fine.butteraugli < coarse.butteraugli && fine.butteraugli >= 0.0, "{coarse:?} {fine:?}");
    }

    #[test]
    fn the_picture_itself_scores_perfectly() {
        let picture = gradient(96, 64);
        let scorer = Scorer::new(&picture);
        assert_eq!(scorer.compare(&picture.rgb).unwrap(), 100.0);
        assert_eq!(scorer.butteraugli(&picture.rgb).unwrap(), 0.0);
    }
}
