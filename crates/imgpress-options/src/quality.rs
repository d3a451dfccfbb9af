use std::num::NonZeroU8;
use std::str::FromStr;

/// A JPEG-like quality from 1 (smallest) to 100 (closest to the original).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quality(NonZeroU8);

/// A number that is no [`Quality`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a quality is a whole number from 1 to 100")]
pub struct QualityOutOfRange;

impl Quality {
    /// The smallest and worst-looking quality, 1.
    pub const MIN: Self = Self(NonZeroU8::MIN);
    /// The quality closest to the original, 100.
    pub const MAX: Self = Self(NonZeroU8::new(100).expect("100 is not zero"));

    /// The number, 1 to 100.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0.get()
    }
}

impl Default for Quality {
    /// 80: the usual trade between size and look for photographs on the web.
    fn default() -> Self {
        Self(NonZeroU8::new(80).expect("80 is not zero"))
    }
}

impl TryFrom<u8> for Quality {
    type Error = QualityOutOfRange;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        let quality = NonZeroU8::new(number).map(Self).ok_or(QualityOutOfRange)?;
        if quality <= Self::MAX { Ok(quality) } else { Err(QualityOutOfRange) }
    }
}

impl FromStr for Quality {
    type Err = QualityOutOfRange;

    /// Reads plain decimal digits: no sign, no fraction, no leading zero.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        let number: u8 = plain.then(|| text.parse().ok()).flatten().ok_or(QualityOutOfRange)?;
        Self::try_from(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_one_to_a_hundred_and_nothing_else() {
        for number in 0..=u8::MAX {
            assert_eq!(Quality::try_from(number).is_ok(), (1..=100).contains(&number), "{number}");
            assert_eq!(
                number.to_string().parse::<Quality>().is_ok(),
                (1..=100).contains(&number),
                "{number}"
            );
        }
    }

    #[test]
    fn reads_plain_digits_only() {
        for text in ["", "abc", "+80", "-1", "80.0", " 80", "080", "1e1", "100000000000"] {
            assert_eq!(text.parse::<Quality>(), Err(QualityOutOfRange), "{text:?}");
        }
    }
}
