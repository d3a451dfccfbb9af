/// How a picture is to be encoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings<'a> {
    /// With loss or without.
    pub coding: Coding,
    /// How much time to spend.
    pub effort: Effort,
    /// What the values mean.
    pub colors: Colors<'a>,
}

/// How pixels become bits. Alpha is without loss in either case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Coding {
    /// In the colours of the eye, quantised.
    Lossy(Distance),
    /// Every value as it is, of transparent pixels too.
    Lossless,
}

/// How far a file is from its picture, by Butteraugli: at 1.0 it can hardly be told from it, and 25.0 is the end.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Distance(f32);

impl Distance {
    /// 0.01 to 25.0; what is outside, or no number, is taken as the nearest, or as 1.0.
    #[must_use]
    pub fn new(distance: f32) -> Self {
        Self(if distance.is_nan() { 1.0 } else { distance.clamp(0.01, 25.0) })
    }

    /// 0.01 to 25.0.
    #[must_use]
    pub fn get(self) -> f32 {
        self.0
    }
}

/// libjxl's effort: 1 is the fastest, 9 makes the smallest files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort(u8);

impl Effort {
    /// 1 to 9; what is outside is taken as the nearest.
    #[must_use]
    pub const fn new(effort: u8) -> Self {
        Self(match effort {
            0 => 1,
            10.. => 9,
            effort => effort,
        })
    }

    /// 1 to 9.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// What the values of a picture mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colors<'a> {
    /// sRGB, or grey with its curve.
    Srgb,
    /// What an ICC profile says, which has to be sound, and of as many components as the picture.
    Icc(&'a [u8]),
}
