use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

/// A side that is asked for, in pixels: 1 to 16384.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Side(NonZeroU16);

/// A number that is no [`Side`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a side is a whole number of pixels from 1 to 16384")]
pub struct SideOutOfRange;

/// How a picture goes into the box that `width` and `height` make. It keeps its proportions in every case. The
/// names and what they mean are those of CSS's `object-fit`, where `contain` and `cover` enlarge too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fit {
    /// As large as fits into the box, and never larger than it came.
    #[default]
    ScaleDown,
    /// As large as fits into the box.
    Contain,
    /// The whole box, cropped around the centre.
    Cover,
}

/// A text that is no [`Fit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fit is scale-down, contain or cover")]
pub struct FitUnknown;

impl Side {
    /// The longest side that can be asked for, 16384.
    pub const MAX: Self = Self(NonZeroU16::new(16_384).expect("16384 is not zero"));

    /// The number, 1 to 16384.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0.get()
    }
}

impl TryFrom<u16> for Side {
    type Error = SideOutOfRange;

    fn try_from(pixels: u16) -> Result<Self, SideOutOfRange> {
        let side = NonZeroU16::new(pixels).map(Self).ok_or(SideOutOfRange)?;
        if side <= Self::MAX { Ok(side) } else { Err(SideOutOfRange) }
    }
}

impl FromStr for Side {
    type Err = SideOutOfRange;

    /// Reads plain decimal digits: no sign, no unit, no leading zero.
    fn from_str(text: &str) -> Result<Self, SideOutOfRange> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        let pixels: u16 = plain.then(|| text.parse().ok()).flatten().ok_or(SideOutOfRange)?;
        Self::try_from(pixels)
    }
}

impl Fit {
    /// Every fit, the default first.
    pub const ALL: [Self; 3] = [Self::ScaleDown, Self::Contain, Self::Cover];

    /// The name used in options.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ScaleDown => "scale-down",
            Self::Contain => "contain",
            Self::Cover => "cover",
        }
    }
}

impl FromStr for Fit {
    type Err = FitUnknown;

    fn from_str(text: &str) -> Result<Self, FitUnknown> {
        Self::ALL.into_iter().find(|fit| fit.name() == text).ok_or(FitUnknown)
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_one_to_16384_in_plain_digits() {
        for good in ["1", "9", "640", "16384"] {
            assert_eq!(good.parse::<Side>().unwrap().get().to_string(), good);
        }
        for bad in ["", "0", "16385", "65536", "99999999999", "-1", "+1", "01", "1.0", "100px", "50%", " 1"] {
            assert_eq!(bad.parse::<Side>(), Err(SideOutOfRange), "{bad:?}");
        }
    }

    #[test]
    fn a_fit_reads_what_it_writes() {
        for fit in Fit::ALL {
            assert_eq!(fit.to_string().parse(), Ok(fit));
        }
        assert_eq!("fill".parse::<Fit>(), Err(FitUnknown));
    }
}
