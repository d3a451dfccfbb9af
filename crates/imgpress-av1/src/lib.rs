//! AV1 still pictures from planes of samples, through libaom's encoder.
//!
//! libaom is C, and it only ever receives planes that the caller made. It does not speak safe Rust, so this crate says
//! `unsafe`, and holds nothing else: no container, no colour, no policy.

mod encode;
mod planes;

pub use encode::{Colors, EncodeError, Encoding, MAX_SIDE, Quantizer, Speed, encode};
pub use planes::{BadPlanes, Chroma, Depth, Planes};
