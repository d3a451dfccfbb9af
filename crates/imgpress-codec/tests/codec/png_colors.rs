//! What the chunks of a PNG say of its colours, by the third edition: cICP before iCCP before sRGB before gAMA and
//! cHRM. Expected values are computed here, by the matrices and curves of the standards.

use crate::fixtures::{Decoded, Picture, assert_near, display_p3, png, png_rgb, png_with_icc, run, run_on};

/// A PNG with a chunk put right behind its header.
pub(crate) fn with_chunk(png: &[u8], name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let header_end = 8 + 25;
    [&png[..header_end], &chunk(name, data), &png[header_end..]].concat()
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut checksum = flate2::Crc::new();
    checksum.update(name);
    checksum.update(data);
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length[..], name, data, &checksum.sum().to_be_bytes()].concat()
}

fn chrm(points: [u32; 8]) -> Vec<u8> {
    points.into_iter().flat_map(u32::to_be_bytes).collect()
}

const SRGB: [u32; 8] = [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000];
const DISPLAY_P3: [u32; 8] = [31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000];
const ADOBE: [u32; 8] = [31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6_000];

/// To linear sRGB: of Display P3 (CSS Color 4, section 17), BT.2020 (BT.2407, annex 2) and Adobe RGB (1998), whose
/// white is sRGB's.
const P3_TO_SRGB: [[f64; 3]; 3] =
    [[1.224_940, -0.224_940, 0.0], [-0.042_057, 1.042_057, 0.0], [-0.019_638, -0.078_636, 1.098_274]];
const BT2020_TO_SRGB: [[f64; 3]; 3] = [
    [1.660_491, -0.587_641, -0.072_850],
    [-0.124_550, 1.132_900, -0.008_349],
    [-0.018_151, -0.100_579, 1.118_730],
];
const ADOBE_TO_SRGB: [[f64; 3]; 3] =
    [[1.398_284, -0.398_284, 0.0], [0.0, 1.0, 0.0], [0.0, -0.042_939, 1.042_939]];
const SAME: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

fn srgb_light(value: f64) -> f64 {
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn bt709_light(value: f64) -> f64 {
    if value < 0.081 { value / 4.5 } else { ((value + 0.099) / 1.099).powf(1.0 / 0.45) }
}

fn expected(color: [u8; 3], light: impl Fn(f64) -> f64, matrix: [[f64; 3]; 3]) -> [u8; 3] {
    let linear = color.map(|part| light(f64::from(part) / 255.0));
    matrix.map(|row| {
        let light: f64 = row.iter().zip(linear).map(|(factor, part)| factor * part).sum();
        let value = if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
        (value.clamp(0.0, 1.0) * 255.0).round() as u8
    })
}

const COLORS: [[u8; 3]; 6] =
    [[180, 90, 60], [60, 140, 80], [90, 100, 170], [128, 128, 128], [230, 225, 210], [24, 20, 28]];

/// A flat picture of 8 or 16 bits, so that compression changes its colour little.
fn flat(color: [u8; 3], wide: bool) -> Vec<u8> {
    let size = (32, 32);
    if wide {
        let samples = color.map(|part| [part, part]).concat().repeat(1024);
        png(size, png::ColorType::Rgb, &samples, |info| info.bit_depth = png::BitDepth::Sixteen)
    } else {
        png(size, png::ColorType::Rgb, &color.repeat(1024), |_| {})
    }
}

fn shown(input: &[u8]) -> Vec<u8> {
    Decoded::of(&run(input, 98).unwrap().bytes).at(0.5, 0.5)
}

#[test]
fn code_points_are_converted() {
    for color in COLORS {
        for (cicp, wanted) in [
            ([12, 13, 0, 1], expected(color, srgb_light, P3_TO_SRGB)),
            ([9, 13, 0, 1], expected(color, srgb_light, BT2020_TO_SRGB)),
            ([9, 14, 0, 1], expected(color, bt709_light, BT2020_TO_SRGB)),
            ([9, 1, 0, 1], expected(color, bt709_light, BT2020_TO_SRGB)),
            ([1, 8, 0, 1], expected(color, |value| value, SAME)),
            ([1, 4, 0, 1], expected(color, |value| value.powf(2.2), SAME)),
            ([1, 13, 0, 1], color),
        ] {
            for wide in [false, true] {
                let input = with_chunk(&flat(color, wide), b"cICP", &cicp);
                assert_near(&shown(&input), &wanted, 3, &format!("{color:?} in {cicp:?}, wide: {wide}"));
            }
        }
    }
}

#[test]
fn gamma_and_chromaticities_are_converted() {
    let power = |exponent: f64| move |value: f64| value.powf(exponent);
    for color in COLORS {
        for wide in [false, true] {
            let plain = flat(color, wide);
            let gamma = |number: u32| with_chunk(&plain, b"gAMA", &number.to_be_bytes());
            let what = format!("{color:?}, wide: {wide}");
            assert_near(&shown(&gamma(100_000)), &expected(color, power(1.0), SAME), 3, &what);
            assert_near(&shown(&gamma(55_556)), &expected(color, power(1.8), SAME), 3, &what);
            let adobe = with_chunk(&gamma(45_471), b"cHRM", &chrm(ADOBE));
            assert_near(&shown(&adobe), &expected(color, power(2.2), ADOBE_TO_SRGB), 3, &what);
            let p3 = with_chunk(&plain, b"cHRM", &chrm(DISPLAY_P3));
            assert_near(&shown(&p3), &expected(color, srgb_light, P3_TO_SRGB), 3, &what);
        }
    }
}

#[test]
fn greys_follow_gamma_and_stay_one_component() {
    for wide in [false, true] {
        let samples = [128].repeat(if wide { 2048 } else { 1024 });
        let plain = png((32, 32), png::ColorType::Grayscale, &samples, |info| {
            info.bit_depth = if wide { png::BitDepth::Sixteen } else { png::BitDepth::Eight };
        });
        for (chunk, data, wanted) in [
            (b"gAMA", &100_000_u32.to_be_bytes()[..], expected([128; 3], |value| value, SAME)),
            (b"cICP", &[12, 13, 0, 1], [128; 3]),
            (b"cICP", &[9, 14, 0, 1], expected([128; 3], bt709_light, SAME)),
        ] {
            assert_near(&shown(&with_chunk(&plain, chunk, data)), &wanted[..1], 2, &format!("{wanted:?}"));
        }
    }
}

#[test]
fn the_highest_chunk_that_is_there_decides() {
    let color = [180, 90, 60];
    let p3 = display_p3();
    let picture = Picture::new(32, 32, |_, _| color);
    let (as_p3, as_2020, as_linear) = (
        expected(color, srgb_light, P3_TO_SRGB),
        expected(color, srgb_light, BT2020_TO_SRGB),
        expected(color, |value| value, SAME),
    );
    let gamma = with_chunk(&png_rgb(&picture), b"gAMA", &100_000_u32.to_be_bytes());
    assert_near(&shown(&gamma), &as_linear, 3, "gAMA");
    assert_near(&shown(&with_chunk(&gamma, b"sRGB", &[0])), &color, 3, "sRGB over gAMA");
    let icc = with_chunk(&png_with_icc(&picture, &p3), b"gAMA", &100_000_u32.to_be_bytes());
    assert_near(&shown(&icc), &as_p3, 3, "iCCP over gAMA");
    let icc = with_chunk(&icc, b"sRGB", &[0]);
    assert_near(&shown(&icc), &as_p3, 3, "iCCP over sRGB");
    assert_near(&shown(&with_chunk(&icc, b"cICP", &[9, 13, 0, 1])), &as_2020, 3, "cICP over iCCP");
    assert_near(&shown(&with_chunk(&icc, b"cICP", &[2, 2, 0, 1])), &as_p3, 3, "unspecified, so iCCP");
    let broken = with_chunk(&png_with_icc(&picture, b"no profile"), b"gAMA", &100_000_u32.to_be_bytes());
    assert_near(&shown(&broken), &as_linear, 3, "a broken iCCP, so gAMA");
}

#[test]
fn what_says_srgb_and_what_says_nothing_sound_changes_no_bit() {
    let plain = png_rgb(&Picture::photo(64, 48));
    let wanted = run(&plain, 90).unwrap().bytes;
    let close = SRGB.map(|number| number + 1);
    for (name, data) in [
        (b"sRGB", vec![0]),
        (b"cICP", vec![1, 13, 0, 1]),
        (b"gAMA", 45_455_u32.to_be_bytes().to_vec()),
        (b"cHRM", chrm(SRGB)),
        (b"cHRM", chrm(close)),
        (b"cICP", vec![]),
        (b"cICP", vec![12, 13, 0]),
        (b"cICP", vec![12, 13, 9, 1]),
        (b"cICP", vec![255; 4]),
        (b"cICP", vec![12, 13, 0, 1, 0]),
        (b"mDCV", vec![1; 25]),
        (b"cLLI", vec![1; 9]),
        (b"sRGB", vec![9]),
        (b"gAMA", vec![0; 4]),
        (b"gAMA", vec![1, 2]),
        (b"gAMA", vec![0xff; 4]),
        (b"cHRM", vec![0; 32]),
        (b"cHRM", vec![0xff; 32]),
        (b"cHRM", vec![7; 31]),
        (b"iCCP", vec![]),
        (b"iCCP", b"name\0\0not deflated".to_vec()),
    ] {
        let output = run(&with_chunk(&plain, name, &data), 90).unwrap();
        assert!(output.bytes == wanted, "{} {data:?}", String::from_utf8_lossy(name));
    }
    let end = plain.len() - 12;
    let late = [&plain[..end], &chunk(b"gAMA", &100_000_u32.to_be_bytes()), &plain[end..]].concat();
    assert!(run(&late, 90).unwrap().bytes == wanted, "behind the data");
}

#[test]
fn pictures_for_bright_displays_are_mapped_to_ordinary_ones() {
    // PQ and HLG of a white of 203 cd/m² (BT.2408, table 1) come out just below white, and the brightest as white.
    for (transfer, white) in [(16, 0.5807), (18, 0.75)] {
        for wide in [false, true] {
            for (value, wanted) in [(white, 243), (1.0, 254), (0.0, 0)] {
                let value = f64::round(value * 255.0) as u8;
                let input = with_chunk(&flat([value; 3], wide), b"cICP", &[9, transfer, 0, 1]);
                assert_near(&shown(&input), &[wanted; 3], 2, &format!("{value} of {transfer}, wide: {wide}"));
            }
        }
    }
}

#[test]
fn transparency_by_colour_works_at_every_depth() {
    let depths = [
        (png::BitDepth::One, 1_u16),
        (png::BitDepth::Two, 2),
        (png::BitDepth::Four, 9),
        (png::BitDepth::Eight, 77),
        (png::BitDepth::Sixteen, 0x1234),
    ];
    for (depth, key) in depths {
        // The left half of a row of 32 has the value that is transparent, the right half another.
        let bits = depth as usize;
        let row = packed(&[key; 16], &[0; 16], bits);
        let input = png((32, 32), png::ColorType::Grayscale, &row.repeat(32), |info| {
            info.bit_depth = depth;
            info.trns = Some(key.to_be_bytes().to_vec().into());
        });
        let found = Decoded::of(&run_on(&input, "#0000ff").bytes);
        assert_near(&found.at(0.2, 0.5), &[0, 0, 254], 3, &format!("grey, {bits} bits, transparent"));
        assert_near(&found.at(0.8, 0.5), &[0, 0, 0], 3, &format!("grey, {bits} bits, opaque"));
    }
    for (depth, key, other) in [
        (png::BitDepth::Eight, [9_u16, 8, 7], [9_u16, 8, 6]),
        (png::BitDepth::Sixteen, [0x0908, 1, 2], [0x0909, 1, 2]),
    ] {
        let row = packed(&key.repeat(16), &other.repeat(16), depth as usize);
        let input = png((32, 32), png::ColorType::Rgb, &row.repeat(32), |info| {
            info.bit_depth = depth;
            info.trns = Some(key.map(u16::to_be_bytes).concat().into());
        });
        let found = Decoded::of(&run_on(&input, "#00ff00").bytes);
        assert_near(&found.at(0.2, 0.5), &[0, 254, 0], 4, "colour, transparent");
        assert!(found.at(0.8, 0.5).iter().all(|&part| part < 14), "colour, opaque: {:?}", found.at(0.8, 0.5));
    }
    for (depth, bits) in [(png::BitDepth::One, 1), (png::BitDepth::Two, 2), (png::BitDepth::Four, 4)] {
        // Entry 0 is transparent; entry 1 is behind the end of tRNS, and so opaque.
        let row = packed(&[0; 16], &[1; 16], bits);
        let input = png((32, 32), png::ColorType::Indexed, &row.repeat(32), |info| {
            info.bit_depth = depth;
            info.palette = Some(vec![250, 0, 0, 0, 0, 180].into());
            info.trns = Some(vec![0].into());
        });
        let found = Decoded::of(&run_on(&input, "#ffffff").bytes);
        assert_near(&found.at(0.2, 0.5), &[255; 3], 3, "palette, transparent");
        assert_near(&found.at(0.8, 0.5), &[0, 0, 180], 6, "palette, opaque");
    }
}

/// Samples in rows of a PNG: the first leftmost, most significant bits first.
fn packed(left: &[u16], right: &[u16], bits: usize) -> Vec<u8> {
    let samples = left.iter().chain(right);
    match bits {
        16 => samples.flat_map(|sample| sample.to_be_bytes()).collect(),
        8 => samples.map(|sample| sample.to_be_bytes()[1]).collect(),
        _ => {
            let all: Vec<u16> = samples.copied().collect();
            let byte = |chunk: &[u16]| chunk.iter().fold(0, |byte, sample| byte << bits | sample);
            all.chunks(8 / bits).map(|chunk| byte(chunk) as u8).collect()
        }
    }
}
