use imgpress_codec::options::ImageFormat;
use moxcms::ColorProfile;

use crate::fixtures::{
    Coding, Decoded, Picture, assert_near, display_p3, jpeg, png, png_with_icc, run, run_on, with_segment,
};

/// sRGB colours and the values that other spaces have for them, by the matrices and curves of IEC 61966-2-1,
/// Adobe RGB (1998) and SMPTE EG 432-1.
const COLORS: [([u8; 3], [u8; 3], [u8; 3]); 3] = [
    ([200, 50, 50], [172, 53, 53], [184, 63, 57]),
    ([30, 120, 220], [72, 119, 216], [59, 118, 213]),
    ([60, 200, 90], [122, 199, 98], [104, 197, 103]),
];

#[test]
fn a_wide_gamut_picture_keeps_its_colours() {
    let adobe = ColorProfile::new_adobe_rgb().encode().unwrap();
    let p3 = display_p3();
    for (srgb, in_adobe, in_p3) in COLORS {
        for (icc, color, name) in [(&adobe, in_adobe, "Adobe RGB"), (&p3, in_p3, "Display P3")] {
            let picture = Picture::new(48, 48, |_, _| color);
            let fine = jpeg(&picture, Coding { quality: 100, ..Coding::default() });
            let tagged = with_segment(&fine, 0xe2, &[b"ICC_PROFILE\0\x01\x01".as_slice(), icc].concat());
            for input in [png_with_icc(&picture, icc), tagged] {
                let decoded = Decoded::of(&run(&input, 95).unwrap().bytes);
                assert_near(&decoded.at(0.5, 0.5), &srgb, 3, name);
            }
        }
    }
}

#[test]
fn a_profile_in_parts_is_put_together_in_the_order_of_their_numbers() {
    let icc = display_p3();
    let (first, second) = icc.split_at(icc.len() / 2);
    let part = |number, data: &[u8]| [b"ICC_PROFILE\0".as_slice(), &[number, 2], data].concat();
    let fine =
        jpeg(&Picture::new(48, 48, |_, _| [184, 63, 57]), Coding { quality: 100, ..Coding::default() });
    let tagged = with_segment(&with_segment(&fine, 0xe2, &part(1, first)), 0xe2, &part(2, second));
    assert_near(&Decoded::of(&run(&tagged, 95).unwrap().bytes).at(0.5, 0.5), &[200, 50, 50], 3, "in parts");
}

#[test]
fn an_output_carries_no_profile() {
    let picture = Picture::photo(48, 48);
    let input = png_with_icc(&picture, &display_p3());
    let output = run(&input, 90).unwrap();
    assert!(!output.bytes.windows(11).any(|window| window == b"ICC_PROFILE"));
}

#[test]
fn a_broken_profile_is_ignored() {
    let picture = Picture::photo(48, 48);
    let plain = run(&png_with_icc(&picture, &ColorProfile::new_srgb().encode().unwrap()), 90).unwrap();
    for icc in [&b"no profile"[..], &[0xff; 4000], &[0; 128]] {
        assert_eq!(run(&png_with_icc(&picture, icc), 90).unwrap().bytes, plain.bytes);
    }
}

#[test]
fn transparent_pixels_are_converted_before_they_are_flattened() {
    let icc = display_p3();
    let rgba = [184, 63, 57, 128].repeat(48 * 48);
    let input = png((48, 48), png::ColorType::Rgba, &rgba, |info| info.icc_profile = Some(icc.into()));
    let decoded = Decoded::of(&run_on(&input, "#000000").bytes);
    assert_near(&decoded.at(0.5, 0.5), &[100, 25, 25], 3, "half of the converted colour");
    assert_eq!(run_on(&input, "#000000").original.format, ImageFormat::Png);
}
