//! The many ways a JPEG can be coded.

use imgpress_codec::{Error, Outcome};
use jpeg_encoder::{ColorType, SamplingFactor};

use crate::fixtures::{Coding, Decoded, Picture, assert_near, jpeg, jpeg_of, run, with_segment};

const SAMPLINGS: [SamplingFactor; 8] = [
    SamplingFactor::F_1_1,
    SamplingFactor::F_2_1,
    SamplingFactor::F_1_2,
    SamplingFactor::F_2_2,
    SamplingFactor::F_4_1,
    SamplingFactor::F_4_2,
    SamplingFactor::F_1_4,
    SamplingFactor::F_2_4,
];

/// Sequential in one scan, sequential in a scan for each component, progressive; each with restart markers too.
const PASSES: [(bool, bool, u16); 6] = [
    (false, false, 0),
    (false, false, 3),
    (false, true, 0),
    (false, true, 20),
    (true, false, 0),
    (true, false, 4),
];

#[test]
fn every_sampling_progression_and_restart_interval_decodes_as_libjpeg_does() {
    for (width, height) in [(67, 45), (130, 98)] {
        let picture = Picture::photo(width, height);
        for sampling in SAMPLINGS {
            for (progressive, optimized, restart) in PASSES {
                let coding = Coding { quality: 97, progressive, sampling, restart, optimized };
                let input = jpeg(&picture, coding);
                let what =
                    format!("{sampling:?}, progressive {progressive}, scans {optimized}, restart {restart}");
                let output = run(&input, 90).unwrap_or_else(|error| panic!("{what}: {error}"));
                let difference = Decoded::of(&output.bytes).mean_difference(&Decoded::by_libjpeg(&input));
                assert!(difference < 6.0, "{what}: {difference}");
            }
        }
    }
}

#[test]
fn components_of_unlike_samplings_decode_as_libjpeg_does() {
    let picture = Picture::photo(130, 98);
    let factors = [
        [(2, 2), (2, 1), (1, 2)],
        [(1, 1), (2, 2), (1, 1)],
        [(1, 2), (1, 1), (1, 2)],
        [(2, 2), (1, 1), (2, 2)],
        [(4, 1), (2, 1), (1, 1)],
    ];
    for (factors, progressive) in factors.into_iter().flat_map(|factors| [(factors, false), (factors, true)])
    {
        let mut encoder = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_RGB);
        encoder.set_size(130, 98);
        if !progressive {
            encoder.set_fastest_defaults();
        }
        encoder.set_quality(97.0);
        for (component, (across, down)) in encoder.components_mut().iter_mut().zip(factors) {
            (component.h_samp_factor, component.v_samp_factor) = (across, down);
        }
        let mut started = encoder.start_compress(Vec::new()).unwrap();
        started.write_scanlines(&picture.rgb).unwrap();
        let input = started.finish().unwrap();
        let output = run(&input, 88).unwrap_or_else(|error| panic!("{factors:?} {progressive}: {error}"));
        assert_eq!(output.outcome, Outcome::Compressed);
        let difference = Decoded::of(&output.bytes).mean_difference(&Decoded::by_libjpeg(&input));
        assert!(difference < 6.0, "{factors:?}, progressive {progressive}: {difference}");
    }
}

#[test]
fn a_grey_jpeg_stays_grey() {
    let picture = Picture::photo(67, 45);
    for progressive in [false, true] {
        let coding = Coding { quality: 97, progressive, ..Coding::default() };
        let output = run(&jpeg_of(&picture.grey(), &picture, ColorType::Luma, coding), 85).unwrap();
        let decoded = Decoded::of(&output.bytes);
        assert_eq!(decoded.components, 1);
        assert!(decoded.mean_difference(&picture.grey()) < 3.0);
    }
}

#[test]
fn inks_become_the_colours_that_they_print() {
    // Inks (255 is full), and paper white less each ink less black.
    let cases =
        [([0, 0, 0, 0], [255, 255, 255]), ([255, 0, 0, 0], [0, 255, 255]), ([0, 200, 200, 0], [255, 55, 55])];
    let cases = cases.into_iter().chain([([0, 0, 0, 255], [0, 0, 0]), ([40, 80, 120, 100], [131, 106, 82])]);
    for (inks, expected) in cases {
        let picture = Picture::new(48, 48, |_, _| [0; 3]);
        let samples = inks.map(|ink: u8| ink).repeat(48 * 48);
        for (color, name) in [(ColorType::Cmyk, "CMYK"), (ColorType::CmykAsYcck, "YCCK")] {
            for progressive in [false, true] {
                let coding = Coding {
                    quality: 100,
                    progressive,
                    sampling: SamplingFactor::F_1_1,
                    ..Coding::default()
                };
                let input = jpeg_of(&samples, &picture, color, coding);
                let peer = Decoded::of(&input);
                assert_near(&peer.at(0.5, 0.5), &inks, 3, &format!("{name} as another decoder reads it"));
                let output = run(&input, 95).unwrap();
                let decoded = Decoded::of(&output.bytes);
                assert_near(&decoded.at(0.5, 0.5), &expected, 6, name);
            }
        }
    }
}

#[test]
fn components_named_rgb_are_red_green_and_blue() {
    let picture = Picture::quarters(64, 64);
    let mut encoder = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_RGB);
    encoder.set_size(64, 64);
    encoder.set_quality(100.0);
    encoder.set_color_space(mozjpeg::ColorSpace::JCS_RGB);
    let mut started = encoder.start_compress(Vec::new()).unwrap();
    started.write_scanlines(&picture.rgb).unwrap();
    let decoded = Decoded::of(&run(&started.finish().unwrap(), 90).unwrap().bytes);
    assert_near(&decoded.at(0.25, 0.25), &[220, 40, 40], 6, "red");
    assert_near(&decoded.at(0.75, 0.75), &[230, 210, 60], 6, "yellow");
}

#[test]
fn fill_bytes_and_stray_bytes_between_segments_are_passed_over() {
    let picture = Picture::photo(64, 48);
    let plain = jpeg(&picture, Coding::default());
    let expected = run(&plain, 60).unwrap().bytes;
    for between in [&[0xff, 0xff, 0xff][..], &[0, 1, 2, 3, 4, 5]] {
        let input = [&plain[..20], between, &plain[20..]].concat();
        assert_eq!(run(&input, 60).unwrap().bytes, expected);
    }
}

#[test]
fn a_few_stray_bytes_behind_a_scan_are_passed_over() {
    let picture = Picture::photo(64, 48);
    for coding in [
        Coding::default(),
        Coding { restart: 3, ..Coding::default() },
        Coding { progressive: true, ..Coding::default() },
    ] {
        let plain = jpeg(&picture, coding);
        let (data, end) = plain.split_at(plain.len() - 2);
        let expected = run(&plain, 60).unwrap().bytes;
        for stray in [&[0x12, 0x34, 0x56][..], &[0xff, 0xff], &[0xff, 0, 0]] {
            assert_eq!(run(&[data, stray, end].concat(), 60).unwrap().bytes, expected, "{stray:?}");
        }
    }
}

#[test]
fn kinds_of_jpeg_that_are_not_decoded_are_named() {
    let plain = jpeg(&Picture::photo(32, 32), Coding::default());
    let frame = plain.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    for (marker, name) in
        [(0xc9, "arithmetic"), (0xca, "arithmetic"), (0xc3, "lossless"), (0xc5, "hierarchical")]
    {
        let mut input = plain.clone();
        input[frame + 1] = marker;
        let Err(Error::UnsupportedFormat(reason)) = run(&input, 80) else { panic!("{name} was taken") };
        assert!(reason.to_string().contains(name), "{reason}");
    }
    let mut deep = plain;
    deep[frame + 4] = 12;
    assert!(matches!(run(&deep, 80), Err(Error::UnsupportedFormat(_))));
}

#[test]
fn adobe_segments_say_what_three_components_are() {
    let picture = Picture::quarters(64, 64);
    let plain = jpeg(&picture, Coding { quality: 100, ..Coding::default() });
    // Without the JFIF header, which would decide the matter.
    let bare = [&plain[..2], &plain[20..]].concat();
    let adobe = |transform| [b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat();
    let ycbcr = Decoded::of(&run(&with_segment(&bare, 0xee, &adobe(1)), 90).unwrap().bytes);
    assert_near(&ycbcr.at(0.25, 0.25), &[220, 40, 40], 6, "YCbCr");
    let rgb = Decoded::of(&run(&with_segment(&bare, 0xee, &adobe(0)), 90).unwrap().bytes);
    assert_near(&rgb.at(0.25, 0.25), &[94, 97, 217], 10, "the same samples as RGB");
}

#[test]
fn a_frame_of_motion_jpeg_comes_without_its_huffman_tables() {
    let picture = Picture::photo(130, 98);
    let frame = |quality| {
        let mut frame = jpeg(&picture, Coding { quality, ..Coding::default() });
        while let Some(at) = frame.windows(2).position(|marker| marker == [0xff, 0xc4]) {
            let length = usize::from(u16::from_be_bytes([frame[at + 2], frame[at + 3]]));
            frame.drain(at..at + 2 + length);
        }
        frame
    };
    let whole = jpeg(&picture, Coding { quality: 97, ..Coding::default() });
    assert_eq!(run(&frame(97), 80).unwrap().bytes, run(&whole, 80).unwrap().bytes);
    // Tables of its own would make it larger.
    let kept = run(&frame(20), 80).unwrap();
    assert_eq!((kept.outcome, kept.bytes), (Outcome::Kept, frame(20)));
}
