//! Pixels to JPEG XL, and JPEGs to JPEG XL without loss, through libjxl's encoder.
//!
//! libjxl is C++, the system's. Callers give it pixels and profiles that they made, and JPEGs that they made or know to be whole. Its
//! decoder of JPEG XL is never called. It does not speak safe Rust, so this crate says `unsafe`, in one file
//! and that of its declarations, and holds nothing else: no container, no policy.

mod encoder;
mod picture;
mod settings;

pub use encoder::{Error, encode, recompress};
pub use picture::{Layout, MAX_SIDE, Picture, PictureError};
pub use settings::{Coding, Colors, Distance, Effort, KEEPS_ALPHA, Settings};
