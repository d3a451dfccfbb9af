//! `color=keep`: the values and the profile of the input.

use imgpress_codec::options::{ColorSpace, Options};
use imgpress_codec::{Budget, Limits, Outcome, Output, compress};
use moxcms::ColorProfile;

use crate::fixtures::{
    Coding, Decoded, Picture, assert_near, display_p3, exif, jpeg, jpeg_of, png, png_rgb, png_with_icc, run,
    with_segment,
};

fn keep(input: &[u8], background: &str) -> Output {
    let options = Options {
        quality: 95.try_into().unwrap(),
        background: background.parse().unwrap(),
        color: ColorSpace::Keep,
        ..Options::default()
    };
    compress(input, &options, &Limits::default(), &Budget::unlimited()).unwrap()
}

/// The profile in a JPEG's APP2 segments (ICC.1:2022, annex B.4), as a decoder of another hand finds it.
fn profile_in(jpeg: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = jpeg_decoder::Decoder::new(jpeg);
    decoder.read_info().unwrap();
    decoder.icc_profile()
}

#[test]
fn values_and_profile_stay() {
    let picture = Picture::photo(64, 48);
    let fine = jpeg(&picture, Coding { quality: 100, ..Coding::default() });
    let tagged = with_segment(&fine, 0xe2, &[b"ICC_PROFILE\0\x01\x01".as_slice(), &display_p3()].concat());
    for (input, untagged) in [(png_with_icc(&picture, &display_p3()), png_rgb(&picture)), (tagged, fine)] {
        let output = keep(&input, "#ffffff");
        assert_eq!(output.outcome, Outcome::Compressed);
        assert_eq!(profile_in(&output.bytes), Some(display_p3()));
        let untagged = run(&untagged, 95).unwrap();
        assert!(Decoded::of(&output.bytes).pixels == Decoded::of(&untagged.bytes).pixels);
        assert_eq!(keep(&output.bytes, "#ffffff").bytes, output.bytes, "a second pass changes no byte");
    }
}

#[test]
fn a_jpeg_that_is_kept_or_turned_has_its_profile_too() {
    let picture = Picture::photo(64, 48);
    for (quality, outcome) in [(30, Outcome::Kept), (100, Outcome::Compressed)] {
        for orientation in [1, 6] {
            let plain = jpeg(&picture, Coding { quality, ..Coding::default() });
            let tagged =
                with_segment(&plain, 0xe2, &[b"ICC_PROFILE\0\x01\x01".as_slice(), &display_p3()].concat());
            let input = with_segment(&tagged, 0xe1, &[b"Exif\0\0".as_slice(), &exif(orientation)].concat());
            let output = keep(&input, "#ffffff");
            assert_eq!((output.outcome, profile_in(&output.bytes)), (outcome, Some(display_p3())));
            assert_eq!(keep(&output.bytes, "#ffffff").bytes, output.bytes, "a second pass changes no byte");
        }
    }
}

#[test]
fn a_long_profile_comes_out_whole() {
    // Three segments' worth: what follows the text of a tag is no part of what it says, but of its bytes.
    let mut long = display_p3();
    long.extend((0..150_000_u32).map(|at| ((at * 7919) >> 5) as u8));
    let length = u32::try_from(long.len()).unwrap();
    long[..4].copy_from_slice(&length.to_be_bytes());
    let tag = long.windows(4).position(|name| name == b"cprt").unwrap();
    let start = u32::from_be_bytes(*long[tag + 4..].first_chunk().unwrap());
    long[tag + 8..tag + 12].copy_from_slice(&(length - start).to_be_bytes());
    let output = keep(&png_with_icc(&Picture::photo(32, 32), &long), "#ffffff");
    assert!(profile_in(&output.bytes) == Some(long));
}

#[test]
fn wide_pictures_are_narrowed_and_not_converted() {
    let samples = [184, 184, 63, 63, 57, 57].repeat(1024);
    let input = png((32, 32), png::ColorType::Rgb, &samples, |info| {
        info.bit_depth = png::BitDepth::Sixteen;
        info.icc_profile = Some(display_p3().into());
    });
    let output = keep(&input, "#ffffff");
    assert_eq!(profile_in(&output.bytes), Some(display_p3()));
    assert_near(&Decoded::of(&output.bytes).at(0.5, 0.5), &[184, 63, 57], 2, "as it was");
}

#[test]
fn grey_stays_grey_with_a_grey_profile() {
    let icc = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
    let grey = |icc: &[u8]| {
        png((32, 32), png::ColorType::Grayscale, &[55; 1024], |info| {
            info.icc_profile = Some(icc.to_vec().into());
        })
    };
    let output = keep(&grey(&icc), "#ffffff");
    let found = Decoded::of(&output.bytes);
    assert_eq!((found.components, profile_in(&output.bytes)), (1, Some(icc)));
    assert_near(&found.at(0.5, 0.5), &[55], 1, "as it was");
    // A profile of three components is not for it.
    let linear = ColorProfile::new_aces_cg_linear().encode().unwrap();
    let output = keep(&grey(&linear), "#ffffff");
    assert_eq!(profile_in(&output.bytes), None);
    assert_near(&Decoded::of(&output.bytes).at(0.5, 0.5), &[128], 2, "linear light, converted");
}

#[test]
fn the_background_is_converted_into_the_profile() {
    let clear =
        png((32, 32), png::ColorType::Rgba, &[0; 4096], |info| info.icc_profile = Some(display_p3().into()));
    // Display P3's (184, 63, 57) is sRGB's (200, 50, 50).
    assert_near(&Decoded::of(&keep(&clear, "#c83232").bytes).at(0.5, 0.5), &[184, 63, 57], 3, "colour");
    let icc = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
    let clear = png((32, 32), png::ColorType::GrayscaleAlpha, &[0; 2048], |info| {
        info.icc_profile = Some(icc.clone().into());
    });
    let output = keep(&clear, "#808080");
    assert_near(&Decoded::of(&output.bytes).at(0.5, 0.5), &[55], 1, "linear light of 128");
    assert_eq!(profile_in(&output.bytes), Some(icc));
    let on_red = keep(&clear, "#ff0000");
    assert_near(&Decoded::of(&on_red.bytes).at(0.5, 0.5), &[254, 0, 0], 2, "no grey profile holds red");
    assert_eq!(profile_in(&on_red.bytes), None);
}

#[test]
fn without_a_usable_profile_nothing_is_embedded() {
    let picture = Picture::photo(48, 48);
    let inks = jpeg_of(
        &[9, 90, 200, 30].repeat(48 * 48),
        &picture,
        jpeg_encoder::ColorType::Cmyk,
        Coding::default(),
    );
    let plain = png_rgb(&picture);
    let grey = ColorProfile::new_gray_with_gamma(2.2).encode().unwrap();
    for (input, what) in [
        (inks, "inks"),
        (plain.clone(), "no profile"),
        (png_with_icc(&picture, b"no profile"), "broken"),
        (png_with_icc(&picture, &grey), "for grey"),
    ] {
        let output = keep(&input, "#ffffff");
        assert_eq!(profile_in(&output.bytes), None, "{what}");
        assert_eq!(output.bytes, run(&input, 95).unwrap().bytes, "{what}");
    }
}
