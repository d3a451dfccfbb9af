use crate::options::{Effort, Quality};

pub(super) fn quality(quality: Quality, _effort: Effort) -> f32 {
    quality.get().into()
}
