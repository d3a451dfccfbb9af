//! What stands in the file beside the picture, and what is refused.
#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it too")]

use std::num::NonZeroU16;

use imgpress_jpeg::{ColorType, Density, Distance, EncodeError, Encoder, Settings};

fn settings() -> Settings {
    Settings::new(Distance::new(1.0).unwrap())
}

fn encode(settings: Settings) -> Vec<u8> {
    let mut encoder = Encoder::new(8, 8, ColorType::Grey, settings).unwrap();
    encoder.write_rows(&[90; 64]).unwrap();
    let mut jpeg = Vec::new();
    encoder.finish(&mut jpeg).unwrap();
    jpeg
}

#[test]
fn a_profile_longer_than_a_segment_comes_back_whole() {
    for length in [1, 65_519, 65_520, 200_000] {
        let profile: Vec<u8> = (0..length).map(|i: u32| (i % 251) as u8).collect();
        let jpeg = encode(settings().with_icc(profile.clone()).unwrap());
        let mut decoder = jpeg_decoder::Decoder::new(&jpeg[..]);
        decoder.decode().unwrap();
        assert!(decoder.icc_profile() == Some(profile), "a profile of {length} bytes was lost");
    }
}

#[test]
fn exif_data_come_back_as_they_were() {
    let tiff = b"II*\0\x08\0\0\0\0\0\0\0\0\0".to_vec();
    let jpeg = encode(settings().with_exif(tiff.clone()).unwrap());
    let mut decoder = jpeg_decoder::Decoder::new(&jpeg[..]);
    decoder.decode().unwrap();
    assert_eq!(decoder.exif_data(), Some(&tiff[..]));
}

#[test]
fn the_density_stands_in_the_first_segment() {
    let unit = |n| NonZeroU16::new(n).unwrap();
    for (density, bytes) in [
        (Density::default(), [0, 0, 1, 0, 1]),
        (Density::PerInch(unit(300), unit(72)), [1, 1, 44, 0, 72]),
        (Density::PerCentimetre(unit(118), unit(118)), [2, 0, 118, 0, 118]),
    ] {
        let jpeg = encode(settings().with_density(density));
        assert_eq!(jpeg[2..13], *b"\xFF\xE0\0\x10JFIF\0\x01\x01");
        assert_eq!(jpeg[13..18], bytes);
    }
}

#[test]
fn sizes_that_no_header_can_state_are_refused() {
    for (width, height) in [(0, 1), (1, 0), (65_536, 1), (1, 65_536), (u32::MAX, u32::MAX)] {
        let refused = Encoder::new(width, height, ColorType::Rgb, settings()).map(|_| ()).unwrap_err();
        assert!(matches!(refused, EncodeError::Size { .. }));
    }
}

#[test]
fn rows_that_do_not_fit_are_refused_and_nothing_is_taken() {
    let mut encoder = Encoder::new(3, 2, ColorType::Rgb, settings()).unwrap();
    assert!(matches!(encoder.write_rows(&[0; 10]), Err(EncodeError::PartialRow { got: 10, row: 9 })));
    assert!(matches!(encoder.write_rows(&[0; 27]), Err(EncodeError::TooManyRows { height: 2 })));
    encoder.write_rows(&[0; 9]).unwrap();
    let error = encoder.finish(&mut Vec::new()).unwrap_err();
    assert!(matches!(error, EncodeError::MissingRows { written: 1, height: 2 }));
}

#[test]
fn an_output_that_fails_is_reported() {
    let mut encoder = Encoder::new(64, 64, ColorType::Grey, settings()).unwrap();
    encoder.write_rows(&[90; 64 * 64]).unwrap();
    let mut full = [0; 100];
    assert!(matches!(encoder.finish(&mut &mut full[..]), Err(EncodeError::Io(_))));
}
