//! Bytes of an image in, fewer bytes of the same look out.
//!
//! The crate is pure and synchronous: it opens no file and no socket, reads no environment and starts no
//! thread. It recognises a format from the bytes alone, refuses what is over the [`Limits`] before a pixel is
//! allocated, and looks at its [`Budget`] between steps.
//!
//! ```
//! use imgpress_codec::{compress_image_bytes, options::Quality};
//!
//! let picture = b"P6 2 1 255\n\xff\x00\x00\x00\x00\xff";
//! let jpeg = compress_image_bytes(picture, Quality::default())?;
//! assert!(jpeg.starts_with(&[0xff, 0xd8]));
//! # Ok::<(), imgpress_codec::Error>(())
//! ```

mod budget;
#[cfg(feature = "calibration")]
pub mod calibration;
mod carry;
mod colors;
mod compare;
mod compress;
mod container;
mod decode;
mod encode;
mod error;
mod exif;
mod format;
mod geometry;
mod jpeg;
mod keep;
mod limits;
mod metadata;
mod output;
mod probe;
mod raster;
mod score;
mod search;
mod select;
mod transform;
mod verify;

pub use budget::Budget;
pub use compare::{AMPLIFIED, Pair, PairError};
pub use compress::{compress, compress_image_bytes, compress_verified};
#[cfg(feature = "heic")]
pub use decode::load_decoders;
pub use encode::check_options;
pub use error::{Corrupt, Error, TooLarge, Unsupported};
pub use format::recognise;
pub use imgpress_options as options;
pub use limits::Limits;
pub use metadata::{Note, Removed};
pub use output::{Outcome, Output};
pub use probe::{ImageInfo, Orientation, probe};
pub use verify::Verify;
