//! The metric of a whole picture of any size, by the crate `fast-ssim2`.

use fast_ssim2::{Ssimulacra2Config, compute_ssimulacra2_with_config};

use super::{failed, rgb, view};
use crate::Error;
use crate::raster::Raster;

/// Rows that are compared at a time where a picture is compared in strips. Three pictures of 1 to 10 megapixels came out
/// 0.17 to 0.27 points too high, and 0.21 to 0.38 in strips of a quarter of the height.
const STRIP: usize = 1024;

/// The score of a copy of a picture of the same size, both grey or of red, green and blue; in one piece, or in strips,
/// which takes less memory and is not quite the same.
///
/// # Errors
/// [`Error::Encoder`]: they are not of the same size.
pub(crate) fn whole(original: &Raster, copy: &Raster, in_strips: bool) -> Result<f64, Error> {
    let (of, size) = (rgb(original), (original.width, original.height));
    let (with, other) = (rgb(copy), (copy.width, copy.height));
    let config = if in_strips { Ssimulacra2Config::strips(STRIP) } else { Ssimulacra2Config::default() };
    compute_ssimulacra2_with_config(&view(&of, size)?, &view(&with, other)?, &config)
        .map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Layout;

    fn waves(width: usize, height: usize, coarse: u8) -> Raster {
        let level = |x: usize, y: usize| ((x * x / 7 + y * 3) % 251).to_le_bytes()[0] / coarse * coarse;
        let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| [level(x, y), level(y, x), 90]));
        Raster::new(width, height, Layout::Rgb, pixels.collect())
    }

    #[test]
    fn strips_are_within_half_a_point() {
        let (original, copy) = (waves(300, 2600, 1), waves(300, 2600, 12));
        let [at_once, in_strips] = [false, true].map(|in_strips| whole(&original, &copy, in_strips).unwrap());
        assert!((in_strips - at_once).abs() < 0.5 && in_strips != at_once, "{in_strips} and {at_once}");
        assert!(at_once < 95.0, "there is something to tell: {at_once}");
    }

    #[test]
    fn it_is_the_score_by_which_a_look_is_found() {
        let (original, copy) = (waves(300, 200, 1), waves(300, 200, 12));
        let judge = crate::score::Judge::new(&original, None).unwrap();
        let found = judge.score_of_whole(&copy).unwrap();
        assert!((found - whole(&original, &copy, false).unwrap()).abs() < 1e-6, "{found}");
    }
}
