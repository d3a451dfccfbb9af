//! One quality scale for all formats: `quality` N of a JPEG XL has the mean look of a JPEG at N.

use imgpress_jxl::Distance;

use crate::options::{Effort, Quality};

/// Placeholder.
pub(super) fn distance(quality: Quality, _effort: Effort) -> Distance {
    let q = f32::from(quality.get());
    Distance::new(if q >= 30.0 {
        0.1 + (100.0 - q) * 0.09
    } else {
        53.0 / 3000.0 * q * q - 23.0 / 20.0 * q + 25.0
    })
}
