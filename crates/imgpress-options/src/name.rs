use std::fmt;
use std::str::FromStr;

use crate::set::OptionError;

/// The name of an option, the same in a query, a form field and, with dashes, on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "docs/API.md describes each option")]
pub enum OptionName {
    Quality,
    Effort,
    Format,
    Lossless,
    Avif,
    Jxl,
    Width,
    Height,
    Fit,
    Background,
    Color,
    Metadata,
    MaxBytes,
    Store,
}

impl OptionName {
    /// Every option there is.
    pub const ALL: [Self; 14] = [
        Self::Quality,
        Self::Effort,
        Self::Format,
        Self::Lossless,
        Self::Avif,
        Self::Jxl,
        Self::Width,
        Self::Height,
        Self::Fit,
        Self::Background,
        Self::Color,
        Self::Metadata,
        Self::MaxBytes,
        Self::Store,
    ];

    /// The name as requests write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quality => "quality",
            Self::Effort => "effort",
            Self::Format => "format",
            Self::Lossless => "lossless",
            Self::Avif => "avif",
            Self::Jxl => "jxl",
            Self::Width => "width",
            Self::Height => "height",
            Self::Fit => "fit",
            Self::Background => "background",
            Self::Color => "color",
            Self::Metadata => "metadata",
            Self::MaxBytes => "max_bytes",
            Self::Store => "store",
        }
    }

    /// The values that this build takes, in words for an error message.
    #[must_use]
    pub fn allowed(self) -> &'static str {
        match self {
            Self::Quality => {
                "a whole number from 1 to 100, auto, auto:low, auto:medium, auto:high, or ssim2:30 to ssim2:95"
            }
            Self::Effort => "fast, balanced or max",
            Self::Format => "jpeg, webp, avif, jxl, png, same or auto",
            Self::Width | Self::Height => "a whole number of pixels from 1 to 16384",
            Self::Fit => "scale-down, contain or cover",
            Self::Background => "a colour written #rrggbb",
            Self::Color => "srgb or keep",
            Self::Metadata => "strip, keep, or some of copyright, creation and location, with commas",
            Self::Lossless => "auto, near or true",
            Self::Avif | Self::Jxl | Self::Store => "true or false",
            Self::MaxBytes => "a size like 200000, 200kB or 1MiB",
        }
    }
}

impl FromStr for OptionName {
    type Err = OptionError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|option| option.as_str() == name).ok_or_else(|| OptionError::unknown(name))
    }
}

impl fmt::Display for OptionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
