//! Two pictures beside each other.

use imgpress_codec::{AMPLIFIED, Budget, Error, Limits, Pair, PairError};

use crate::fixtures::{Coding, Picture, every_format, exif, jpeg, png, png_rgb, tiff, with_segment};

fn pair(original: &[u8], copy: &[u8]) -> Result<Pair, PairError> {
    Pair::decode(original, copy, &Limits::default(), &Budget::unlimited())
}

#[test]
fn a_picture_is_like_itself_in_every_format() {
    let picture = Picture::photo(120, 80);
    let original = png_rgb(&picture);
    for (format, file) in every_format(&picture) {
        let pair = pair(&original, &file).unwrap();
        let (score, largest) = (pair.score().unwrap(), pair.largest_difference());
        match format {
            // With loss, or of few colours.
            "jpeg" | "progressive" | "gif" => {
                assert!((40.0..100.0).contains(&score) && largest > 0, "{format}: {score}");
            }
            _ => assert!(score > 99.999 && largest == 0, "{format}: {score}, {largest}"),
        }
    }
}

#[test]
fn pictures_are_compared_as_they_are_shown() {
    let picture = Picture::photo(96, 64);
    // Stored upside down, and told to be turned.
    let mut turned = Picture { rgb: Vec::new(), ..picture };
    turned.rgb = picture.rgb.as_chunks::<3>().0.iter().rev().copied().flatten().collect();
    assert_eq!(pair(&png_rgb(&picture), &tiff(&turned, 3)).unwrap().largest_difference(), 0);
    let file = with_segment(&jpeg(&turned, Coding::default()), 0xe1, &[b"Exif\0\0", &exif(3)[..]].concat());
    assert!(pair(&png_rgb(&picture), &file).unwrap().score().unwrap() > 60.0);
    // Transparency shows white.
    let clear = png((96, 64), png::ColorType::Rgba, &picture.rgba(|_| 0), |_| {});
    let white = Picture { rgb: vec![255; 96 * 64 * 3], ..picture };
    assert_eq!(pair(&png_rgb(&white), &clear).unwrap().largest_difference(), 0);
}

#[test]
fn the_picture_of_differences_shows_where_and_how_large_they_are() {
    let picture = Picture::photo(40, 30);
    let mut other = Picture { rgb: picture.rgb.clone(), ..picture };
    let at = (12 * 40 + 7) * 3 + 1;
    other.rgb[at] = other.rgb[at].wrapping_add(5);
    let pair = pair(&png_rgb(&picture), &png_rgb(&other)).unwrap();
    assert!(pair.score().unwrap() < 100.0);
    let difference = pair.difference(&Budget::unlimited()).unwrap();
    let shown = image::load_from_memory(&difference).unwrap().to_rgb8();
    for (x, y, pixel) in shown.enumerate_pixels() {
        let expected = if (x, y) == (7, 12) { [0, 5 * AMPLIFIED, 0] } else { [0; 3] };
        assert_eq!(pixel.0, expected, "{x}, {y}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused_by_its_name() {
    let (small, large) = (png_rgb(&Picture::photo(40, 30)), png_rgb(&Picture::photo(30, 40)));
    let refusal = |original: &[u8], copy: &[u8]| pair(original, copy).err().unwrap();
    assert!(matches!(refusal(&small, &large), PairError::Sizes { original: (40, 30), copy: (30, 40) }));
    assert!(matches!(refusal(b"text", &small), PairError::Original(Error::UnsupportedFormat(_))));
    assert!(matches!(refusal(&small, &small[..300]), PairError::Copy(Error::Corrupt(_))));
    let limits = Limits { max_pixels: 1000, ..Limits::default() };
    let refused = Pair::decode(&small, &small, &limits, &Budget::unlimited()).err();
    assert!(matches!(refused, Some(PairError::Original(Error::TooLarge(_)))));
}
