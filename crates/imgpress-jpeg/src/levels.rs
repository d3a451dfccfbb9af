//! What this machine can compute with, for tests that compare.

use fearless_simd::{Level, Simd};

/// Every instruction set that this machine has.
pub(crate) fn levels() -> Vec<Level> {
    let best = Level::new();
    [
        best.as_sse2().map(Simd::level),
        best.as_sse4_2().map(Simd::level),
        best.as_avx2().map(Simd::level),
        best.as_avx512().map(Simd::level),
    ]
    .into_iter()
    .flatten()
    .collect()
}
