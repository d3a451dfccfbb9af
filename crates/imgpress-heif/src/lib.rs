//! HEIC files to pixels, through the system's libheif and what it decodes HEVC with.
//!
//! This is the one crate of the workspace that gives strangers' bytes to a decoder in C++, which is why nothing builds it
//! that was not asked to. It sets the bounds that the library has before that reads a byte, and compares what the library
//! has found with what its caller knows of the file before a picture is decoded. Its interface is safe as far as the library
//! is.

mod decoder;
mod library;
mod picture;

pub use decoder::{decode, load};
pub use picture::{Bounds, Error, Picture, Pixels};
