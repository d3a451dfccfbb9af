//! Any bytes are described or refused, and what they are said to take is within the limits.

use imgpress_codec::{Limits, probe};

pub(crate) fn check(image: &[u8]) {
    let limits = Limits::default();
    let Ok(info) = probe(image, &limits) else { return };
    assert!(info.width > 0 && info.height > 0);
    assert!(info.pixels() <= limits.max_pixels && info.width.max(info.height) <= limits.max_side);
    assert!(info.working_set() <= limits.max_image_memory);
}
