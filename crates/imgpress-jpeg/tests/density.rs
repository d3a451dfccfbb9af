//! Files stay as small as they are, so that no change makes them larger unseen.
//!
//! A change that is meant to move a size moves its number here too. What an encoder really gains is measured
//! by `imgpress-bench`; these pictures only stand guard.

#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it too")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::needless_pass_by_value,
    reason = "pictures are made from arithmetic, and settings on the spot"
)]

use imgpress_jpeg::{ColorType, Distance, Effort, Encoder, Mode, Settings, Subsampling};

const SIDE: u32 = 256;
/// How far a size may be from the one that is written down, in thousandths.
const TOLERANCE: usize = 10;

/// Hills of three wavelengths with a grain on them, a hard saturated edge and a clipped white disc: what
/// photographs and graphics are hard in.
fn picture() -> Vec<u8> {
    let mut state = 12_345_u32;
    let mut pixels = Vec::new();
    for y in 0..SIDE {
        for x in 0..SIDE {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = (state >> 27) as i32 - 16;
            let (fx, fy) = (f64::from(x), f64::from(y));
            let hills = 110.0 + 50.0 * (fx / 41.0).sin() * (fy / 29.0).cos() + 25.0 * ((fx + fy) / 9.0).sin();
            let disc = (fx - 180.0).hypot(fy - 70.0) < 40.0;
            for c in 0..3 {
                let tint = [1.1, 0.95, 0.7][c];
                let value = (hills * tint) as i32 + grain;
                let edge = if x < 90 && y > 150 { [200, 30, 30][c] } else { value };
                pixels.push(if disc { 255 } else { edge.clamp(0, 255) as u8 });
            }
        }
    }
    pixels
}

fn size(settings: Settings) -> usize {
    let mut encoder = Encoder::new(SIDE, SIDE, ColorType::Rgb, settings).unwrap();
    encoder.write_rows(&picture()).unwrap();
    let mut jpeg = Vec::new();
    encoder.finish(&mut jpeg).unwrap();
    jpeg.len()
}

fn settings(distance: f32, effort: Effort) -> Settings {
    Settings::new(Distance::new(distance).unwrap()).with_effort(effort)
}

#[test]
fn sizes_are_what_they_were() {
    use Effort::{Balanced, Fast, Max};
    let cases = [
        (settings(1.0, Fast), 18307),
        (settings(1.0, Balanced), 18229),
        (settings(1.0, Max), 18145),
        (settings(3.0, Fast), 5447),
        (settings(3.0, Balanced), 4503),
        (settings(3.0, Max), 4503),
        (settings(1.0, Balanced).with_mode(Mode::Sequential), 18728),
        (settings(1.0, Balanced).with_subsampling(Subsampling::S444), 18_737),
    ];
    let (got, expected): (Vec<usize>, Vec<usize>) =
        cases.into_iter().map(|(settings, expected)| (size(settings), expected)).unzip();
    let close = got
        .iter()
        .zip(&expected)
        .all(|(got, expected)| got.abs_diff(*expected) * 1000 <= expected * TOLERANCE);
    assert!(close, "sizes are {got:?}, were {expected:?}");
}

#[test]
fn the_highest_effort_never_makes_a_larger_file_than_the_usual_one() {
    for distance in [0.3, 0.7, 1.5, 4.0, 12.0] {
        let [balanced, max] = [Effort::Balanced, Effort::Max].map(|effort| size(settings(distance, effort)));
        assert!(max <= balanced, "{max} is larger than {balanced} at distance {distance}");
    }
}
