use std::fmt;
use std::str::FromStr;

/// Whether an output may lose something of its picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lossless {
    /// It loses something where that makes it smaller.
    #[default]
    Auto,
    /// Hardly anything: a WebP is coded without loss after its values have been rounded where that cannot be seen. Of a
    /// format that has no such coding, nothing.
    Near,
    /// Nothing.
    True,
}

/// A text that is no [`Lossless`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("lossless is auto, near or true")]
pub struct LosslessUnknown;

impl Lossless {
    /// Every choice, the default first.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Near, Self::True];

    /// The name used in options.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Near => "near",
            Self::True => "true",
        }
    }
}

impl FromStr for Lossless {
    type Err = LosslessUnknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|choice| choice.name() == text).ok_or(LosslessUnknown)
    }
}

impl fmt::Display for Lossless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
