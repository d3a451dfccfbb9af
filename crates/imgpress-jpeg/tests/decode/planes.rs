//! Samples are those of libjpeg's accurate integer method, to the bit.

use imgpress_jpeg::{DecodeLimits, Decoder, Mode, Subsampling};
use jpeg_encoder::SamplingFactor;
use mozjpeg::ColorSpace;

use crate::files::{self, SAMPLINGS, SIZES, planes};

/// Pixels as libjpeg stores them, each plane brought to full size by repeating its samples.
fn repeated(jpeg: &[u8], space: ColorSpace) -> Vec<u8> {
    let mut decoder = mozjpeg::Decompress::new_mem(jpeg).unwrap();
    decoder.do_fancy_upsampling(false);
    let mut started = decoder.to_colorspace(space).unwrap();
    let pixels = started.read_scanlines().unwrap();
    started.finish().unwrap();
    pixels
}

fn check(jpeg: &[u8], space: ColorSpace, what: &str) {
    let decoder = Decoder::new(jpeg, &DecodeLimits::default()).unwrap();
    let (width, height) = (decoder.width() as usize, decoder.height() as usize);
    let components = decoder.components();
    let across = components.iter().map(|component| component.sampling().0).max().unwrap();
    let down = components.iter().map(|component| component.sampling().1).max().unwrap();
    let planes = planes(jpeg).unwrap();
    let expected = repeated(jpeg, space);
    assert_eq!(expected.len(), width * height * planes.len());
    for (i, expected) in expected.iter().enumerate() {
        let (c, x, y) = (i % planes.len(), i / planes.len() % width, i / planes.len() / width);
        let component = &components[c];
        let (h, v) = component.sampling();
        let got = planes[c][(y * v / down) * component.width() + x * h / across];
        assert_eq!(got, *expected, "component {c} at {x}, {y} of {width} × {height}, {what}");
    }
}

#[test]
fn planes_are_those_of_libjpeg_at_every_size_and_sampling() {
    for size in SIZES {
        for sampling in SAMPLINGS {
            for progressive in [false, true] {
                for quality in [30.0, 90.0, 100.0] {
                    let jpeg = files::libjpeg(size, sampling, progressive, quality);
                    check(&jpeg, ColorSpace::JCS_YCbCr, &format!("{sampling:?}, {progressive}, {quality}"));
                }
            }
        }
        for progressive in [false, true] {
            check(&files::libjpeg_grey(size, progressive), ColorSpace::JCS_GRAYSCALE, "grey");
        }
    }
}

#[test]
fn planes_are_those_of_libjpeg_with_restarts_and_with_a_scan_for_each_component() {
    use jpeg_encoder::ColorType::Rgb;
    for size in SIZES {
        for sampling in
            [SamplingFactor::F_1_1, SamplingFactor::F_2_2, SamplingFactor::F_4_1, SamplingFactor::F_2_4]
        {
            for progressive in [false, true] {
                for restart in [0, 1, 3, 1000] {
                    let jpeg = files::other(size, Rgb, sampling, progressive, restart);
                    check(&jpeg, ColorSpace::JCS_YCbCr, &format!("{sampling:?}, {progressive}, {restart}"));
                }
            }
        }
    }
}

#[test]
fn planes_of_our_own_files_are_those_of_libjpeg() {
    for size in SIZES {
        for mode in [Mode::Progressive, Mode::Sequential] {
            for subsampling in [Subsampling::S420, Subsampling::S444] {
                for restart in [0, 1, 4] {
                    let jpeg = files::ours(size, mode, subsampling, restart);
                    check(&jpeg, ColorSpace::JCS_YCbCr, &format!("{mode:?}, {subsampling:?}, {restart}"));
                }
            }
        }
    }
}

#[test]
fn planes_of_inks_are_those_of_libjpeg() {
    for size in SIZES {
        for sampling in [SamplingFactor::F_1_1, SamplingFactor::F_2_2] {
            let cmyk = files::other(size, jpeg_encoder::ColorType::Cmyk, sampling, false, 0);
            check(&cmyk, ColorSpace::JCS_CMYK, "CMYK");
        }
    }
}

#[test]
fn coefficients_transformed_are_the_planes() {
    for (what, jpeg) in files::one_of_each((67, 53)) {
        let decoder = Decoder::new(&jpeg, &DecodeLimits::default()).unwrap();
        let coefficients = decoder.coefficients().unwrap();
        let planes = planes(&jpeg).unwrap();
        for ((component, plane), samples) in
            decoder.components().iter().zip(coefficients.planes()).zip(planes)
        {
            assert_eq!(plane.size(), component.blocks());
            // The mean of a block is an eighth of its first coefficient, give or take rounding and clipping.
            let (across, _) = plane.padded();
            let mean =
                f64::from(plane.blocks()[across + 1][0]) * f64::from(component.quantisation()[0]) / 8.0;
            let rows = samples.chunks(component.width()).skip(8).take(8);
            let sum: f64 = rows.flat_map(|row| &row[8..16]).map(|&sample| f64::from(sample) - 128.0).sum();
            assert!((sum / 64.0 - mean).abs() < 4.0, "{what}: {} is not {mean}", sum / 64.0);
        }
    }
}
