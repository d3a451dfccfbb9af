use std::fmt;
use std::str::FromStr;

use crate::quality::{Quality, QualityOutOfRange};

/// What decides how close to the original an output looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The same setting for every picture; pictures differ in how they look with it.
    Fixed(Quality),
    /// The same look for every picture: the lowest quality whose file has this score.
    Look(Score),
}

/// A look: a score of SSIMULACRA2 from 30.0 to 95.0, in tenths. On that metric's own scale 30 is low quality, 50 medium,
/// 70 high, and 90 cannot be told from the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score(u16);

/// A text that is no [`Target`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a quality is a whole number from 1 to 100, auto, auto:low, auto:medium, auto:high, or ssim2:30 to ssim2:95"
)]
pub struct TargetMalformed;

impl Score {
    /// The lowest that may be asked for, 30.0.
    pub const MIN: Self = Self(300);
    /// The highest that may be asked for, 95.0.
    pub const MAX: Self = Self(950);
    /// `auto:low`, 70.0: where the metric's scale begins to say high quality.
    pub const LOW: Self = Self(700);
    /// `auto` and `auto:medium`, 78.0: what photographs have on average at the default quality, 80.
    pub const MEDIUM: Self = Self(780);
    /// `auto:high`, 85.0: about the highest that photographs with chroma at half size reach before each step gets dear.
    pub const HIGH: Self = Self(850);

    /// The score itself.
    #[must_use]
    pub fn get(self) -> f64 {
        f64::from(self.0) / 10.0
    }
}

impl FromStr for Score {
    type Err = TargetMalformed;

    /// Reads two plain decimal digits, and a point and a third where there is one.
    fn from_str(text: &str) -> Result<Self, TargetMalformed> {
        let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
        let plain =
            |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole, 2) || !plain(tenth, 1) {
            return Err(TargetMalformed);
        }
        let tenths = format!("{whole}{tenth}").parse().map(Self).map_err(|_| TargetMalformed)?;
        if (Self::MIN..=Self::MAX).contains(&tenths) { Ok(tenths) } else { Err(TargetMalformed) }
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 10 {
            0 => write!(f, "{}", self.0 / 10),
            tenth => write!(f, "{}.{tenth}", self.0 / 10),
        }
    }
}

impl Target {
    /// Mean scores of photographs, in tenths, at some qualities of balanced effort, from the lowest: measured on the
    /// tuning set of `bench`.
    pub const MEANS: [(u16, u8); 13] = [
        (200, 15),
        (383, 25),
        (501, 35),
        (566, 45),
        (615, 52),
        (643, 58),
        (678, 64),
        (705, 70),
        (753, 75),
        (781, 80),
        (836, 88),
        (894, 94),
        (926, 97),
    ];

    /// The quality that was asked for; for a look, the one at which photographs have it on average.
    #[must_use]
    pub fn nominal(self) -> Quality {
        let score = match self {
            Self::Fixed(quality) => return quality,
            Self::Look(Score(tenths)) => tenths,
        };
        let mut before = Self::MEANS[0];
        for to in Self::MEANS {
            if score <= to.0 {
                let (span, steps) = (u32::from(to.0 - before.0), u32::from(to.1 - before.1));
                let share = (u32::from(score - before.0) * steps + span / 2) / span;
                let number = u32::from(before.1) + share;
                return u8::try_from(number)
                    .ok()
                    .and_then(|number| number.try_into().ok())
                    .unwrap_or_default();
            }
            before = to;
        }
        before.1.try_into().unwrap_or_default()
    }
}

impl Default for Target {
    fn default() -> Self {
        Self::Fixed(Quality::default())
    }
}

impl From<Quality> for Target {
    fn from(quality: Quality) -> Self {
        Self::Fixed(quality)
    }
}

impl TryFrom<u8> for Target {
    type Error = QualityOutOfRange;

    fn try_from(number: u8) -> Result<Self, QualityOutOfRange> {
        number.try_into().map(Self::Fixed)
    }
}

impl FromStr for Target {
    type Err = TargetMalformed;

    fn from_str(text: &str) -> Result<Self, TargetMalformed> {
        Ok(match text {
            "auto:low" => Self::Look(Score::LOW),
            "auto" | "auto:medium" => Self::Look(Score::MEDIUM),
            "auto:high" => Self::Look(Score::HIGH),
            _ => match text.strip_prefix("ssim2:") {
                Some(score) => Self::Look(score.parse()?),
                None => Self::Fixed(text.parse().map_err(|_| TargetMalformed)?),
            },
        })
    }
}

impl fmt::Display for Target {
    /// A text that reads back as the same target.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(quality) => quality.get().fmt(f),
            Self::Look(score) => write!(f, "ssim2:{score}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_quality_a_name_or_a_score() {
        for (text, same) in [
            ("80", "80"),
            ("auto", "ssim2:78"),
            ("auto:low", "ssim2:70"),
            ("auto:medium", "ssim2:78"),
            ("auto:high", "ssim2:85"),
            ("ssim2:30", "ssim2:30"),
            ("ssim2:72.5", "ssim2:72.5"),
            ("ssim2:95.0", "ssim2:95"),
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!(target.to_string(), same);
            assert_eq!(same.parse(), Ok(target));
        }
    }

    #[test]
    fn refuses_other_spellings() {
        for text in [
            "",
            "0",
            "101",
            "Auto",
            "auto:",
            "auto:best",
            "ssim2",
            "ssim2:",
            "ssim2:29.9",
            "ssim2:95.1",
            "ssim2:100",
            "ssim2:7",
            "ssim2:75.",
            "ssim2:75.55",
            "ssim2:.5",
            "ssim2:+75",
            "ssim2: 75",
            "75.5",
        ] {
            assert_eq!(text.parse::<Target>(), Err(TargetMalformed), "{text:?}");
        }
    }

    #[test]
    fn a_closer_look_takes_no_lower_quality() {
        let nominal = |tenths| Target::Look(Score(tenths)).nominal();
        assert!((300..950).all(|tenths| nominal(tenths) <= nominal(tenths + 1)));
        assert_eq!(Target::Fixed(Quality::MIN).nominal(), Quality::MIN);
        assert!((78..=81).contains(&Target::Look(Score::MEDIUM).nominal().get()));
    }
}
