//! What the values of a JPEG XL mean.

use jxl::api::{JxlColorEncoding, JxlColorProfile, JxlPrimaries, JxlTransferFunction, JxlWhitePoint};

use crate::colors::{Coded, Colors, Curve};
use crate::raster::MAX_ICC;

/// Of decoded values.
pub(super) fn of(profile: &JxlColorProfile) -> Colors {
    match profile {
        JxlColorProfile::Icc(icc) if icc.len() <= MAX_ICC => Colors::of_icc(Some(icc.clone())),
        JxlColorProfile::Icc(_) => Colors::Unusable,
        JxlColorProfile::Simple(encoding) => coded(encoding).map_or(Colors::Unusable, Colors::of_coded),
    }
}

/// Whether the steps of 8 bits are those of any display.
pub(super) fn has_common_curve(profile: &JxlColorProfile) -> bool {
    match profile {
        JxlColorProfile::Icc(_) => true,
        JxlColorProfile::Simple(encoding) => matches!(
            curve(encoding),
            Some(JxlTransferFunction::SRGB | JxlTransferFunction::BT709 | JxlTransferFunction::DCI)
        ),
    }
}

fn curve(encoding: &JxlColorEncoding) -> Option<&JxlTransferFunction> {
    match encoding {
        JxlColorEncoding::RgbColorSpace { transfer_function, .. }
        | JxlColorEncoding::GrayscaleColorSpace { transfer_function, .. } => Some(transfer_function),
        JxlColorEncoding::XYB { .. } => None,
    }
}

fn coded(encoding: &JxlColorEncoding) -> Option<Coded> {
    let curve = match *curve(encoding)? {
        JxlTransferFunction::BT709 => Curve::Bt709,
        JxlTransferFunction::Linear => Curve::Power(1.0),
        JxlTransferFunction::SRGB => Curve::Srgb,
        JxlTransferFunction::PQ => Curve::Pq,
        JxlTransferFunction::DCI => Curve::Power(2.6),
        JxlTransferFunction::HLG => Curve::Hlg,
        // The exponent of encoding.
        JxlTransferFunction::Gamma(gamma) => Curve::Power(gamma.clamp(0.1, 1.0).recip()),
    };
    let JxlColorEncoding::RgbColorSpace { white_point, primaries, .. } = encoding else {
        return Some(Coded { points: Coded::SRGB, curve });
    };
    if let (JxlWhitePoint::D65, JxlPrimaries::SRGB) = (white_point, primaries) {
        // By name: the numbers that the format has for it are those of sRGB with rounding of their own.
        return Some(Coded { points: Coded::SRGB, curve });
    }
    let (x, y) = white_point.to_xy_coords();
    let [red, green, blue] = primaries.to_xy_coords().map(|(x, y)| [x, y]);
    Coded::of_points([[x, y], red, green, blue], curve)
}
