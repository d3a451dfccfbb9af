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
        assert!((sample.width * sample.height) as u64 <= Tiles::PIXELS[0].max(WHOLE as u64));
        let score = Judge::new(&sample, tiles).unwrap().score_of(&sample).unwrap();
        assert_eq!(score, 100.0, "{width}x{height}");
    }
}

/// Hills with some grain, and a flat sky above them.
fn landscape(width: usize, height: usize) -> Raster {
    let level = |index: usize| {
        let (x, y) = (index / 3 % width, index / 3 / width);
        let grain = (x * 7919 + y * 104_729 + x * y) % 23;
        let hills = 90.0 + 50.0 * (x as f32 / 37.0).sin() * (y as f32 / 23.0).cos();
        if y < height / 4 { 225 - (index % 3 * 9) as u8 } else { hills as u8 + grain as u8 }
    };
    Raster::new(width, height, Layout::Rgb, (0..3 * width * height).map(level).collect())
}

fn encoded(picture: &Raster, quality: u8) -> Vec<u8> {
    crate::encode::jpeg::encode(picture, quality.try_into().unwrap(), crate::options::Effort::Balanced)
        .unwrap()
}

#[test]
fn a_sample_scores_as_its_picture_does() {
    for (width, height) in [(1000, 700), (2200, 1500)] {
        let picture = landscape(width, height);
        let tiles = Judge::sample(&picture).unwrap();
        let judge = Judge::new(&tiles.cut(&picture, (1, 1)), Some(tiles)).unwrap();
        for quality in [50, 80, 94] {
            let file = encoded(&picture, quality);
            let copy = decode(&file).unwrap();
            let size = (width, height);
            let reference = Ssimulacra2Reference::new(&view(&picture.pixels, size).unwrap()).unwrap();
            let score = reference.compare(&view(&copy.pixels, size).unwrap()).unwrap();
            let sampled = judge.score_whole(&file).unwrap();
            assert!((score - sampled).abs() < 1.5, "{width}x{height} at {quality}: {score}, {sampled}");
        }
    }
}

/// Sheets of different greys, with bows on them.
fn paper(width: usize, height: usize) -> Raster {
    let level = |index: usize| {
        let (x, y) = (index / 3 % width, index / 3 / width);
        let sheet = 60 + (x / 210 * 83 + y / 170 * 47) % 160;
        let bow = ((x % 210) as f32 - 100.0).hypot((y % 170) as f32 - 80.0);
        (sheet as f32 + 25.0 * (bow / 6.0).sin()) as u8
    };
    Raster::new(width, height, Layout::Rgb, (0..3 * width * height).map(level).collect())
}

/// Filters over the edges of blocks smear what lies beside a tile into it.
#[cfg(feature = "webp")]
#[test]
fn the_seams_of_a_sample_are_none_of_its_errors() {
    use crate::{Budget, Limits};
    let (limits, budget) = (Limits::default(), Budget::unlimited());
    let coded = |picture: &Raster, quality: u8| {
        let pixels = crate::encode::webp::Pixels::of(picture).unwrap();
        let effort = crate::options::Effort::Balanced;
        let file = pixels.lossy(quality.try_into().unwrap(), effort, &budget).unwrap();
        let info = crate::probe(&file, &limits).unwrap();
        crate::decode::decode(&file, &info, &limits, &budget).unwrap()
    };
    let picture = paper(1800, 1200);
    let tiles = Judge::sample(&picture).unwrap();
    let sample = tiles.cut(&picture, (1, 1));
    let judge = Judge::new(&sample, Some(tiles)).unwrap();
    for quality in [40, 60, 85] {
        let score = whole(&picture, &coded(&picture, quality), false).unwrap();
        let sampled = judge.score_of(&coded(&sample, quality)).unwrap();
        assert!((score - sampled).abs() < 1.0, "at {quality}: {score}, {sampled}");
    }
}

#[test]
fn a_check_looks_at_more_than_the_sample_where_there_is_more() {
    let picture = landscape(2200, 1500);
    let more = Tiles::more_of(&picture).unwrap();
    let part = more.cut(&picture, (1, 1));
    let pixels = (part.width * part.height) as u64;
    assert!(Tiles::PIXELS[0] < pixels && pixels <= Tiles::PIXELS[1], "{pixels}");
    let size = (picture.width, picture.height);
    for quality in [50, 80, 94] {
        let copy = decode(&encoded(&picture, quality)).unwrap();
        let reference = Ssimulacra2Reference::new(&view(&picture.pixels, size).unwrap()).unwrap();
        let score = reference.compare(&view(&copy.pixels, size).unwrap()).unwrap();
        let checked = of_file(&part, &more, &encoded(&part, quality)).unwrap();
        assert!((score - checked).abs() < 1.0, "at {quality}: {score}, {checked}");
    }
    assert_eq!(of_file(&part, &more, &encoded(&part, 100)).unwrap(), {
        let judge = Judge::new(&part, Tiles::more_of(&picture)).unwrap();
        judge.score(&encoded(&part, 100)).unwrap()
    });
    assert!(of_file(&part, &more, &encoded(&wave(32, 16), 80)).is_err());
    assert!(Tiles::more_of(&landscape(900, 700)).is_none(), "the sample holds all tiles");
}

#[test]
fn a_corrected_judge_says_what_the_check_said() {
    let picture = landscape(2200, 1500);
    let tiles = Judge::sample(&picture).unwrap();
    let sample = tiles.cut(&picture, (1, 1));
    let mut judge = Judge::new(&sample, Some(tiles)).unwrap();
    let file = encoded(&sample, 70);
    let sampled = judge.score(&file).unwrap();
    judge.correct(sampled, sampled - 1.5);
    assert_eq!(judge.score(&file).unwrap(), sampled - 1.5);
}

#[test]
fn the_tiles_of_a_sample_stand_for_all() {
    for (width, height) in [(1000, 700), (2200, 1500), (4000, 3000), (40_000, 20)] {
        let tiles = Judge::sample(&landscape(width, height)).unwrap();
        let (across, down) = tiles.size();
        let all = (width.div_ceil(across) * height.div_ceil(down)) as f64;
        let sum: f64 = tiles.places().map(|(_, tile)| tile.weight).sum();
        assert!((sum / all - 1.0).abs() < 0.05, "{width}x{height}: {sum} of {all}");
        let inside = |tile: &tiles::Weighted| {
            tile.tile.corner.0 + across <= width && tile.tile.corner.1 + down <= height
        };
        assert!(tiles.places().all(|(_, tile)| inside(tile)));
    }
}

#[test]
fn a_copy_of_another_size_is_no_copy() {
    let judge = Judge::new(&wave(32, 16), None).unwrap();
    assert!(judge.score_of(&wave(16, 32)).is_err());
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
