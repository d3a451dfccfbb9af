//! Colour spaces that are stated by numbers: the chunks cICP, gAMA and cHRM of PNG (third edition, 11.3.2).

use moxcms::{Chromaticity, CicpColorPrimaries, ColorPrimaries, ColorProfile, ToneReprCurve};

/// Primaries, white and transfer curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Coded {
    /// White, red, green and blue: x and y of CIE 1931.
    pub(crate) points: [[f32; 2]; 4],
    pub(crate) curve: Curve,
}

/// How a value stands for light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Curve {
    /// IEC 61966-2-1.
    Srgb,
    /// The inverse of the curve of BT.709, BT.601 and BT.2020.
    Bt709,
    /// Light is the value to this power.
    Power(f32),
    /// Perceptual quantiser, BT.2100: absolute, to 10,000 cd/m².
    Pq,
    /// Hybrid log–gamma, BT.2100: relative to the display.
    Hlg,
}

const SRGB: [[f32; 2]; 4] = [[0.3127, 0.3290], [0.64, 0.33], [0.30, 0.60], [0.15, 0.06]];

impl Coded {
    /// White and primaries of sRGB.
    #[cfg(feature = "jxl_input")]
    pub(crate) const SRGB: [[f32; 2]; 4] = SRGB;

    /// Of white, red, green and blue, where they span a triangle with the white inside.
    #[cfg(feature = "jxl_input")]
    pub(crate) fn of_points(points: [[f32; 2]; 4], curve: Curve) -> Option<Self> {
        is_sound(&points).then_some(Self { points, curve })
    }

    /// The code points of H.273 in a cICP chunk. `None` where the chunk is broken, or what it states is unspecified,
    /// not RGB, of narrow range, or a curve that no still picture has.
    pub(crate) fn from_cicp(chunk: &[u8]) -> Option<Self> {
        let &[primaries, transfer, 0, 1] = chunk else { return None };
        let curve = match transfer {
            1 | 6 | 14 | 15 => Curve::Bt709,
            4 => Curve::Power(2.2),
            5 => Curve::Power(2.8),
            8 => Curve::Power(1.0),
            13 => Curve::Srgb,
            16 => Curve::Pq,
            18 => Curve::Hlg,
            _ => return None,
        };
        let white = match primaries {
            1 | 5 | 6 | 7 | 9 | 12 | 22 => SRGB[0],
            4 | 8 => [0.310, 0.316],
            11 => [0.314, 0.351],
            _ => return None,
        };
        let named = CicpColorPrimaries::try_from(primaries).ok()?;
        let ColorPrimaries { red, green, blue } = named.try_into().ok()?;
        Some(Self { points: [white, [red.x, red.y], [green.x, green.y], [blue.x, blue.y]], curve })
    }

    /// What a gAMA and a cHRM chunk state, each as far as it is sound: without primaries those of sRGB, without
    /// gamma the curve of sRGB. `None` where neither is sound.
    pub(crate) fn from_gamma(gamma: Option<&[u8]>, chromaticities: Option<&[u8]>) -> Option<Self> {
        let curve = gamma.and_then(curve_of_gamma);
        let points = chromaticities.and_then(points_of_chromaticities);
        if curve.is_none() && points.is_none() {
            return None;
        }
        let points = points.unwrap_or(SRGB);
        let near = points.as_flattened().iter().zip(SRGB.as_flattened()).all(|(a, b)| (a - b).abs() <= 0.01);
        let curve = curve.unwrap_or(Curve::Srgb);
        // The gAMA chunk beside an sRGB chunk is 0.45455, and so it is in files that lost the latter on their way.
        let same = near
            && (curve == Curve::Srgb || matches!(curve, Curve::Power(power) if (power - 2.2).abs() < 0.03));
        Some(if same { Self { points: SRGB, curve: Curve::Srgb } } else { Self { points, curve } })
    }

    pub(crate) fn is_srgb(&self) -> bool {
        self.points == SRGB && self.curve == Curve::Srgb
    }

    /// The profile of this space. Of a curve that is not for a standard display, the primaries alone.
    pub(crate) fn profile(&self) -> ColorProfile {
        let [white, red, green, blue] = self.points.map(|[x, y]| Chromaticity { x, y });
        let mut profile = ColorProfile::new_srgb();
        profile.update_rgb_colorimetry(white.to_xyyb(), ColorPrimaries { red, green, blue });
        let curve = match self.curve {
            Curve::Power(power) => ToneReprCurve::Parametric(vec![power]),
            // Of BT.2020, with the digits that make value and slope meet: V = 1.0993 L^0.45 − 0.0993.
            Curve::Bt709 => ToneReprCurve::Parametric(vec![
                1.0 / 0.45,
                1.0 / 1.099_297,
                0.099_297 / 1.099_297,
                1.0 / 4.5,
                4.5 * 0.018_054,
            ]),
            Curve::Srgb | Curve::Pq | Curve::Hlg => return profile,
        };
        profile.red_trc = Some(curve.clone());
        profile.green_trc = Some(curve.clone());
        profile.blue_trc = Some(curve);
        profile
    }
}

/// The exponent of encoding times 100,000. What is beyond any display, 0.1 to 10, is an error.
fn curve_of_gamma(chunk: &[u8]) -> Option<Curve> {
    let number = u32::from_be_bytes(chunk.try_into().ok()?);
    (10_000..=1_000_000).contains(&number).then(|| Curve::Power(hundred_thousandths(number).recip()))
}

/// White, red, green, blue, each x and y, times 100,000. `None` where they span no triangle with the white inside.
fn points_of_chromaticities(chunk: &[u8]) -> Option<[[f32; 2]; 4]> {
    let numbers: &[[u8; 4]; 8] = chunk.as_chunks().0.try_into().ok().filter(|_| chunk.len() == 32)?;
    let values = numbers.map(|number| hundred_thousandths(u32::from_be_bytes(number)));
    let points: [[f32; 2]; 4] = values.as_chunks().0.try_into().ok()?;
    is_sound(&points).then_some(points)
}

/// Whether there are such colours, and they span a triangle with the white inside.
fn is_sound(points: &[[f32; 2]; 4]) -> bool {
    let &[white, red, green, blue] = points;
    let possible = points.iter().all(|[x, y]| *y > 0.0 && x + y <= 1.0);
    let area =
        |a: [f32; 2], b: [f32; 2], c: [f32; 2]| (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
    let inside = [area(white, red, green), area(white, green, blue), area(white, blue, red)];
    possible && inside.iter().all(|&part| part > 1e-4)
}

#[expect(clippy::cast_precision_loss, reason = "seven digits are enough for a colour")]
fn hundred_thousandths(number: u32) -> f32 {
    number as f32 / 100_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chrm(points: [u32; 8]) -> Vec<u8> {
        points.into_iter().flat_map(u32::to_be_bytes).collect()
    }

    const SRGB_CHRM: [u32; 8] = [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000];

    #[test]
    fn the_numbers_of_srgb_are_recognised_however_they_are_stated() {
        assert!(Coded::from_cicp(&[1, 13, 0, 1]).unwrap().is_srgb());
        let rounded = [31_269, 32_899, 63_999, 33_001, 30_000, 60_000, 15_000, 5_999];
        for gamma in [45_455_u32, 45_450, 45_000, 46_000] {
            let gamma = gamma.to_be_bytes();
            assert!(Coded::from_gamma(Some(&gamma), None).unwrap().is_srgb());
            for points in [SRGB_CHRM, rounded] {
                assert!(Coded::from_gamma(Some(&gamma), Some(&chrm(points))).unwrap().is_srgb());
                assert!(Coded::from_gamma(None, Some(&chrm(points))).unwrap().is_srgb());
            }
        }
        assert!(!Coded::from_gamma(Some(&100_000_u32.to_be_bytes()), None).unwrap().is_srgb());
    }

    #[test]
    fn what_is_broken_states_nothing() {
        for chunk in [
            &[1, 13, 0][..],
            &[1, 13, 0, 1, 0],
            &[1, 13, 1, 1],
            &[1, 13, 0, 0],
            &[2, 13, 0, 1],
            &[1, 2, 0, 1],
            &[],
        ] {
            assert_eq!(Coded::from_cicp(chunk), None, "{chunk:?}");
        }
        for gamma in [&[][..], &[0; 4], &[0, 0, 1], &[0xff; 4], &[0, 0, 177, 143, 0]] {
            assert_eq!(Coded::from_gamma(Some(gamma), None), None, "{gamma:?}");
        }
        let mut flat = SRGB_CHRM;
        flat[4..6].copy_from_slice(&[64_000, 33_000]);
        let mut outside = SRGB_CHRM;
        outside[0] = 70_000;
        let mut swapped = SRGB_CHRM;
        swapped.swap(2, 4);
        for points in [flat, outside, swapped, [0; 8], [u32::MAX; 8]] {
            assert_eq!(Coded::from_gamma(None, Some(&chrm(points))), None, "{points:?}");
        }
        assert_eq!(Coded::from_gamma(None, Some(&chrm(SRGB_CHRM)[..31])), None);
    }
}
