//! Pixels to JPEG XL, and JPEGs to JPEG XL without loss, through libjxl's encoder.
//!
//! libjxl is C++, and it only ever receives what the caller made: pixels, a colour profile that was written anew, JPEGs of
//! our own encoder. Its decoder is never called. It does not speak safe Rust, so this crate says `unsafe`, in one file, and
//! holds nothing else: no container, no policy.

mod encoder;
mod picture;
mod settings;

pub use encoder::{Error, encode, recompress};
pub use picture::{Layout, MAX_SIDE, Picture, PictureError};
pub use settings::{Coding, Colors, Distance, Effort, Settings};
