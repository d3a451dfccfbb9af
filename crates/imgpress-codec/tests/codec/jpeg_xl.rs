//! JPEG XL both ways: what libjxl encodes is read by a decoder that has no part in making it, and files of another encoder
//! are read too. Those in `jxl/` were made by cjxl 0.7.0 of pictures of a few colours.

use image::{DynamicImage, GrayImage, ImageFormat as Known, Luma, RgbaImage};
use imgpress_codec::options::{
    ColorSpace, Effort, ImageFormat, Lossless, Metadata, Options, OutputFormat, Quality,
};
use imgpress_codec::{Error, Limits, Note, Outcome, Removed, TooLarge, probe};

use crate::fixtures::{Coding, Decoded, Picture, exif, jpeg, jpeg_of, png_with_icc, with_segment};
use crate::outputs::{decoded, drawing, file, options, output, photo, seen};

const PQ: &[u8] = include_bytes!("jxl/pq.jxl");
const HLG: &[u8] = include_bytes!("jxl/hlg.jxl");
const P3: &[u8] = include_bytes!("jxl/p3.jxl");
const TEN_BITS: &[u8] = include_bytes!("jxl/ten.jxl");
const TWELVE_BITS: &[u8] = include_bytes!("jxl/twelve.jxl");
const FLOAT: &[u8] = include_bytes!("jxl/float.jxl");
const ALPHA: &[u8] = include_bytes!("jxl/alpha.jxl");
/// A JPEG, with EXIF that says that it is to be turned, in a form from which it can be made again.
const TURNED: &[u8] = include_bytes!("jxl/turned.jxl");
const MOVING: &[u8] = include_bytes!("jxl/moving.jxl");

fn jxl(picture: impl Into<DynamicImage>, quality: u8) -> Vec<u8> {
    let quality = Quality::try_from(quality).unwrap().into();
    let options = Options { quality, effort: Effort::Fast, ..options(OutputFormat::Jxl) };
    output(&file(picture, Known::Png), &options).unwrap().bytes
}

fn pixels(jxl: &[u8]) -> RgbaImage {
    decoded(&output(jxl, &options(OutputFormat::Png)).unwrap())
}

fn mean_error(one: &RgbaImage, other: &RgbaImage) -> f64 {
    let sum: u64 = one.iter().zip(other.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / one.len() as f64
}

fn assert_color(image: &RgbaImage, (x, y): (u32, u32), expected: [u8; 3], tolerance: u8, what: &str) {
    let found = image.get_pixel(x, y).0;
    let near = found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= tolerance);
    assert!(near, "{what}: {found:?}, expected {expected:?}");
}

#[test]
fn a_photograph_becomes_a_jpeg_xl_of_its_look() {
    for effort in Effort::ALL {
        let options = Options { effort, ..options(OutputFormat::Jxl) };
        let made = output(&file(photo(131, 83), Known::Png), &options).unwrap();
        assert_eq!((made.format, made.outcome), (ImageFormat::Jxl, Outcome::Compressed));
        let pixels = pixels(&made.bytes);
        assert_eq!(pixels.dimensions(), (131, 83));
        assert!(mean_error(&pixels, &photo(131, 83)) < 6.0);
    }
}

#[test]
fn alpha_is_exact_and_grey_is_one_channel() {
    let mut see_through = photo(61, 47);
    see_through.enumerate_pixels_mut().for_each(|(x, y, pixel)| pixel[3] = (4 * x + y) as u8);
    let pixels = pixels(&jxl(see_through.clone(), 60));
    assert!(pixels.pixels().zip(see_through.pixels()).all(|(one, other)| one[3] == other[3]));

    let grey = jxl(GrayImage::from_fn(61, 47, |x, y| Luma([(2 * x + 2 * y) as u8])), 60);
    assert_eq!(probe(&grey, &Limits::default()).unwrap().channels, 1);
}

#[test]
fn the_smallest_and_the_oddest_sizes_come_back() {
    for (width, height) in [(1, 1), (1, 9), (17, 1), (2, 3), (65, 63)] {
        let pixels = pixels(&jxl(photo(width, height), 95));
        assert_eq!(pixels.dimensions(), (width, height));
        assert!(mean_error(&pixels, &photo(width, height)) < 6.0, "{width}×{height}");
    }
}

#[test]
fn without_loss_every_pixel_comes_back_and_a_drawing_needs_no_asking() {
    for original in [photo(90, 70), drawing(90, 70)] {
        let options = Options { lossless: Lossless::True, ..options(OutputFormat::Jxl) };
        let made = output(&file(original.clone(), Known::Png), &options).unwrap();
        assert_eq!(made.quality.get(), 100);
        assert!(seen(&pixels(&made.bytes)) == seen(&original));
    }
    let made = output(&file(drawing(300, 200), Known::Png), &options(OutputFormat::Jxl)).unwrap();
    assert_eq!(made.quality.get(), 100);
    assert!(seen(&pixels(&made.bytes)) == seen(&drawing(300, 200)));
}

#[test]
fn a_second_pass_changes_no_byte() {
    for quality in [40, 80] {
        let first = jxl(photo(96, 64), quality);
        for format in [OutputFormat::Jxl, OutputFormat::Same] {
            let options = Options { quality: Quality::try_from(quality).unwrap().into(), ..options(format) };
            let second = output(&first, &options).unwrap();
            assert_eq!(second.outcome, Outcome::Kept);
            assert!(second.bytes == first, "quality {quality} as {format}");
        }
    }
}

#[test]
fn what_is_kept_has_nothing_behind_its_picture() {
    let first = jxl(photo(96, 64), 80);
    let polyglot = [&first, &b"<script>alert(1)</script>"[..]].concat();
    assert!(output(&polyglot, &options(OutputFormat::Jxl)).unwrap().bytes == first);
    let mut boxed = b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl ".to_vec();
    boxed.extend((polyglot.len() as u32 + 8).to_be_bytes());
    boxed.extend(b"jxlc");
    boxed.extend(&polyglot);
    boxed.extend(b"\0\0\0\x0bjunk???trailing");
    let kept = output(&boxed, &options(OutputFormat::Jxl)).unwrap();
    assert!(kept.bytes == first);
    assert!(kept.removed.contains(&Removed::Other) && kept.removed.contains(&Removed::TrailingData));
}

#[test]
fn the_highest_quality_that_fits_is_taken() {
    let input = file(photo(120, 80), Known::Png);
    let whole = output(&input, &options(OutputFormat::Jxl)).unwrap();
    let limit = whole.bytes.len() as u64 * 3 / 4;
    let max_bytes = Some(limit.try_into().unwrap());
    let fitting = output(&input, &Options { max_bytes, ..options(OutputFormat::Jxl) }).unwrap();
    assert!(fitting.bytes.len() as u64 <= limit && fitting.quality < whole.quality);
    let max_bytes = Some(20.try_into().unwrap());
    let refused = output(&input, &Options { max_bytes, ..options(OutputFormat::Jxl) });
    assert!(matches!(refused, Err(Error::TargetUnreachable { .. })));
}

#[test]
fn a_look_is_found() {
    let quality = "ssim2:75".parse().unwrap();
    let made = output(&file(photo(160, 120), Known::Png), &Options { quality, ..options(OutputFormat::Jxl) });
    let made = made.unwrap();
    assert!((73.0..85.0).contains(&made.score.unwrap()), "{:?}", made.score);
}

#[test]
fn auto_chooses_it_only_where_it_may_and_is_the_smallest() {
    let input = file(photo(160, 120), Known::Png);
    let auto = options(OutputFormat::Auto);
    let without = output(&input, &auto).unwrap();
    let with = output(&input, &Options { jxl: true, ..auto }).unwrap();
    let alone = output(&input, &options(OutputFormat::Jxl)).unwrap();
    assert!(without.format != ImageFormat::Jxl && with.bytes.len() <= without.bytes.len());
    assert_eq!(with.format == ImageFormat::Jxl, alone.bytes.len() < without.bytes.len());
    let again = output(&with.bytes, &Options { jxl: true, ..auto }).unwrap();
    assert!(again.bytes == with.bytes);
}

#[test]
fn auto_codes_a_coarse_jpeg_anew_without_loss_where_jpeg_xl_is_accepted() {
    let input = jpeg(&Picture::photo(256, 192), Coding { quality: 40, ..Coding::default() });
    let auto = options(OutputFormat::Auto);
    let without = output(&input, &auto).unwrap();
    assert_eq!((without.format, without.outcome), (ImageFormat::Jpeg, Outcome::Kept));
    let with = output(&input, &Options { jxl: true, ..auto }).unwrap();
    assert_eq!((with.format, with.quality.get()), (ImageFormat::Jxl, 100));
    assert!(with.bytes.len() < without.bytes.len());
}

#[test]
fn coefficients_of_a_jpeg_are_coded_anew_without_loss_and_in_fewer_bytes() {
    let picture = Picture::photo(256, 192);
    let options = Options { lossless: Lossless::True, ..options(OutputFormat::Jxl) };
    let colored = [false, true].map(|progressive| {
        let coding = Coding { quality: 80, progressive, ..Coding::default() };
        jpeg(&picture, coding)
    });
    let grey = jpeg_of(&picture.grey(), &picture, jpeg_encoder::ColorType::Luma, Coding::default());
    for input in colored.into_iter().chain([grey]) {
        let made = output(&input, &options).unwrap();
        assert_eq!((made.format, made.quality.get()), (ImageFormat::Jxl, 100));
        assert!(made.bytes.len() < input.len() * 9 / 10, "{} of {}", made.bytes.len(), input.len());
        let expected = Decoded::of(&input);
        let rgb = DynamicImage::from(pixels(&made.bytes));
        let found =
            if expected.components == 1 { rgb.to_luma8().into_raw() } else { rgb.to_rgb8().into_raw() };
        // Decoders make their own of half-size chroma.
        assert!(expected.mean_difference(&found) < 1.5, "{}", expected.mean_difference(&found));
        assert!(made.bytes.windows(4).any(|name| name == b"jbrd"), "its bytes can be made again");
    }
}

#[test]
fn a_jpeg_as_coarse_as_asked_is_coded_anew_without_loss() {
    let input = jpeg(&Picture::photo(256, 192), Coding { quality: 40, ..Coding::default() });
    let made = output(&input, &options(OutputFormat::Jxl)).unwrap();
    assert_eq!((made.format, made.quality.get()), (ImageFormat::Jxl, 100));
    let look = Options { quality: "auto:low".parse().unwrap(), ..options(OutputFormat::Jxl) };
    let _found = output(&input, &look).unwrap();
}

#[test]
fn a_jpeg_of_inks_is_coded_by_its_pixels() {
    let picture = Picture::photo(64, 48);
    let inks = picture.rgba(|at| (at % 200) as u8);
    let input = jpeg_of(&inks, &picture, jpeg_encoder::ColorType::Cmyk, Coding::default());
    let options = Options { lossless: Lossless::True, ..options(OutputFormat::Jxl) };
    let made = output(&input, &options).unwrap();
    let as_png = output(&input, &Options { format: OutputFormat::Png, ..options }).unwrap();
    assert!(pixels(&made.bytes) == decoded(&as_png));
}

#[test]
fn a_jpeg_that_is_to_be_turned_is_still_turned_afterwards_and_once() {
    let picture = Picture::quarters(96, 64);
    let turned = [b"Exif\0\0".as_slice(), &exif(6)].concat();
    let input = with_segment(&jpeg(&picture, Coding::default()), 0xe1, &turned);
    let expected = decoded(&output(&input, &options(OutputFormat::Png)).unwrap());
    for metadata in [Metadata::Strip, Metadata::Keep] {
        let options = Options { lossless: Lossless::True, metadata, ..options(OutputFormat::Jxl) };
        let made = output(&input, &options).unwrap();
        assert_eq!((made.width, made.height), (64, 96));
        assert!(mean_error(&pixels(&made.bytes), &expected) < 2.0);
    }
}

#[test]
fn files_of_other_encoders_have_the_colours_that_they_state() {
    // White of paper and a grey card, as in transform/color/hdr.rs.
    for (name, input) in [("PQ", PQ), ("HLG", HLG)] {
        let image = pixels(input);
        assert_color(&image, (4, 8), [243; 3], 2, name);
        assert_color(&image, (20, 8), [101; 3], 4, name);
    }
    // Display P3's (184, 63, 57).
    assert_color(&pixels(P3), (3, 3), [200, 50, 50], 2, "P3");
    assert_color(&pixels(TEN_BITS), (10, 4), [100, 60, 128], 1, "ten bits");
    let grey = (10 * 16 + 4) * 10 * 255 / 4095;
    assert_color(&pixels(TWELVE_BITS), (10, 4), [grey as u8; 3], 1, "twelve bits");
    // Linear light of 0.2158605 is 128 of 255.
    assert_color(&pixels(FLOAT), (4, 8), [128, 0, 255], 1, "floating point");
    assert_color(&pixels(FLOAT), (20, 8), [128, 0, 128], 1, "floating point");
    let alpha = pixels(ALPHA);
    assert_eq!(alpha.get_pixel(7, 5).0, [70, 75, 200, 77]);
}

#[test]
fn a_file_is_turned_as_its_codestream_says_and_its_exif_is_carried() {
    let info = probe(TURNED, &Limits::default()).unwrap();
    assert_eq!((info.shown_size(), info.orientation.exif()), ((32, 48), 6));
    let options = Options { metadata: Metadata::Copyright, ..options(OutputFormat::Webp) };
    let made = output(TURNED, &options).unwrap();
    assert_eq!((made.width, made.height), (32, 48));
    // What was on the left is above.
    let image = image::load_from_memory(&made.bytes).unwrap().into_rgba8();
    assert_color(&image, (16, 6), [220, 40, 40], 12, "above");
    assert_color(&image, (16, 42), [30, 60, 200], 12, "below");
    assert!(made.bytes.windows(4).any(|part| part == b"mine"));
}

#[test]
fn the_first_picture_of_an_animation_is_used_and_it_is_said() {
    for format in [OutputFormat::Png, OutputFormat::Jxl, OutputFormat::Same] {
        let made = output(MOVING, &options(format)).unwrap();
        assert_eq!(made.notes, [Note::FramesDropped]);
        let shown = if made.format == ImageFormat::Jxl { pixels(&made.bytes) } else { decoded(&made) };
        assert_eq!(shown.dimensions(), (20, 14));
        assert_color(&shown, (9, 9), [255, 0, 0], 4, "first");
    }
}

#[test]
fn a_profile_that_is_kept_says_the_same() {
    let p3 = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let input = png_with_icc(&Picture::quarters(48, 32), &p3);
    let converted = decoded(&output(&input, &options(OutputFormat::Png)).unwrap());
    for lossless in [Lossless::Auto, Lossless::True] {
        let options = Options { color: ColorSpace::Keep, lossless, ..options(OutputFormat::Jxl) };
        let made = output(&input, &options).unwrap();
        assert!(!made.removed.contains(&Removed::Profile));
        assert!(mean_error(&pixels(&made.bytes), &converted) < 3.0, "{lossless}");
    }
}

#[test]
fn a_cut_file_is_corrupt_wherever_it_is_cut() {
    let photo = jxl(photo(96, 64), 80);
    for (name, whole) in [("ours", &photo[..]), ("alpha", ALPHA), ("boxes", TURNED)] {
        let end = whole.len() - 1;
        for length in (12..end).step_by((end / 40).max(1)).chain([end]) {
            match output(&whole[..length], &options(OutputFormat::Jpeg)) {
                Err(Error::Corrupt(_)) => {}
                // Boxes behind the codestream are not part of the picture.
                Ok(_) if name == "boxes" => assert!(length > whole.len() / 2, "{name} at {length}"),
                other => panic!("{name} at {length}: {:?}", other.map(|output| output.bytes.len())),
            }
        }
    }
}

#[test]
fn damage_is_an_error_or_a_picture_and_never_a_panic() {
    let photo = jxl(photo(96, 64), 80);
    let mut seed = 7_u32;
    let mut next = move |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    for whole in [&photo[..], PQ, ALPHA, TURNED, MOVING] {
        for _ in 0..60 {
            let mut damaged = whole.to_vec();
            for _ in 0..=next(3) {
                let at = next(damaged.len());
                damaged[at] ^= 1 << next(8);
            }
            if let Err(error) = output(&damaged, &options(OutputFormat::Jpeg)) {
                assert!(!matches!(error, Error::Encoder(_)), "{error:?}");
            }
        }
    }
}

#[test]
fn a_picture_over_the_limits_is_refused_by_its_header() {
    let whole = jxl(photo(96, 64), 80);
    let limits = Limits { max_pixels: 96 * 64 - 1, ..Limits::default() };
    assert!(matches!(probe(&whole, &limits), Err(Error::TooLarge(TooLarge::Pixels { .. }))));
    let limits = Limits { max_side: 95, ..Limits::default() };
    assert!(matches!(probe(&whole, &limits), Err(Error::TooLarge(TooLarge::Side { .. }))));
    // 40,000 × 30,000 pixels in the size field of the header (ISO/IEC 18181-1, D.2), and no more.
    let mut bits = Bits::default();
    bits.put(0x0aff, 16);
    bits.put(0, 1);
    bits.put(3, 2);
    bits.put(29_999, 30);
    bits.put(0, 3);
    bits.put(3, 2);
    bits.put(39_999, 30);
    bits.put(1, 1);
    bits.put(0, 60);
    let refused = probe(&bits.0, &Limits::default());
    assert!(matches!(refused, Err(Error::TooLarge(_))), "{refused:?}");
}

/// Bits from the lowest of each byte.
#[derive(Default)]
struct Bits(Vec<u8>, u8);

impl Bits {
    fn put(&mut self, value: u64, count: u8) {
        for at in 0..count {
            if self.1 == 0 {
                self.0.push(0);
            }
            let bit = u8::from(value >> at & 1 == 1) << self.1;
            *self.0.last_mut().unwrap() |= bit;
            self.1 = (self.1 + 1) % 8;
        }
    }
}
