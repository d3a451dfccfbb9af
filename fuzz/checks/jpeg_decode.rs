//! Any bytes are decoded or refused, in every way alike.

use imgpress_jpeg::{ColorTransform, DecodeLimits, Decoder};

/// Small enough that a run takes milliseconds.
const LIMITS: DecodeLimits = DecodeLimits { max_pixels: 1 << 20, max_scans: 20, max_segments: 200 };

pub(crate) fn check(input: &[u8]) {
    let Ok(decoder) = Decoder::new(input, &LIMITS) else { return };
    let whole = decoder.coefficients().is_ok();
    let pixels = decoder.decode(ColorTransform::YCbCr);
    assert_eq!(pixels.is_ok(), whole, "pixels and coefficients disagree on whether the picture is whole");
    if let Ok(pixels) = pixels {
        let size = decoder.width() as usize * decoder.height() as usize;
        assert_eq!(pixels.len(), size * decoder.components().len());
    }
    let mut rows = 0;
    let planes = decoder.strips().and_then(|mut strips| {
        while let Some(strip) = strips.next_strip()? {
            rows += strip.planes().next().map_or(0, |plane| plane.height);
        }
        Ok(())
    });
    assert_eq!(planes.is_ok(), whole, "planes and coefficients disagree on whether the picture is whole");
    assert!(!whole || rows == decoder.components()[0].height(), "rows are missing");
}
