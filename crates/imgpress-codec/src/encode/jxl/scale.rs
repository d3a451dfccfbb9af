//! The quality scale of JPEG XL. It has not been measured against our JPEGs, as those of WebP and AVIF have.

use imgpress_jxl::Distance;

use crate::options::Quality;

/// The distance that cjxl takes for a quality: `JxlEncoderDistanceFromQuality`, in libjxl's lib/jxl/encode.cc, but that 100
/// is not without loss.
pub(super) fn distance(quality: Quality) -> Distance {
    let quality = f32::from(quality.get());
    Distance::new(if quality >= 30.0 {
        0.1 + (100.0 - quality) * 0.09
    } else {
        53.0 / 3000.0 * quality * quality - 23.0 / 20.0 * quality + 25.0
    })
}
