use std::fmt;
use std::str::FromStr;

/// What an output carries of its input beside the picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Metadata {
    /// Nothing.
    #[default]
    Strip,
    /// Who made the picture and whose it is, and nothing else.
    Copyright,
    /// EXIF, XMP and IPTC, without thumbnails.
    Keep,
}

/// A text that is no [`Metadata`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("metadata are strip, copyright or keep")]
pub struct MetadataUnknown;

impl Metadata {
    /// Every choice, the default first.
    pub const ALL: [Self; 3] = [Self::Strip, Self::Copyright, Self::Keep];

    /// The name used in options.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Strip => "strip",
            Self::Copyright => "copyright",
            Self::Keep => "keep",
        }
    }
}

impl FromStr for Metadata {
    type Err = MetadataUnknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|choice| choice.name() == text).ok_or(MetadataUnknown)
    }
}

impl fmt::Display for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
