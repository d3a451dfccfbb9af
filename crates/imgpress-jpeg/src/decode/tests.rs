//! What only the inside of the module can tell.
#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it too")]

use super::*;
use crate::levels::levels;
use crate::{ColorType, Distance, Encoder, Mode, Settings, Subsampling};

/// The same numbers each time.
fn random(state: &mut u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state >> 8
}

fn file(mode: Mode, subsampling: Subsampling, distance: f32) -> Vec<u8> {
    let settings =
        Settings::new(Distance::new(distance).unwrap()).with_mode(mode).with_subsampling(subsampling);
    let mut encoder = Encoder::new(151, 101, ColorType::Rgb, settings).unwrap();
    let mut state = 1;
    let pixels: Vec<u8> = (0..151 * 101 * 3)
        .map(|i| {
            let wave = (f64::from(i) / 700.0).sin() * 120.0 + 128.0;
            (wave as i32 + (random(&mut state) >> 18) as i32 * i32::from(i % 7 == 0)).clamp(0, 255) as u8
        })
        .collect();
    encoder.write_rows(&pixels).unwrap();
    let mut jpeg = Vec::new();
    encoder.finish(&mut jpeg).unwrap();
    jpeg
}

#[test]
fn every_instruction_set_makes_the_same_of_whole_and_of_damaged_files() {
    let levels = levels();
    assert!(levels.len() > 1, "this machine cannot tell");
    let (mut whole, mut damaged, mut state) = (0, 0, 7);
    for mode in [Mode::Sequential, Mode::Progressive] {
        for subsampling in [Subsampling::S420, Subsampling::S444] {
            for distance in [0.1, 1.3, 5.0] {
                let original = file(mode, subsampling, distance);
                for round in 0..40 {
                    let mut jpeg = original.clone();
                    for _ in 0..round.min(3) {
                        let at = random(&mut state) as usize % jpeg.len();
                        jpeg[at] ^= 1 << (random(&mut state) % 8);
                    }
                    let decode = |level: &Level| {
                        let mut decoder = Decoder::new(&jpeg, &DecodeLimits::default())?;
                        decoder.level = *level;
                        decoder.decode(ColorTransform::YCbCr)
                    };
                    let results: Vec<_> = levels.iter().map(decode).collect();
                    assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
                    let kind = if results[0].is_ok() { &mut whole } else { &mut damaged };
                    *kind += 1;
                }
            }
        }
    }
    assert!(whole > 50 && damaged > 50, "{whole} whole, {damaged} damaged");
}
