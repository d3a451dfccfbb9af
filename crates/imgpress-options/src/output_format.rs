use std::fmt;
use std::str::FromStr;

use crate::ImageFormat;

/// The format of an output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OutputFormat {
    /// JPEG, which has no transparency: it is flattened.
    #[default]
    Jpeg,
    /// WebP, with loss or without, whichever takes fewer bytes.
    Webp,
    /// AVIF: the smallest for photographs, and the dearest to make.
    Avif,
    /// JPEG XL: of a JPEG without loss too, if that is asked for.
    Jxl,
    /// PNG: without loss, unless a quality is asked for.
    Png,
    /// The format of the input, if it is one of these; PNG, which loses nothing, if it is another.
    Same,
    /// That of these which takes the fewest bytes for the picture at the look that is asked for.
    Auto,
}

/// A text that is no [`OutputFormat`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an output is jpeg, webp, avif, jxl, png, same or auto")]
pub struct OutputFormatUnknown;

impl OutputFormat {
    /// Every output there is, the default first. A binary may be built without one.
    pub const ALL: [Self; 7] =
        [Self::Jpeg, Self::Webp, Self::Avif, Self::Jxl, Self::Png, Self::Same, Self::Auto];

    /// The name used in options.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Webp => "webp",
            Self::Avif => "avif",
            Self::Jxl => "jxl",
            Self::Png => "png",
            Self::Same => "same",
            Self::Auto => "auto",
        }
    }

    /// The output that a file extension asks for, in any case and without its dot; `None` for one that no output has.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" | "jpe" | "jfif" => Some(Self::Jpeg),
            "webp" => Some(Self::Webp),
            "avif" => Some(Self::Avif),
            "jxl" => Some(Self::Jxl),
            "png" => Some(Self::Png),
            _ => None,
        }
    }

    /// The format it is, where it is the same for every input.
    #[must_use]
    pub fn fixed(self) -> Option<ImageFormat> {
        match self {
            Self::Jpeg => Some(ImageFormat::Jpeg),
            Self::Webp => Some(ImageFormat::Webp),
            Self::Avif => Some(ImageFormat::Avif),
            Self::Jxl => Some(ImageFormat::Jxl),
            Self::Png => Some(ImageFormat::Png),
            Self::Same | Self::Auto => None,
        }
    }
}

impl FromStr for OutputFormat {
    type Err = OutputFormatUnknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or(OutputFormatUnknown)
    }
}

impl fmt::Display for OutputFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_reads_what_it_writes_and_nothing_else() {
        for format in OutputFormat::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        for text in ["", "JPEG", "jpg", "gif", "heic"] {
            assert_eq!(text.parse::<OutputFormat>(), Err(OutputFormatUnknown), "{text:?}");
        }
    }

    #[test]
    fn an_extension_that_an_output_has_names_it() {
        for format in OutputFormat::ALL {
            if let Some(fixed) = format.fixed() {
                assert_eq!(OutputFormat::of_extension(fixed.extension()), Some(format));
            }
        }
        assert_eq!(OutputFormat::of_extension("PNG"), Some(OutputFormat::Png));
        assert_eq!(OutputFormat::of_extension("same"), None);
        assert_eq!(OutputFormat::of_extension("gif"), None);
    }
}
