//! Outputs that may lose nothing, or hardly anything. WebP is read by `image-webp`, which is not libwebp.

use image::ImageFormat as Known;
#[cfg(feature = "webp")]
use image::RgbaImage;
use imgpress_codec::options::{ImageFormat, Lossless, Options, OutputFormat, Quality};
use imgpress_codec::{Error, Outcome};

use crate::fixtures::{Coding, Decoded, Picture, jpeg};
#[cfg(feature = "webp")]
use crate::moving::{apng, film, shown};
use crate::outputs::{decoded, drawing, file, options, output, photo, seen};

fn lossless(format: OutputFormat, lossless: Lossless) -> Options {
    Options { lossless, ..options(format) }
}

#[cfg(feature = "webp")]
fn furthest(one: &RgbaImage, other: &RgbaImage) -> u8 {
    one.iter().zip(other.iter()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[cfg(feature = "webp")]
#[test]
fn near_lossless_is_smaller_than_lossless_and_off_by_as_much_as_its_quality_says() {
    let original = photo(160, 120);
    let input = file(original.clone(), Known::Png);
    let exact = output(&input, &lossless(OutputFormat::Webp, Lossless::True)).unwrap();
    assert!(decoded(&exact) == original);
    assert_eq!(exact.quality.get(), 100);
    for (quality, most) in [(80, 2), (60, 4), (40, 8)] {
        let options = Options {
            quality: Quality::try_from(quality).unwrap().into(),
            ..lossless(OutputFormat::Webp, Lossless::Near)
        };
        let near = output(&input, &options).unwrap();
        let off = furthest(&decoded(&near), &original);
        assert!((1..=most).contains(&off), "quality {quality}: off by {off}");
        assert_eq!((near.quality.get(), near.score), (quality, None));
        let (near, exact) = (near.bytes.len(), exact.bytes.len());
        assert!(near < exact, "quality {quality}: {near} of {exact}");
    }
}

/// Of those that nothing is seen of any more, colours are not kept: that was taken for another picture, and was a 500.
#[cfg(feature = "webp")]
#[test]
fn pixels_that_can_hardly_be_seen_may_vanish_where_hardly_anything_is_lost() {
    let mut original = photo(160, 120);
    original.enumerate_pixels_mut().for_each(|(x, y, pixel)| pixel[3] = ((x * 7 + y * 3) % 40) as u8);
    let input = file(original.clone(), Known::Png);
    let mut vanished = 0;
    for (quality, most) in [(80, 2), (60, 4), (40, 8), (1, 32)] {
        let options = Options {
            quality: Quality::try_from(quality).unwrap().into(),
            ..lossless(OutputFormat::Webp, Lossless::Near)
        };
        let near = output(&input, &options).unwrap_or_else(|error| panic!("quality {quality}: {error}"));
        let found = decoded(&near);
        for (found, original) in found.pixels().zip(original.pixels()) {
            assert!(found[3].abs_diff(original[3]) <= most, "quality {quality}: {found:?} of {original:?}");
            if found[3] == 0 {
                vanished += usize::from(original[3] > 0);
            } else {
                let off = (0..3).map(|at| found[at].abs_diff(original[at])).max().unwrap();
                assert!(off <= most, "quality {quality}: {found:?} of {original:?}");
            }
        }
    }
    assert!(vanished > 100, "{vanished}");
}

#[cfg(feature = "webp")]
#[test]
fn the_nearest_that_fits_is_taken_and_what_is_exact_fits_or_does_not() {
    let input = file(photo(160, 120), Known::Png);
    let near = lossless(OutputFormat::Webp, Lossless::Near);
    let whole = output(&input, &near).unwrap().bytes.len() as u64;
    let max_bytes = Some((whole - 1).try_into().unwrap());
    let fitting = output(&input, &Options { max_bytes, ..near }).unwrap();
    assert!((fitting.bytes.len() as u64) < whole && fitting.quality.get() < 80);
    let exact = Options { max_bytes, ..lossless(OutputFormat::Webp, Lossless::True) };
    assert!(matches!(output(&input, &exact), Err(Error::TargetUnreachable { .. })));
}

#[cfg(feature = "webp")]
#[test]
fn frames_may_lose_nothing_or_hardly_anything() {
    let input = apng(&film(3), 0, None);
    let expected = shown(&input);
    for (choice, most) in [(Lossless::True, 0), (Lossless::Near, 2)] {
        let made = output(&input, &lossless(OutputFormat::Webp, choice)).unwrap();
        let found = shown(&made.bytes);
        assert_eq!(found.len(), 3);
        for ((found, _), (expected, _)) in found.iter().zip(&expected) {
            let off = furthest(found, expected);
            assert!(off <= most, "{choice}: off by {off}");
        }
    }
}

#[test]
fn a_png_that_may_lose_nothing_keeps_every_colour_whatever_the_quality() {
    let original = drawing(120, 90);
    let input = file(original.clone(), Known::Png);
    for choice in [Lossless::Near, Lossless::True] {
        let quality = Quality::MIN.into();
        let options = Options { quality, quality_given: true, ..lossless(OutputFormat::Png, choice) };
        let made = output(&input, &options).unwrap();
        assert_eq!((made.format, made.quality.get()), (ImageFormat::Png, 100));
        assert!(seen(&decoded(&made)) == seen(&original));
    }
}

#[test]
fn a_jpeg_that_may_lose_nothing_keeps_its_coefficients() {
    let input = jpeg(&Picture::photo(150, 110), Coding { quality: 95, ..Coding::default() });
    for format in [OutputFormat::Jpeg, OutputFormat::Same] {
        let options = Options { quality: Quality::MIN.into(), ..lossless(format, Lossless::True) };
        let kept = output(&input, &options).unwrap();
        assert_eq!((kept.format, kept.outcome, kept.quality.get()), (ImageFormat::Jpeg, Outcome::Kept, 100));
        assert!(kept.bytes.len() < input.len());
        assert!(Decoded::of(&kept.bytes).pixels == Decoded::of(&input).pixels);
        let smaller = Options { width: "75".parse().ok(), ..options };
        assert!(matches!(output(&input, &smaller), Err(Error::Lossy { format: ImageFormat::Jpeg })));
    }
}

#[test]
fn a_format_that_always_loses_something_is_refused() {
    let input = file(photo(64, 48), Known::Png);
    for choice in [Lossless::Near, Lossless::True] {
        let refused = output(&input, &lossless(OutputFormat::Jpeg, choice)).unwrap_err();
        assert!(refused.to_string().contains("lossless"), "{refused}");
        #[cfg(feature = "avif")]
        assert!(output(&input, &lossless(OutputFormat::Avif, choice)).is_err());
    }
}

#[test]
fn the_smallest_of_those_that_lose_nothing_is_chosen() {
    let jpeg = jpeg(&Picture::photo(150, 110), Coding { quality: 75, ..Coding::default() });
    let kept = output(&jpeg, &lossless(OutputFormat::Auto, Lossless::True)).unwrap();
    assert_eq!((kept.format, kept.outcome), (ImageFormat::Jpeg, Outcome::Kept));
    for original in [photo(90, 70), drawing(90, 70)] {
        let made = output(&file(original.clone(), Known::Png), &lossless(OutputFormat::Auto, Lossless::True));
        let made = made.unwrap();
        assert_eq!(made.quality.get(), 100);
        assert!(seen(&decoded(&made)) == seen(&original));
    }
}

#[cfg(feature = "avif")]
#[test]
fn an_avif_that_may_lose_nothing_stays_where_it_may_be_chosen() {
    let avif = output(&file(photo(90, 70), Known::Png), &options(OutputFormat::Avif)).unwrap().bytes;
    for format in [OutputFormat::Avif, OutputFormat::Same, OutputFormat::Auto] {
        let kept = output(&avif, &Options { avif: true, ..lossless(format, Lossless::True) }).unwrap();
        assert_eq!((kept.format, kept.outcome, kept.quality.get()), (ImageFormat::Avif, Outcome::Kept, 100));
        assert!(kept.bytes == avif);
    }
}

#[cfg(feature = "webp")]
#[test]
fn a_drawing_that_rounding_would_make_no_smaller_loses_nothing() {
    let made = output(&file(drawing(120, 90), Known::Png), &lossless(OutputFormat::Webp, Lossless::Near));
    let made = made.unwrap();
    assert_eq!(made.quality.get(), 100);
    assert!(seen(&decoded(&made)) == seen(&drawing(120, 90)));
}
