//! The metric of a whole picture of any size.

use fast_ssim2::{Ssimulacra2Config, compute_ssimulacra2_with_config};

use super::{failed, rgb, view};
use crate::Error;
use crate::raster::Raster;

/// Most pixels of a picture that is compared in one piece, which takes [`HELD`](super::HELD) bytes for each of them.
const AT_ONCE: usize = 4_000_000;

/// Rows of larger ones that are compared at a time.
const STRIP: usize = 1024;

/// The score of a copy of a picture of the same size, both grey or of red, green and blue.
///
/// # Errors
/// [`Error::Encoder`]: they are not of the same size.
pub(crate) fn whole(original: &Raster, copy: &Raster) -> Result<f64, Error> {
    let (of, size) = (rgb(original), (original.width, original.height));
    let (with, other) = (rgb(copy), (copy.width, copy.height));
    let config = if size.0 * size.1 > AT_ONCE {
        Ssimulacra2Config::strips(STRIP)
    } else {
        Ssimulacra2Config::default()
    };
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
    fn strips_change_the_score_by_next_to_nothing() {
        let (original, copy) = (waves(300, 2600, 1), waves(300, 2600, 12));
        let size = (300, 2600);
        let strips = Ssimulacra2Config::strips(STRIP);
        let (of, with) = (rgb(&original), rgb(&copy));
        let in_strips =
            compute_ssimulacra2_with_config(&view(&of, size).unwrap(), &view(&with, size).unwrap(), &strips);
        let (in_strips, at_once) = (in_strips.unwrap(), whole(&original, &copy).unwrap());
        assert!((in_strips - at_once).abs() < 0.05, "{in_strips} and {at_once}");
        assert!(at_once < 95.0, "there is something to tell: {at_once}");
    }
}
