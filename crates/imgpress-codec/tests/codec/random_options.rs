//! Whatever is asked of a JPEG, it never grows, and a second pass changes no byte.

use imgpress_codec::options::{
    Color, ColorSpace, Effort, Fit, Lossless, MaxBytes, Metadata, Options, OutputFormat, Quality, Side,
};
use imgpress_codec::{Budget, Error, Limits, Outcome, Output, compress};
use jpeg_encoder::{ColorType, SamplingFactor};
use proptest::prelude::*;
use proptest::sample::select;

use crate::fixtures::{Coding, Picture, exif, jpeg, jpeg_of, run, with_segment};

/// Photographs and sparse graphics, in every way of coding that differs here.
fn inputs() -> Vec<Vec<u8>> {
    let photo = Picture::photo(83, 61);
    let flat = Picture::quarters(96, 64);
    let lines = Picture::new(88, 70, |x, y| if x % 29 == 3 || y % 23 == 5 { [10, 20, 90] } else { [255; 3] });
    let mut inputs = Vec::new();
    for picture in [&photo, &flat, &lines] {
        for quality in [15, 60, 80, 92, 100] {
            for (sampling, progressive, restart) in [
                (SamplingFactor::F_1_1, false, 0),
                (SamplingFactor::F_2_1, true, 0),
                (SamplingFactor::F_2_2, false, 3),
                (SamplingFactor::F_2_2, true, 0),
                (SamplingFactor::F_4_1, false, 0),
            ] {
                let coding = Coding { quality, progressive, sampling, restart, ..Coding::default() };
                inputs.push(jpeg(picture, coding));
            }
        }
        let coding = Coding { quality: 70, ..Coding::default() };
        inputs.push(jpeg_of(&picture.grey(), picture, ColorType::Luma, coding));
        inputs.push(jpeg_of(&picture.rgba(|at| (at % 200) as u8), picture, ColorType::Cmyk, coding));
        inputs.push(with_segment(&inputs[0], 0xe1, &[b"Exif\0\0".as_slice(), &exif(6)].concat()));
        inputs.extend([20, 75, 95].map(|quality| run(&jpeg(picture, coding), quality).unwrap().bytes));
    }
    inputs
}

fn options() -> impl Strategy<Value = Options> {
    let side = || proptest::option::weighted(0.1, 1_u16..200);
    let max_bytes = proptest::option::weighted(0.3, 400_u64..4000);
    let size = (side(), side(), select(Fit::ALL.to_vec()), max_bytes);
    let carried = (select(ColorSpace::ALL.to_vec()), select(Metadata::ALL.to_vec()));
    (1_u8..=100, select(Effort::ALL.to_vec()), size, carried).prop_map(
        |(quality, effort, (width, height, fit, max_bytes), (color, metadata))| Options {
            format: OutputFormat::Jpeg,
            lossless: Lossless::Auto,
            avif: false,
            jxl: false,
            quality_given: true,
            quality: Quality::try_from(quality).unwrap().into(),
            effort,
            background: Color::WHITE,
            width: width.map(|side| Side::try_from(side).unwrap()),
            height: height.map(|side| Side::try_from(side).unwrap()),
            fit,
            max_bytes: max_bytes.map(|bytes| MaxBytes::try_from(bytes).unwrap()),
            color,
            metadata,
        },
    )
}

fn compressed(input: &[u8], options: &Options) -> Option<Output> {
    match compress(input, options, &Limits::default(), &Budget::unlimited()) {
        Ok(output) => Some(output),
        Err(Error::TargetUnreachable { smallest, limit }) => {
            assert_eq!(Some(limit), options.max_bytes.map(MaxBytes::get));
            assert!(smallest > limit);
            None
        }
        Err(other) => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_jpeg_never_grows_and_a_second_pass_changes_no_byte(input in select(inputs()), options in options()) {
        let Some(first) = compressed(&input, &options) else { return Ok(()) };
        let limit = options.max_bytes.map_or(u64::MAX, MaxBytes::get);
        prop_assert!(first.bytes.len() as u64 <= limit);
        if (first.width, first.height) != first.original.shown_size() {
            return Ok(());
        }
        prop_assert!(first.bytes.len() <= input.len(), "{} from {}", first.bytes.len(), input.len());
        let second = compressed(&first.bytes, &options).unwrap();
        prop_assert_eq!(second.outcome, Outcome::Kept);
        prop_assert!(second.bytes == first.bytes, "{} and then {}", first.bytes.len(), second.bytes.len());
    }
}
