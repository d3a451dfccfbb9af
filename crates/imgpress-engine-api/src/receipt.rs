use imgpress_options::ImageFormat;
use serde::{Deserialize, Serialize};

/// What was done to an image, as clients read it (camelCase JSON).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Whether the output was made anew or the input kept.
    pub outcome: Outcome,
    /// The output's format.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "jpeg"))]
    pub format: ImageFormat,
    /// The output's media type.
    pub content_type: String,
    /// The output's width in pixels, as it is shown.
    pub width: u32,
    /// The output's height in pixels, as it is shown.
    pub height: u32,
    /// The output's size in bytes.
    pub bytes: u64,
    /// What came in.
    pub original: Original,
    /// Bytes saved; negative where another format made the image larger.
    pub saved_bytes: i64,
    /// Output bytes divided by input bytes, to three places.
    pub ratio: f64,
    /// The quality that was used.
    pub quality: u8,
    /// The SSIMULACRA2 score that was reached, where it was measured.
    pub score: Option<f64>,
    /// What the input carried and the output does not, by names that never change: `gps`, `comment`. Texts, so that an
    /// engine may know more of them than its gateway, and absent from engines that know none.
    #[serde(default)]
    pub removed: Vec<String>,
    /// What else is to be said of the input.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// Where the time went.
    pub timings: Timings,
}

/// Something about an input that its output does not show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Note {
    /// For programs: it never changes.
    pub code: String,
    /// The same in words, ASCII.
    pub message: String,
}

/// The image that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Original {
    /// Its format, recognised from its bytes.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "jpeg"))]
    pub format: ImageFormat,
    /// Its width in pixels, as it is shown (EXIF orientation applied).
    pub width: u32,
    /// Its height in pixels, as it is shown (EXIF orientation applied).
    pub height: u32,
    /// Its size in bytes.
    pub bytes: u64,
}

/// How an output came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The image was encoded anew.
    Compressed,
    /// No smaller output of the asked-for format could be made: the input's pixels, without its metadata.
    Kept,
}

impl Outcome {
    /// The name used in receipts and metric labels.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compressed => "compressed",
            Self::Kept => "kept",
        }
    }
}

/// Where the time of one request went, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Timings {
    /// Waiting for a worker and for memory.
    pub queue_ms: f64,
    /// Decoding, with orientation and colour conversion.
    pub decode_ms: f64,
    /// Encoding and choosing what is smallest.
    pub encode_ms: f64,
    /// Storing the output; only where it was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_ms: Option<f64>,
}

impl Receipt {
    /// The ratio of two sizes as receipts give it: to three places, and 0 where nothing came in.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "no image is larger than 2^53 bytes")]
    pub fn ratio_of(output_bytes: u64, input_bytes: u64) -> f64 {
        if input_bytes == 0 {
            return 0.0;
        }
        (output_bytes as f64 / input_bytes as f64 * 1000.0).round() / 1000.0
    }
}
