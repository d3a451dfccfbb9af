//! Pictures decoded smaller are those of libjpeg-turbo.

use imgpress_jpeg::{ColorTransform, DecodeLimits, Decoder, Scale};
use mozjpeg::ColorSpace;

use crate::files::{self, SAMPLINGS, SIZES};

const SCALES: [(Scale, u8); 4] =
    [(Scale::Full, 8), (Scale::Half, 4), (Scale::Quarter, 2), (Scale::Eighth, 1)];

fn check(jpeg: &[u8], transform: ColorTransform, space: ColorSpace, what: &str) {
    for (scale, eighths) in SCALES {
        let mut expected = mozjpeg::Decompress::new_mem(jpeg).unwrap();
        expected.scale(eighths);
        let mut expected = expected.to_colorspace(space).unwrap();
        let size = (expected.width() as u32, expected.height() as u32);
        let expected: Vec<u8> = expected.read_scanlines().unwrap();
        let decoder = Decoder::new(jpeg, &DecodeLimits::default()).unwrap().with_scale(scale);
        assert_eq!(decoder.output_size(), size, "{scale:?}, {what}");
        let pixels = decoder.decode(transform).unwrap();
        assert_eq!(pixels.len(), expected.len());
        let wrong = pixels.iter().zip(&expected).position(|(got, expected)| got != expected);
        assert_eq!(wrong, None, "{scale:?}, {what}");
    }
}

#[test]
fn smaller_pixels_are_those_of_libjpeg_at_every_size_and_sampling() {
    for size in SIZES {
        for sampling in SAMPLINGS {
            for progressive in [false, true] {
                let jpeg = files::libjpeg(size, sampling, progressive, 85.0);
                let what = format!("{size:?}, {sampling:?}, {progressive}");
                check(&jpeg, ColorTransform::YCbCr, ColorSpace::JCS_RGB, &what);
            }
        }
        let grey = files::libjpeg_grey(size, false);
        check(&grey, ColorTransform::None, ColorSpace::JCS_GRAYSCALE, "grey");
    }
}

#[test]
fn strips_of_smaller_planes_add_up_to_them() {
    for (what, jpeg) in files::one_of_each((67, 53)) {
        for (scale, eighths) in SCALES {
            let decoder = Decoder::new(&jpeg, &DecodeLimits::default()).unwrap().with_scale(scale);
            let mut rows = vec![0; decoder.components().len()];
            let mut widths = rows.clone();
            let mut strips = decoder.strips().unwrap();
            while let Some(strip) = strips.next_strip().unwrap() {
                for ((rows, width), plane) in rows.iter_mut().zip(&mut widths).zip(strip.planes()) {
                    assert_eq!(plane.top, *rows, "{what}");
                    *rows += plane.rows().len();
                    *width = plane.width;
                }
            }
            assert_eq!(
                (widths[0], rows[0]),
                ((67_usize * eighths as usize).div_ceil(8), (53_usize * eighths as usize).div_ceil(8)),
                "{what}"
            );
        }
    }
}
