use std::fmt;
use std::str::FromStr;

/// The colour space that an output is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ColorSpace {
    /// sRGB, which everything can show, without a profile.
    #[default]
    Srgb,
    /// That of the input, with the profile it embeds: nothing is converted. sRGB where it embeds none.
    Keep,
}

/// A text that is no [`ColorSpace`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a colour space is srgb or keep")]
pub struct ColorSpaceUnknown;

impl ColorSpace {
    /// Every colour space, the default first.
    pub const ALL: [Self; 2] = [Self::Srgb, Self::Keep];

    /// The name used in options.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Srgb => "srgb",
            Self::Keep => "keep",
        }
    }
}

impl FromStr for ColorSpace {
    type Err = ColorSpaceUnknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|space| space.name() == text).ok_or(ColorSpaceUnknown)
    }
}

impl fmt::Display for ColorSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
