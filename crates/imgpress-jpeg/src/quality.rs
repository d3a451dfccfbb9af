//! One scale of quality for every effort.

mod scale;

use crate::error::SettingsError;
use crate::settings::{Distance, Effort};

/// A quality from 1 to 100 on the scale that mozjpeg's users know: at each number and at every effort a
/// picture looks on average as mozjpeg's would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quality(u8);

impl Quality {
    /// A quality from 1 to 100.
    ///
    /// # Errors
    /// [`SettingsError::Quality`] outside that range.
    pub fn new(quality: u8) -> Result<Self, SettingsError> {
        if (1..=100).contains(&quality) { Ok(Self(quality)) } else { Err(SettingsError::Quality(quality)) }
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// The distance at which this effort has this look: never larger for a higher quality.
    #[must_use]
    pub fn distance(self, effort: Effort) -> Distance {
        let scale = match effort {
            Effort::Fast => &scale::FAST,
            Effort::Balanced => &scale::BALANCED,
            Effort::Max => &scale::MAX,
        };
        Distance::nearest(scale[usize::from(self.0 - 1)])
    }
}

impl TryFrom<u8> for Quality {
    type Error = SettingsError;

    fn try_from(quality: u8) -> Result<Self, SettingsError> {
        Self::new(quality)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quality_is_1_to_100() {
        assert_eq!(Quality::new(0), Err(SettingsError::Quality(0)));
        assert_eq!(Quality::try_from(101), Err(SettingsError::Quality(101)));
        assert_eq!(Quality::new(100).map(Quality::get), Ok(100));
    }

    #[test]
    fn a_higher_quality_is_never_farther_from_the_picture() {
        for effort in [Effort::Fast, Effort::Balanced, Effort::Max] {
            let distances: Vec<f32> = (1..=100).map(|q| Quality(q).distance(effort).get()).collect();
            assert!(distances.windows(2).all(|pair| pair[0] >= pair[1]));
            assert!(distances[0] > 10.0 && distances[99] < 0.5);
        }
    }
}
