//! Any bytes are described or refused, and what they are said to take is within the limits.
#![no_main]

use imgpress_codec::{Limits, probe};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|image: &[u8]| {
    let limits = Limits::default();
    let Ok(info) = probe(image, &limits) else { return };
    assert!(info.width > 0 && info.height > 0);
    assert!(info.pixels() <= limits.max_pixels && info.width.max(info.height) <= limits.max_side);
    assert!(info.working_set() <= limits.max_image_memory);
});
