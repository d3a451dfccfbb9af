//! Pictures for brighter displays than sRGB's: the curves PQ and HLG of ITU-R BT.2100.

use moxcms::{ColorProfile, Matrix3d};

use super::wide::through_16;
use crate::colors::{Coded, Curve};
use crate::raster::Raster;

/// Light of the white of paper and text, cd/m² (ITU-R BT.2408, 2.1), and so 1.0 here.
const REFERENCE_WHITE: f32 = 203.0;

/// From here to the brightest, light is compressed into what sRGB has left: reference white becomes 243 of 255.
const KNEE: f32 = 0.8;

/// Steps of light from black to white in the table of the encoding. At black, where it is steepest, a step is a
/// fifth of one of 255.
const STEPS: u16 = 1 << 14;

/// What red, green and blue weigh in the luminance of HLG (BT.2100, table 5).
const LUMINANCE: [f32; 3] = [0.2627, 0.6780, 0.0593];

pub(super) fn is_for(coded: &Coded) -> bool {
    matches!(coded.curve, Curve::Pq | Curve::Hlg)
}

/// Converts a picture of such a curve to sRGB: what is not brighter than the white of paper stays as bright as it
/// is, and highlights are compressed, in their hue; colours beyond sRGB are clipped.
pub(super) fn to_srgb(raster: &mut Raster, coded: &Coded) {
    let map = ToneMap::new(coded);
    match raster.layout.channels() {
        channels @ (1 | 2) => through_16(raster, |source, into| {
            into.copy_from_slice(source);
            into.iter_mut().step_by(channels).for_each(|grey| *grey = map.color([*grey; 3])[1]);
        }),
        channels => through_16(raster, |source, into| {
            into.copy_from_slice(source);
            for pixel in into.chunks_exact_mut(channels) {
                let color = map.color([pixel[0], pixel[1], pixel[2]]);
                pixel[..3].copy_from_slice(&color);
            }
        }),
    }
}

struct ToneMap {
    /// Of each value, in parts of reference white; for HLG that of the scene, 0 to 1.
    light: Vec<f32>,
    hlg: bool,
    /// From linear light of the picture's primaries to that of sRGB's.
    matrix: [[f32; 3]; 3],
    encoded: Vec<u16>,
}

impl ToneMap {
    fn new(coded: &Coded) -> Self {
        let matrix = coded.profile().transform_matrix(&ColorProfile::new_srgb());
        let hlg = coded.curve == Curve::Hlg;
        let values = (0..=u16::MAX).map(|value| f32::from(value) / 65_535.0);
        let encode = |step: u16| (encoded(f32::from(step) / f32::from(STEPS)) * 65_535.0).round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 65535")]
        let encoded = (0..=STEPS).map(|step| encode(step) as u16).collect();
        Self {
            light: values.map(if hlg { hlg_scene } else { pq_light }).collect(),
            hlg,
            matrix: single(matrix),
            encoded,
        }
    }

    fn color(&self, values: [u16; 3]) -> [u16; 3] {
        let mut light = values.map(|value| self.light[usize::from(value)]);
        if self.hlg {
            let bright = hlg_display(dot(LUMINANCE, light));
            light = light.map(|part| part * bright);
        }
        let brightest = light[0].max(light[1]).max(light[2]);
        let scale = if brightest > KNEE { compressed(brightest) / brightest } else { 1.0 };
        self.matrix.map(|row| self.encode(dot(row, light) * scale))
    }

    fn encode(&self, light: f32) -> u16 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let step = (light.clamp(0.0, 1.0) * f32::from(STEPS)).round() as usize;
        self.encoded[step.min(usize::from(STEPS))]
    }
}

/// The electro-optical transfer function of PQ (BT.2100, table 4).
fn pq_light(value: f32) -> f32 {
    const M1: f32 = 2610.0 / 16_384.0;
    const M2: f32 = 2523.0 / 4096.0 * 128.0;
    const C1: f32 = 3424.0 / 4096.0;
    const C2: f32 = 2413.0 / 4096.0 * 32.0;
    const C3: f32 = 2392.0 / 4096.0 * 32.0;
    let root = value.powf(1.0 / M2);
    10_000.0 / REFERENCE_WHITE * ((root - C1).max(0.0) / (C2 - C3 * root)).powf(1.0 / M1)
}

/// The inverse of HLG's opto-electronic transfer function (BT.2100, table 5).
fn hlg_scene(value: f32) -> f32 {
    const A: f32 = 0.178_832_77;
    const B: f32 = 1.0 - 4.0 * A;
    const C: f32 = 0.559_910_7;
    if value <= 0.5 { value * value / 3.0 } else { (((value - C) / A).exp() + B) / 12.0 }
}

/// What light of the scene is multiplied by on a display of 1000 cd/m² (BT.2100, table 5: a system gamma of 1.2).
fn hlg_display(luminance: f32) -> f32 {
    1000.0 / REFERENCE_WHITE * luminance.powf(0.2)
}

/// Light above the knee, with a smooth start and white as its limit.
fn compressed(light: f32) -> f32 {
    let above = (light - KNEE) / (1.0 - KNEE);
    KNEE + (1.0 - KNEE) * above / (1.0 + above)
}

/// IEC 61966-2-1.
fn encoded(light: f32) -> f32 {
    if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

fn dot(left: [f32; 3], right: [f32; 3]) -> f32 {
    left[0] * right[0] + left[1] * right[1] + left[2] * right[2]
}

#[expect(clippy::cast_possible_truncation, reason = "seven digits are enough for a colour")]
fn single(matrix: Matrix3d) -> [[f32; 3]; 3] {
    matrix.v.map(|row| row.map(|value| value as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(transfer: u8) -> ToneMap {
        ToneMap::new(&Coded::from_cicp(&[9, transfer, 0, 1]).unwrap())
    }

    /// A value of 16 bits from a fraction of one.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 65535")]
    fn value(fraction: f64) -> u16 {
        (fraction * 65_535.0) as u16
    }

    #[test]
    fn white_of_paper_is_nearly_white_and_grey_keeps_its_light() {
        // PQ has 203 cd/m² at 0.5807 and HLG at 0.75 (BT.2408, table 1); a grey card of 18 %, 26 cd/m², is 0.38 in
        // both, which sRGB has at 101 of 255.
        for (transfer, white, grey) in [(16, 0.5807, 0.3795), (18, 0.75, 0.3775)] {
            let map = map(transfer);
            let [paper, card] = [white, grey].map(|at| map.color([value(at); 3]).map(crate::raster::narrow));
            assert!(paper.iter().all(|part| part.abs_diff(243) <= 1), "{transfer}: {paper:?}");
            assert!(card.iter().all(|part| part.abs_diff(101) <= 4), "{transfer}: {card:?}");
        }
    }

    #[test]
    fn brighter_is_brighter_from_black_to_white() {
        for transfer in [16, 18] {
            let map = map(transfer);
            let greys: Vec<u16> = (0..=255).map(|grey| map.color([grey * 257; 3])[0]).collect();
            assert!(greys.is_sorted() && greys[0] == 0 && greys[255] > 65_000, "{transfer}: {greys:?}");
        }
    }

    #[test]
    fn a_colour_of_srgb_comes_out_as_that_colour() {
        // sRGB's (150, 60, 40) in linear BT.2020 (BT.2087, inverted), as PQ values of light in parts of 203 cd/m².
        let linear = [150.0_f64, 60.0, 40.0].map(|part| ((part / 255.0 + 0.055) / 1.055).powf(2.4));
        const TO_2020: [[f64; 3]; 3] = [
            [0.627_404, 0.329_283, 0.043_313],
            [0.069_097, 0.919_540, 0.011_362],
            [0.016_391, 0.088_013, 0.895_595],
        ];
        let pq = TO_2020.map(|row| {
            let light: f64 = row.iter().zip(linear).map(|(factor, part)| factor * part).sum();
            let power = (light * 203.0 / 10_000.0).powf(2610.0 / 16_384.0);
            let fraction = (0.835_937_5 + 18.851_562_5 * power) / (1.0 + 18.6875 * power);
            value(fraction.powf(78.843_75))
        });
        let found = map(16).color(pq).map(crate::raster::narrow);
        assert!(
            found.iter().zip([150, 60, 40]).all(|(found, exact)| found.abs_diff(exact) <= 1),
            "{found:?}"
        );
    }
}
