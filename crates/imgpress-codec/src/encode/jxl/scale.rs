//! The quality scale of JPEG XL.

mod table;

use imgpress_jxl::Distance;

use crate::options::{Effort, Quality};

/// The distance at which a file has the mean look of our JPEGs of a quality; `bench/peers/jxl_scale.py` measures it.
///
/// It was measured with one release of libjxl, and the system's may be another.
pub(super) fn distance(quality: Quality, effort: Effort) -> Distance {
    let distances = match effort {
        Effort::Fast => &table::FAST,
        Effort::Balanced => &table::BALANCED,
        Effort::Max => &table::MAX,
    };
    Distance::new(distances[usize::from(quality.get()) - 1])
}
