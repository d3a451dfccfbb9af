//! AV1 still pictures: planes to bytes through libaom's encoder, and bytes to planes through rav1d.
//!
//! The crate is a door. libaom is C and only ever receives planes that the caller made; what decodes bytes is
//! Rust. Neither speaks safe Rust, so this is the one place of the workspace that may say `unsafe`, and it holds
//! nothing else: no container, no colour, no policy.

#[cfg(feature = "decode")]
mod decode;
#[cfg(feature = "encode")]
mod encode;
mod planes;

#[cfg(feature = "decode")]
pub use decode::{DecodeError, Limits, decode};
#[cfg(feature = "encode")]
pub use encode::{Colors, EncodeError, Encoding, Quantizer, Speed, encode};
pub use planes::{BadPlanes, Chroma, Depth, Planes};
