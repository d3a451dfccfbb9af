//! What the values of a picture mean, as its file says.

mod coded;
mod profile;

use moxcms::ColorProfile;

pub(crate) use coded::{Coded, Curve};
pub(crate) use profile::profile;

/// The colour space of a picture.
pub(crate) enum Colors {
    /// sRGB, stated or for want of a statement.
    Srgb,
    /// An embedded profile.
    Icc(Box<Icc>),
    /// Primaries and a curve by number, as PNG states them.
    Coded(Coded),
    /// Something was stated that is broken: taken as sRGB, as browsers do.
    Unusable,
}

/// An embedded profile that could be read.
pub(crate) struct Icc {
    /// What [belongs](profile) to it of what was embedded: at most [`MAX_ICC`](crate::raster::MAX_ICC) bytes.
    pub(crate) bytes: Vec<u8>,
    pub(crate) profile: ColorProfile,
}

/// Whether a picture came with a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Statement {
    None,
    Profile,
    Unusable,
}

impl Colors {
    /// Whether there is a profile.
    pub(crate) fn statement(&self) -> Statement {
        match self {
            Self::Srgb | Self::Coded(_) => Statement::None,
            Self::Icc(_) => Statement::Profile,
            Self::Unusable => Statement::Unusable,
        }
    }

    /// What a profile says, or sRGB where there is none.
    pub(crate) fn of_icc(bytes: Option<Vec<u8>>) -> Self {
        let Some(bytes) = bytes else { return Self::Srgb };
        let bytes = profile(&bytes).into_owned();
        match ColorProfile::new_from_slice(&bytes) {
            Ok(profile) => Self::Icc(Box::new(Icc { bytes, profile })),
            Err(_) => Self::Unusable,
        }
    }

    /// What numbers say: [`Self::Srgb`] where they are those of sRGB, so that such a picture is left alone.
    pub(crate) fn of_coded(coded: Coded) -> Self {
        if coded.is_srgb() { Self::Srgb } else { Self::Coded(coded) }
    }
}
