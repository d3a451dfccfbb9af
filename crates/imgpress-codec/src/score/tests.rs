#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "levels of 0 to 255")]

use super::*;

fn wave(width: usize, height: usize) -> Raster {
    let level = |index: usize| {
        let (x, y) = (index / 3 % width, index / 3 / width);
        (128.0 + 60.0 * (x as f32 / 9.0).sin() + 50.0 * ((y + index % 3 * 5) as f32 / 13.0).cos()) as u8
    };
    Raster::new(width, height, Layout::Rgb, (0..3 * width * height).map(level).collect())
}

#[test]
fn a_picture_scores_a_hundred_against_itself_however_small_or_large_it_is() {
    for (width, height) in [(1, 1), (7, 5), (300, 8), (1200, 900), (16_000, 40)] {
        let picture = wave(width, height);
        let tiles = Judge::sample(&picture);
        assert_eq!(tiles.is_some(), width * height > WHOLE, "{width}x{height}");
        let sample = tiles.as_ref().map_or_else(|| wave(width, height), |tiles| tiles.cut(&picture, (1, 1)));
        assert!(sample.width * sample.height <= 1 << 20);
        let score = Judge::new(&sample, tiles).unwrap().compare(&sample).unwrap();
        assert_eq!(score, 100.0, "{width}x{height}");
    }
}

#[test]
fn a_copy_of_another_size_is_no_copy() {
    let judge = Judge::new(&wave(32, 16), None).unwrap();
    assert!(judge.compare(&wave(16, 32)).is_err());
}

#[test]
fn chroma_is_spread_as_our_decoder_does_it() {
    use imgpress_jpeg::{ColorType, Distance, Encoder, Settings};
    let picture = wave(47, 33);
    let settings = Settings::new(Distance::new(1.0).unwrap());
    let mut encoder = Encoder::new(47, 33, ColorType::Rgb, settings).unwrap();
    encoder.write_rows(&picture.pixels).unwrap();
    let mut file = Vec::new();
    encoder.finish(&mut file).unwrap();
    let decoder = Decoder::new(&file, &DecodeLimits::default()).unwrap();
    let size = |component: &imgpress_jpeg::Component| (component.width(), component.height());
    let mut planes: Vec<_> = decoder
        .components()
        .iter()
        .map(size)
        .map(|(width, height)| Raster::new(width, height, Layout::Grey, Vec::new()))
        .collect();
    let mut strips = decoder.strips().unwrap();
    while let Some(strip) = strips.next_strip().unwrap() {
        for (plane, part) in planes.iter_mut().zip(strip.planes()) {
            part.rows().for_each(|row| plane.pixels.extend_from_slice(row));
        }
    }
    let ours = of_planes(&planes, (2, 2));
    let expected = decode(&file).unwrap();
    let off = ours.pixels.iter().zip(&expected.pixels).map(|(one, other)| one.abs_diff(*other)).max();
    assert!(off <= Some(2), "{off:?}");
}
