//! YCbCr that is not in a JPEG: TIFF 6.0, section 21.

use crate::Error;
use crate::error::{Corrupt, Unsupported};

use super::directory::Directory;

/// How luma and differences of colour become red, green and blue.
pub(super) struct Conversion {
    /// Pixels across and down that share one pair of differences.
    across: usize,
    down: usize,
    /// Parts of red and blue in luma.
    red: f32,
    blue: f32,
    /// The numbers of black and white of each component.
    range: [[f32; 2]; 3],
}

impl Conversion {
    /// Reads the tags `YCbCrSubSampling`, `YCbCrCoefficients` and `ReferenceBlackWhite`. Those that are missing or
    /// broken are as they were by default: 2 by 2, BT.601, and the full range.
    ///
    /// # Errors
    /// Pixels share their colour in a way that TIFF has not.
    pub(super) fn read(directory: &Directory<'_>) -> Result<Self, Error> {
        const SUBSAMPLING: u16 = 530;
        const COEFFICIENTS: u16 = 529;
        const REFERENCE: u16 = 532;
        let stated = |index| directory.get(SUBSAMPLING).map_or(Some(2), |values| values.get(index));
        let factor = |index| match stated(index) {
            Some(1) => Ok(1),
            Some(2) => Ok(2),
            Some(4) => Ok(4),
            _ => Err(Corrupt::malformed("its colour is sampled as TIFF has not")),
        };
        let (across, down) = (factor(0)?, factor(1)?);
        let fractions = |tag| directory.get(tag).map(|values| values.fractions()).unwrap_or_default();
        let (red, blue) = match fractions(COEFFICIENTS)[..] {
            [red, green, blue] if [red, green, blue].iter().all(|part| (0.001..1.0).contains(part)) => {
                (red, blue)
            }
            _ => (0.299, 0.114),
        };
        let range = match fractions(REFERENCE)[..] {
            [a, b, c, d, e, f] if a < b && c < d && e < f && b - a <= 1e4 => [[a, b], [c, d], [e, f]],
            _ => [[0.0, 255.0], [128.0, 255.0], [128.0, 255.0]],
        };
        if down > across {
            return Err(Unsupported::Known("A TIFF in YCbCr with such a sampling").into());
        }
        Ok(Self { across, down, red, blue, range })
    }

    pub(super) fn is_subsampled(&self) -> bool {
        (self.across, self.down) != (1, 1)
    }

    /// Bytes of so many pixels and rows.
    pub(super) fn bytes_of(&self, width: u64, height: u64) -> u64 {
        let (across, down) = (self.across as u64, self.down as u64);
        (width.div_ceil(across) * (across * down + 2)).saturating_mul(height.div_ceil(down))
    }

    /// Red, green and blue of so many pixels and rows, which are all there: units of luma of some pixels, row by row,
    /// and a pair of differences that they share.
    pub(super) fn to_rgb(&self, data: &[u8], width: usize, height: usize) -> Vec<u8> {
        let mut rgb = vec![0; width * height * 3];
        let unit = self.across * self.down + 2;
        let units = width.div_ceil(self.across);
        for (index, unit) in data.chunks_exact(unit).enumerate() {
            let (x, y) = (index % units * self.across, index / units * self.down);
            let (luma, colors) = unit.split_at(self.across * self.down);
            for (at, &luma) in luma.iter().enumerate() {
                let (x, y) = (x + at % self.across, y + at / self.across);
                if x < width && y < height {
                    rgb[(y * width + x) * 3..][..3].copy_from_slice(&self.color(luma, colors[0], colors[1]));
                }
            }
        }
        rgb
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    fn color(&self, luma: u8, blue: u8, red: u8) -> [u8; 3] {
        let [[black, white], blues, reds] = self.range;
        let luma = (f32::from(luma) - black) * 255.0 / (white - black);
        let difference =
            |value: u8, [zero, most]: [f32; 2]| (f32::from(value) - zero) * 127.0 / (most - zero);
        let red = luma + difference(red, reds) * (2.0 - 2.0 * self.red);
        let blue = luma + difference(blue, blues) * (2.0 - 2.0 * self.blue);
        let green = (luma - self.red * red - self.blue * blue) / (1.0 - self.red - self.blue);
        [red, green, blue].map(|value| value.round().clamp(0.0, 255.0) as u8)
    }
}
