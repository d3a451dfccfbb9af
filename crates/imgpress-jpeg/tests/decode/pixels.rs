//! Pixels are those of libjpeg-turbo's defaults, to the bit.

use imgpress_jpeg::{ColorTransform, DecodeLimits, Decoder, Mode, Subsampling};
use jpeg_encoder::SamplingFactor;
use mozjpeg::ColorSpace;

use crate::files::{self, SAMPLINGS, SIZES};

fn expected(jpeg: &[u8], space: ColorSpace) -> Vec<u8> {
    let decoder = mozjpeg::Decompress::new_mem(jpeg).unwrap();
    let mut started = decoder.to_colorspace(space).unwrap();
    let pixels = started.read_scanlines().unwrap();
    started.finish().unwrap();
    pixels
}

/// Decodes at once and by rows.
fn decode(jpeg: &[u8], transform: ColorTransform) -> Vec<u8> {
    let decoder = Decoder::new(jpeg, &DecodeLimits::default()).unwrap();
    let pixels = decoder.decode(transform).unwrap();
    let mut by_rows = Vec::new();
    let mut rows = decoder.pixels(transform).unwrap();
    let row = decoder.width() as usize * rows.channels();
    while let Some(rows) = rows.next_rows().unwrap() {
        assert!(!rows.is_empty() && rows.len().is_multiple_of(row));
        by_rows.extend_from_slice(rows);
    }
    assert!(pixels == by_rows);
    pixels
}

fn check(jpeg: &[u8], transform: ColorTransform, space: ColorSpace, what: &str) {
    let (got, expected) = (decode(jpeg, transform), expected(jpeg, space));
    assert_eq!(got.len(), expected.len());
    let wrong = got.iter().zip(&expected).position(|(got, expected)| got != expected);
    assert_eq!(wrong, None, "{what}");
}

#[test]
fn pixels_are_those_of_libjpeg_at_every_size_and_sampling() {
    for size in SIZES {
        for sampling in SAMPLINGS {
            for progressive in [false, true] {
                let jpeg = files::libjpeg(size, sampling, progressive, 85.0);
                let what = format!("{size:?}, {sampling:?}, {progressive}");
                check(&jpeg, ColorTransform::YCbCr, ColorSpace::JCS_RGB, &what);
                check(&jpeg, ColorTransform::None, ColorSpace::JCS_YCbCr, &what);
            }
        }
        let grey = files::libjpeg_grey(size, false);
        check(&grey, ColorTransform::None, ColorSpace::JCS_GRAYSCALE, "grey");
        check(&grey, ColorTransform::YCbCr, ColorSpace::JCS_GRAYSCALE, "grey");
    }
}

#[test]
fn pixels_of_our_own_files_are_those_of_libjpeg() {
    for size in SIZES {
        for mode in [Mode::Progressive, Mode::Sequential] {
            for subsampling in [Subsampling::S420, Subsampling::S444] {
                let jpeg = files::ours(size, mode, subsampling, 3);
                let what = format!("{size:?}, {mode:?}, {subsampling:?}");
                check(&jpeg, ColorTransform::YCbCr, ColorSpace::JCS_RGB, &what);
            }
        }
    }
}

#[test]
fn inks_are_those_of_libjpeg() {
    use jpeg_encoder::ColorType::{Cmyk, CmykAsYcck};
    for size in SIZES {
        for sampling in [SamplingFactor::F_1_1, SamplingFactor::F_2_2, SamplingFactor::F_1_2] {
            let cmyk = files::other(size, Cmyk, sampling, false, 0);
            check(&cmyk, ColorTransform::None, ColorSpace::JCS_CMYK, "CMYK");
            let ycck = files::other(size, CmykAsYcck, sampling, false, 0);
            check(&ycck, ColorTransform::YCbCr, ColorSpace::JCS_CMYK, "YCCK");
            check(&ycck, ColorTransform::None, ColorSpace::JCS_YCCK, "YCCK");
        }
    }
}
