//! The best look that fits.

use imgpress_codec::options::{Fit, Options};
use imgpress_codec::{Budget, Error, Limits, Outcome, Output, compress};
use jpeg_encoder::SamplingFactor;

use crate::fixtures::{Coding, Decoded, Picture, exif, jpeg, png_rgb, run, with_segment};

fn within(input: &[u8], quality: u8, max_bytes: usize) -> Result<Output, Error> {
    compress(input, &asked(quality, max_bytes), &Limits::default(), &Budget::unlimited())
}

fn asked(quality: u8, max_bytes: usize) -> Options {
    let max_bytes = Some((max_bytes as u64).try_into().unwrap());
    Options { quality: quality.try_into().unwrap(), max_bytes, ..Options::default() }
}

/// One picture in each of the ways that are encoded differently.
fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let picture = Picture::photo(150, 90);
    let coded = |sampling| jpeg(&picture, Coding { quality: 98, sampling, ..Coding::default() });
    let turned =
        with_segment(&coded(SamplingFactor::F_2_2), 0xe1, &[b"Exif\0\0".as_slice(), &exif(6)].concat());
    vec![
        ("png", png_rgb(&picture)),
        ("4:2:0", coded(SamplingFactor::F_2_2)),
        ("4:2:2", coded(SamplingFactor::F_2_1)),
        ("4:4:4", coded(SamplingFactor::F_1_1)),
        ("turned", turned),
    ]
}

#[test]
fn the_output_is_that_of_the_highest_quality_that_fits() {
    for (name, input) in inputs() {
        let sizes: Vec<usize> = (1..=80).map(|quality| run(&input, quality).unwrap().bytes.len()).collect();
        for limit in [sizes[0], sizes[9] + 1, sizes[39], sizes[59] + 40, sizes[78], sizes[79] - 1] {
            let output = within(&input, 80, limit).unwrap();
            let used = output.quality.get();
            assert!(output.bytes.len() <= limit, "{name}: {} of {limit}", output.bytes.len());
            assert_eq!(output.bytes, run(&input, used).unwrap().bytes, "{name}: the file of {used}");
            // Sizes of neighbouring qualities may be out of order by a few bytes: the next one up does not fit.
            assert!(used < 80 && sizes[usize::from(used)] > limit, "{name}: {used} in {limit}");
        }
    }
}

#[test]
fn a_limit_that_the_asked_quality_keeps_changes_nothing() {
    for (name, input) in inputs() {
        let plain = run(&input, 80).unwrap();
        for limit in [plain.bytes.len(), plain.bytes.len() + 1, usize::MAX] {
            let output = within(&input, 80, limit).unwrap();
            assert_eq!((output.quality.get(), &output.bytes), (80, &plain.bytes), "{name}");
        }
    }
}

#[test]
fn a_limit_that_nothing_keeps_is_refused_with_the_smallest_size() {
    for (name, input) in inputs() {
        let least = run(&input, 1).unwrap().bytes.len();
        assert_eq!(within(&input, 80, least).unwrap().bytes.len(), least, "{name}");
        match within(&input, 80, least - 1) {
            Err(error @ Error::TargetUnreachable { .. }) => {
                let message = error.to_string();
                assert!(message.contains(&format!("{least} bytes are the fewest")), "{name}: {message}");
            }
            other => panic!("{name}: {:?}", other.map(|output| output.bytes.len())),
        }
        assert!(matches!(within(&input, 1, 1), Err(Error::TargetUnreachable { limit: 1, .. })), "{name}");
    }
}

#[test]
fn a_kept_jpeg_that_fits_is_kept_and_another_gets_a_lower_quality() {
    let coarse = run(&png_rgb(&Picture::photo(150, 90)), 40).unwrap().bytes;
    let kept = within(&coarse, 80, coarse.len()).unwrap();
    assert_eq!((kept.outcome, &kept.bytes), (Outcome::Kept, &coarse));
    let smaller = within(&coarse, 80, coarse.len() * 2 / 3).unwrap();
    assert_eq!(smaller.outcome, Outcome::Compressed);
    assert!(smaller.quality.get() < 40 && smaller.bytes.len() <= coarse.len() * 2 / 3);
    let again = within(&smaller.bytes, 80, coarse.len() * 2 / 3).unwrap();
    assert_eq!((again.outcome, &again.bytes), (Outcome::Kept, &smaller.bytes));
}

#[test]
fn it_works_together_with_a_size() {
    for (name, input) in inputs() {
        let box_of_60 = |max_bytes| Options {
            width: "60".parse().ok(),
            height: "60".parse().ok(),
            fit: Fit::Cover,
            ..asked(80, max_bytes)
        };
        let resize = |max_bytes| {
            compress(&input, &box_of_60(max_bytes), &Limits::default(), &Budget::unlimited()).unwrap()
        };
        let whole = resize(usize::MAX).bytes.len();
        let output = resize(whole * 3 / 4);
        let decoded = Decoded::of(&output.bytes);
        assert_eq!((decoded.width, decoded.height), (60, 60), "{name}");
        assert!(output.bytes.len() <= whole * 3 / 4 && output.quality.get() < 80, "{name}");
    }
}
