use imgpress_av1::Quantizer;

use crate::options::{Effort, Quality};

pub(super) fn quantizer(quality: Quality, _effort: Effort) -> Quantizer {
    Quantizer::new(63 - quality.get() * 62 / 100)
}
