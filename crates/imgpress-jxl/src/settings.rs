/// Whether alpha is exact in pictures that are not. It is with libjxl 0.9 and newer; older ones take it in steps of up to half
/// the distance, 2 of 255 at a distance of 4, and leave it as it is up to 1.9. What is opaque stays opaque up to a distance of 8.
pub const KEEPS_ALPHA: bool = cfg!(distance_of_channels);

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

/// How pixels become bits. Alpha is without loss in either case, if [`KEEPS_ALPHA`].
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
