use imgpress_codec::options::Options;
use imgpress_codec::{Budget, Limits, Outcome, compress, probe};

use crate::fixtures::{
    Coding, Decoded, Picture, assert_near, exif, jpeg, png, run, tiff, webp, with_segment,
};

/// The stored quarters (upper left, upper right, lower left, lower right) that are shown in those places.
const SHOWN: [[usize; 4]; 8] = [
    [0, 1, 2, 3],
    [1, 0, 3, 2],
    [3, 2, 1, 0],
    [2, 3, 0, 1],
    [0, 2, 1, 3],
    [2, 0, 3, 1],
    [3, 1, 2, 0],
    [1, 3, 0, 2],
];

const PLACES: [(f64, f64); 4] = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];

fn assert_shown_upright(make: impl Fn(&Picture, u8) -> Vec<u8>, format: &str) {
    let mut picture = Picture::quarters(96, 64);
    // Some grain: of a flat picture nothing can be saved, and it would be kept.
    for (at, sample) in picture.rgb.iter_mut().enumerate() {
        *sample = sample.saturating_add([0, 3, 1, 4, 2][at * at % 7 % 5]);
    }
    let stored = Decoded { width: 96, height: 64, components: 3, pixels: picture.rgb.clone() };
    for (number, shown) in (1..).zip(SHOWN) {
        let input = make(&picture, number);
        let what = format!("{format}, orientation {number}");
        let size = if number < 5 { (96, 64) } else { (64, 96) };
        let info = probe(&input, &Limits::default()).unwrap();
        assert_eq!((info.shown_size(), (info.width, info.height)), (size, (96, 64)), "{what}");

        let output = run(&input, 85).unwrap();
        assert_eq!(((output.width, output.height), output.outcome), (size, Outcome::Compressed), "{what}");
        let decoded = Decoded::of(&output.bytes);
        assert_eq!((u32::from(decoded.width), u32::from(decoded.height)), size, "{what}");
        for (place, quarter) in PLACES.into_iter().zip(shown) {
            let expected = stored.at(PLACES[quarter].0, PLACES[quarter].1);
            assert_near(&decoded.at(place.0, place.1), &expected, 6, &what);
        }

        let options = Options { width: 24.try_into().ok(), ..Options::default() };
        let small = compress(&input, &options, &Limits::default(), &Budget::unlimited()).unwrap();
        let small = Decoded::of(&small.bytes);
        assert_eq!((small.width, small.height), if number < 5 { (24, 16) } else { (24, 36) }, "{what}");
        for (place, quarter) in PLACES.into_iter().zip(shown) {
            let expected = stored.at(PLACES[quarter].0, PLACES[quarter].1);
            assert_near(&small.at(place.0, place.1), &expected, 20, &what);
        }
    }
}

#[test]
fn a_jpeg_is_shown_upright() {
    let make = |picture: &Picture, number| {
        let plain = jpeg(picture, Coding { quality: 98, ..Coding::default() });
        with_segment(&plain, 0xe1, &[b"Exif\0\0".as_slice(), &exif(number)].concat())
    };
    assert_shown_upright(make, "jpeg");
}

#[test]
fn a_png_is_shown_upright() {
    let make = |picture: &Picture, number| {
        png(picture.size(), png::ColorType::Rgb, &picture.rgb, |info| {
            info.exif_metadata = Some(exif(number).into());
        })
    };
    assert_shown_upright(make, "png");
}

#[test]
fn a_webp_is_shown_upright_whichever_way_its_exif_begins() {
    assert_shown_upright(|picture, number| webp(picture, &exif(number)), "webp");
    let prefixed =
        |picture: &Picture, number| webp(picture, &[b"Exif\0\0".as_slice(), &exif(number)].concat());
    assert_shown_upright(prefixed, "webp with the JPEG prefix");
}

#[test]
fn a_tiff_is_shown_upright() {
    assert_shown_upright(tiff, "tiff");
}
