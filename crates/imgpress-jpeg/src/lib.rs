//! A JPEG encoder in safe Rust, made for small files at the same look.
//!
//! It writes plain JPEG that every decoder reads (ITU-T T.81, baseline or progressive Huffman). What makes
//! its files smaller is what happens before entropy coding: quantisation tables fitted to perceptual
//! metrics, a luma that makes up for what subsampled chroma loses, overshoot in clipped whites, and
//! rounding that weighs every coefficient's bits against its error.
//!
//! ```
//! use imgpress_jpeg::{ColorType, Distance, Encoder, Settings};
//!
//! let pixels = [200_u8; 3 * 32 * 20];
//! let mut encoder = Encoder::new(32, 20, ColorType::Rgb, Settings::new(Distance::new(1.3)?))?;
//! for rows in pixels.chunks(3 * 32 * 7) {
//!     encoder.write_rows(rows)?;
//! }
//! let mut jpeg = Vec::new();
//! encoder.finish(&mut jpeg)?;
//! assert_eq!(jpeg[..2], [0xFF, 0xD8]);
//! # Ok::<(), imgpress_jpeg::EncodeError>(())
//! ```
//!
//! Rows are consumed as they come: beside the quantised coefficients, which are kept in a compact form, the
//! encoder holds a few rows. The bytes that it writes depend on pixels and settings alone, never on the
//! instruction set of the machine.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "arithmetic on samples, coefficients and codes, each within bounds that its place states"
)]
#![allow(clippy::needless_range_loop, reason = "loops over lanes, written so that they become vectors")]

mod chroma_detail;
mod coefficients;
mod color;
mod dc;
mod dct;
mod decode;
mod dering;
mod encoder;
mod error;
mod huffman;
#[cfg(all(test, target_arch = "x86_64"))]
mod levels;
mod luma_fix;
mod pipeline;
mod planes;
mod quality;
mod rdo;
mod recode;
mod scan;
mod settings;
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod stages;
mod strip;
mod subsample;
mod tables;
mod token;
mod write;
mod zigzag;

pub use chroma_detail::ChromaDetail;
pub use color::ColorType;
pub use decode::{
    CoefficientPlane, Coefficients, ColorTransform, Component, DecodeError, DecodeLimits, Decoder, Pixels,
    PlaneStrip, Scale, Segment, Strip, Strips,
};
pub use encoder::Encoder;
pub use error::{EncodeError, SettingsError};
pub use planes::{PlaneRows, Planes};
pub use quality::Quality;
pub use recode::{RecodeError, recode};
pub use settings::{Density, Distance, Effort, Mode, Settings, Subsampling};
