//! What may be asked of a compression, as types that hold only legal values.
//!
//! Every way into imgpress (query, form field, header, command line) reads its options through
//! [`OptionSet`], so that a value is checked in one place and refused in one wording. The crate is a leaf:
//! the codec takes its [`Options`], and the gateway can check a request without linking a codec.

mod accept;
mod color;
mod color_space;
mod effort;
mod fit;
mod format;
mod lossless;
mod max_bytes;
mod metadata;
mod name;
mod output_format;
mod quality;
mod set;
mod target;

pub use accept::accepts;
pub use color::Color;
pub use color_space::{ColorSpace, ColorSpaceUnknown};
pub use effort::{Effort, EffortUnknown};
pub use fit::{Fit, FitUnknown, Side, SideOutOfRange};
pub use format::ImageFormat;
pub use lossless::{Lossless, LosslessUnknown};
pub use max_bytes::{MaxBytes, MaxBytesMalformed};
pub use metadata::{Metadata, MetadataKind, MetadataKinds, MetadataUnknown};
pub use name::OptionName;
pub use output_format::{OutputFormat, OutputFormatUnknown};
pub use quality::{Quality, QualityOutOfRange};
pub use set::{OptionError, OptionSet};
pub use target::{Score, Target, TargetMalformed};

/// How one image is to be compressed. The default is what a request without options gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// How close to the original the output looks. Default: quality 80.
    pub quality: Target,
    /// Whether that was asked for, and is not only the default: a PNG loses something then. See
    /// [`asks_quality`](Self::asks_quality).
    pub quality_given: bool,
    /// How much time to spend for a smaller file of that look. Default: balanced.
    pub effort: Effort,
    /// The format of the output. Default: JPEG.
    pub format: OutputFormat,
    /// Whether the output may lose something. Default: what makes it smaller.
    pub lossless: Lossless,
    /// Whether [`OutputFormat::Auto`] may choose AVIF: whoever looks at it can read that. Default: no.
    pub avif: bool,
    /// The same of JPEG XL.
    pub jxl: bool,
    /// What transparency is flattened on where the output format has none. Default: white.
    pub background: Color,
    /// The box that the picture is to go into, in pixels of the picture as it is shown. A side that is not
    /// given follows from the other and the picture's proportions. Default: neither, the picture's own size.
    pub width: Option<Side>,
    /// See [`width`](Self::width).
    pub height: Option<Side>,
    /// How the picture goes into that box. Means nothing without one. Default: never enlarged.
    pub fit: Fit,
    /// The largest file wanted. Where the one at [`quality`](Self::quality) is larger, the output has the highest
    /// quality whose file is not. Default: any size.
    pub max_bytes: Option<MaxBytes>,
    /// The colour space of the output. Default: sRGB.
    pub color: ColorSpace,
    /// What the output carries beside the picture. Default: nothing.
    pub metadata: Metadata,
}

impl Options {
    /// Whether a quality was asked for, if only by another one than the default.
    #[must_use]
    pub fn asks_quality(&self) -> bool {
        self.quality_given || self.quality != Target::default()
    }
}
