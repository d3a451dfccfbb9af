//! What the codec promises, shown on pictures that the tests make themselves. Outputs are decoded by
//! `jpeg-decoder`, which has no part in making them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test and its fixtures fail by panicking")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "small numbers"
)]

#[cfg(feature = "webp")]
mod animations;
#[cfg(feature = "webp")]
mod animations_bounds;
#[cfg(all(feature = "avif", feature = "webp"))]
mod any_options;
#[cfg(feature = "avif")]
mod avif;
#[cfg(feature = "avif")]
mod avif_bombs;
#[cfg(feature = "avif")]
mod avif_tables;
#[cfg(feature = "avif")]
mod avif_tracks;
mod bands;
mod bitmaps;
mod bombs;
mod carriers;
mod colors;
mod damage;
mod fixtures;
mod formats;
mod fuzzed;
mod geometry;
#[cfg(feature = "webp")]
mod half_chroma;
#[cfg(feature = "heic")]
mod heic;
mod icons;
mod jpeg_inputs;
#[cfg(feature = "jxl_input")]
mod jpeg_xl;
#[cfg(feature = "jxl")]
mod jpeg_xl_outputs;
mod kept;
mod kept_colors;
mod look;
mod lossless;
mod max_bytes;
mod metadata;
mod metadata_formats;
mod metadata_random;
#[cfg(feature = "webp")]
mod moving;
mod orientation;
mod outputs;
mod outputs_carried;
mod pairs;
mod png_colors;
mod random;
mod random_options;
mod strays;
#[cfg(feature = "webp")]
mod tails;
mod tiff_bombs;
mod tiff_kinds;
mod tiffs;
mod truncation;
