//! HEIC files to pixels, through the system's libheif and what it decodes HEVC with.
//!
//! This is the one crate of the workspace that gives strangers' bytes to a decoder in C++, which is why nothing builds it
//! that was not asked to. It bounds what it can: the sides of pictures before they are decoded, and threads. Its interface
//! is safe as far as the library is.

mod decoder;

pub use decoder::{Colors, Error, File, Pixels, load};
