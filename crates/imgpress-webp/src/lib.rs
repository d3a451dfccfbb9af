//! Pixels to WebP through libwebp's encoder.
//!
//! It takes pixels that the caller made, and decodes nothing: libwebp's decoder is never called. This is the one crate
//! of the workspace with unsafe code, all of it in one file; its interface is safe.

mod encoder;
mod picture;
mod settings;

pub use encoder::{Error, encode};
pub use picture::{Layout, MAX_SIDE, Picture, PictureError};
pub use settings::{Coding, Method, Rounding, Settings};
