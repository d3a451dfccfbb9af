use std::fmt;
use std::str::FromStr;

/// How much time to spend for a smaller file of the same look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Effort {
    /// As little as makes a good file.
    Fast,
    /// What pays for its time.
    #[default]
    Balanced,
    /// All that still makes the file smaller.
    Max,
}

/// A text that is no [`Effort`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an effort is fast, balanced or max")]
pub struct EffortUnknown;

impl Effort {
    /// Every effort, from the least to the most.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Balanced, Self::Max];

    /// The name used in options.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Balanced => "balanced",
            Self::Max => "max",
        }
    }
}

impl FromStr for Effort {
    type Err = EffortUnknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|effort| effort.name() == text).ok_or(EffortUnknown)
    }
}

impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
