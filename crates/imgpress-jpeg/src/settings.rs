//! How a picture is to be encoded: values that can hold nothing illegal.

use std::num::NonZeroU16;
use std::ops::RangeInclusive;

use crate::color::ColorType;
use crate::error::SettingsError;
use crate::quality::Quality;
use crate::tables::QuantTables;

/// Bytes of profile in one ICC segment: a segment's 65,533 less the signature, number and count.
pub(crate) const ICC_CHUNK: usize = 65_533 - 14;
const ICC_MAX: usize = 255 * ICC_CHUNK;
const EXIF_MAX: usize = 65_533 - 6;

/// How far from the original the picture may look, on the scale of Butteraugli: about 1 where a difference
/// begins to be seen side by side, smaller is closer. 0.05 to 100.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Distance(f32);

impl Distance {
    const RANGE: RangeInclusive<f32> = 0.05..=100.0;

    /// A distance from 0.05 to 100.
    ///
    /// # Errors
    /// [`SettingsError::Distance`] outside that range and for NaN.
    pub fn new(distance: f32) -> Result<Self, SettingsError> {
        if Self::RANGE.contains(&distance) {
            Ok(Self(distance))
        } else {
            Err(SettingsError::Distance(distance))
        }
    }

    /// The legal distance next to a number that is none by mistake.
    pub(crate) fn nearest(distance: f32) -> Self {
        Self(distance.clamp(*Self::RANGE.start(), *Self::RANGE.end()))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> f32 {
        self.0
    }
}

impl TryFrom<f32> for Distance {
    type Error = SettingsError;

    fn try_from(distance: f32) -> Result<Self, SettingsError> {
        Self::new(distance)
    }
}

/// How much colour detail is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Subsampling {
    /// Chroma at half the width and height: smaller at every usual quality.
    #[default]
    S420,
    /// Chroma at full size: for a quality that 4:2:0 cannot reach, and for saturated edges and text.
    S444,
}

/// How much work is spent on a smaller file of the same look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effort {
    /// A dead zone instead of rate–distortion decisions, and no correction of luma.
    Fast,
    /// Everything that pays for its time.
    #[default]
    Balanced,
    /// Everything that still makes files smaller.
    Max,
}

/// In what order coefficients are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Several scans, coarse to fine: smaller, and shows early on a slow connection.
    #[default]
    Progressive,
    /// One scan from top to bottom: decodes faster and in less memory.
    Sequential,
}

/// The shape or physical size of a pixel, as the JFIF header states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Density {
    /// Only the shape: the ratio of pixels per unit across and down.
    Aspect(NonZeroU16, NonZeroU16),
    /// Pixels per inch, across and down.
    PerInch(NonZeroU16, NonZeroU16),
    /// Pixels per centimetre, across and down.
    PerCentimetre(NonZeroU16, NonZeroU16),
}

impl Default for Density {
    /// Square pixels of no stated size.
    fn default() -> Self {
        Self::Aspect(NonZeroU16::MIN, NonZeroU16::MIN)
    }
}

/// How a picture is to be encoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub(crate) distance: Distance,
    pub(crate) subsampling: Subsampling,
    pub(crate) effort: Effort,
    pub(crate) mode: Mode,
    pub(crate) restart_interval: Option<NonZeroU16>,
    pub(crate) density: Density,
    pub(crate) icc: Vec<u8>,
    pub(crate) exif: Vec<u8>,
    /// Steps that the components were quantised with before; empty for a picture that was not.
    pub(crate) source: Vec<[u16; 64]>,
}

impl Settings {
    /// 4:2:0, balanced effort, progressive, no restart markers, square pixels, no metadata.
    #[must_use]
    pub fn new(distance: Distance) -> Self {
        Self {
            distance,
            subsampling: Subsampling::default(),
            effort: Effort::default(),
            mode: Mode::default(),
            restart_interval: None,
            density: Density::default(),
            icc: Vec::new(),
            exif: Vec::new(),
            source: Vec::new(),
        }
    }

    /// The distance at which this effort has this look, and that effort.
    #[must_use]
    pub fn of_quality(quality: Quality, effort: Effort) -> Self {
        Self::new(quality.distance(effort)).with_effort(effort)
    }

    /// The quantisation steps of the picture's one or three components, row by row: what a file made with these
    /// settings has. A file with larger ones has lost more already than these would take.
    #[must_use]
    pub fn quantisation(&self, color: ColorType) -> Vec<[u8; 64]> {
        let QuantTables { y, cb, cr } = QuantTables::of(self);
        if color == ColorType::Grey { vec![y] } else { vec![y, cb, cr] }
    }

    /// The picture is the planes of a JPEG, on the same grid of blocks, whose components were quantised with these
    /// steps (row by row; luma first; fewer than three where chroma comes from elsewhere): ours are chosen to suit
    /// them. Default: none.
    ///
    /// Its coefficients are multiples of those steps. A step next to theirs takes what is already lost a second
    /// time; theirs takes nothing. Files of planes that were 4:2:2 or 4:2:0 came out 2 % smaller for it at equal
    /// SSIMULACRA2 (75 to 90).
    #[must_use]
    pub fn with_source_quantisation(mut self, steps: Vec<[u16; 64]>) -> Self {
        self.source = steps;
        self
    }

    /// Another distance.
    #[must_use]
    pub fn with_distance(mut self, distance: Distance) -> Self {
        self.distance = distance;
        self
    }

    /// How much colour detail is kept. Ignored for grey pictures. Default: 4:2:0.
    #[must_use]
    pub fn with_subsampling(mut self, subsampling: Subsampling) -> Self {
        self.subsampling = subsampling;
        self
    }

    /// How much work is spent. Default: balanced.
    #[must_use]
    pub fn with_effort(mut self, effort: Effort) -> Self {
        self.effort = effort;
        self
    }

    /// In what order coefficients are sent. Default: progressive.
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// A restart marker after every so many MCUs of each scan (an MCU is one block in the scans of a
    /// progressive file, T.81 A.2). Costs bytes; limits what a damaged byte spoils. Default: none.
    #[must_use]
    pub fn with_restart_interval(mut self, interval: Option<NonZeroU16>) -> Self {
        self.restart_interval = interval;
        self
    }

    /// Shape or size of a pixel. Default: square, of no stated size.
    #[must_use]
    pub fn with_density(mut self, density: Density) -> Self {
        self.density = density;
        self
    }

    /// An ICC profile to embed as it is (ICC.1:2022, annex B.4); empty for none. Default: none.
    ///
    /// # Errors
    /// [`SettingsError::IccTooLong`] above 16,707,345 bytes.
    pub fn with_icc(mut self, profile: Vec<u8>) -> Result<Self, SettingsError> {
        if profile.len() > ICC_MAX {
            return Err(SettingsError::IccTooLong(profile.len()));
        }
        self.icc = profile;
        Ok(self)
    }

    /// EXIF data to embed as they are: a TIFF structure, without the `Exif` signature, which is added;
    /// empty for none. Default: none.
    ///
    /// # Errors
    /// [`SettingsError::ExifTooLong`] above 65,527 bytes.
    pub fn with_exif(mut self, tiff: Vec<u8>) -> Result<Self, SettingsError> {
        if tiff.len() > EXIF_MAX {
            return Err(SettingsError::ExifTooLong(tiff.len()));
        }
        self.exif = tiff;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_holds_only_what_tables_are_defined_for() {
        for good in [0.05, 1.0, 100.0] {
            assert_eq!(Distance::new(good).map(Distance::get), Ok(good));
        }
        for bad in [0.0, -1.0, 0.049, 100.1, f32::INFINITY] {
            assert_eq!(Distance::try_from(bad), Err(SettingsError::Distance(bad)));
        }
        assert!(Distance::new(f32::NAN).is_err());
    }

    #[test]
    fn metadata_that_cannot_fit_is_refused() {
        let settings = Settings::new(Distance(1.0));
        assert!(settings.clone().with_icc(vec![0; ICC_MAX]).is_ok());
        assert_eq!(
            settings.clone().with_icc(vec![0; ICC_MAX + 1]),
            Err(SettingsError::IccTooLong(ICC_MAX + 1))
        );
        assert!(settings.clone().with_exif(vec![0; 65_527]).is_ok());
        assert_eq!(settings.with_exif(vec![0; 65_528]), Err(SettingsError::ExifTooLong(65_528)));
    }
}
