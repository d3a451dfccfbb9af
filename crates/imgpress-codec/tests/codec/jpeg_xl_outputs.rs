//! JPEG XL as an output: what libjxl encodes is read by a decoder that has no part in making it, and a JPEG is made again
//! by `djxl`.

use image::{DynamicImage, GrayImage, ImageFormat as Known, Luma, RgbaImage};
use imgpress_codec::options::{
    ColorSpace, Effort, ImageFormat, Lossless, Metadata, Options, OutputFormat, Quality,
};
use imgpress_codec::{Error, Limits, Note, Outcome, Removed, probe};

use crate::fixtures::{
    Coding, Decoded, Picture, display_p3, exif, jpeg, jpeg_of, png_with_icc, with_segment,
};
use crate::jpeg_xl::{MOVING, assert_color, pixels};
use crate::outputs::{decoded, drawing, file, options, output, photo, seen};

fn jxl(picture: impl Into<DynamicImage>, quality: u8) -> Vec<u8> {
    let quality = Quality::try_from(quality).unwrap().into();
    let options = Options { quality, effort: Effort::Fast, ..options(OutputFormat::Jxl) };
    output(&file(picture, Known::Png), &options).unwrap().bytes
}

fn mean_error(one: &RgbaImage, other: &RgbaImage) -> f64 {
    let sum: u64 = one.iter().zip(other.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / one.len() as f64
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
fn a_profile_that_is_kept_says_the_same() {
    let input = png_with_icc(&Picture::quarters(48, 32), &display_p3());
    let converted = decoded(&output(&input, &options(OutputFormat::Png)).unwrap());
    for lossless in [Lossless::Auto, Lossless::True] {
        let quality = Quality::try_from(95).unwrap().into();
        let options = Options { color: ColorSpace::Keep, lossless, quality, ..options(OutputFormat::Jxl) };
        let made = output(&input, &options).unwrap();
        assert!(!made.removed.contains(&Removed::Profile));
        let error = mean_error(&pixels(&made.bytes), &converted);
        assert!(error < 3.0, "{lossless}: {error}");
    }
}

#[test]
fn the_first_picture_of_an_animation_is_coded() {
    for format in [OutputFormat::Jxl, OutputFormat::Same] {
        let made = output(MOVING, &options(format)).unwrap();
        assert_eq!((made.format, &made.notes[..]), (ImageFormat::Jxl, &[Note::FramesDropped][..]));
        let shown = pixels(&made.bytes);
        assert_eq!(shown.dimensions(), (20, 14));
        assert_color(&shown, (9, 9), [255, 0, 0], 4, "first");
    }
}

/// What `djxl`, of Debian's libjxl-tools, makes a JPEG again from.
fn djxl(file: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("in.jxl"), folder.path().join("out.jpg"));
    std::fs::write(&from, file).unwrap();
    let done =
        std::process::Command::new("djxl").args([&from, &to]).output().expect("djxl (Debian: libjxl-tools)");
    let words = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && words.contains("Reconstructed to JPEG"), "{words}");
    std::fs::read(to).unwrap()
}

#[test]
fn a_jpeg_without_metadata_is_made_again_byte_by_byte() {
    let picture = Picture::photo(200, 152);
    let options = Options { lossless: Lossless::True, ..options(OutputFormat::Jxl) };
    for progressive in [false, true] {
        let input = jpeg(&picture, Coding { quality: 85, progressive, ..Coding::default() });
        let made = output(&input, &options).unwrap();
        assert!(made.bytes.len() < input.len());
        assert!(djxl(&made.bytes) == input, "progressive {progressive}");
    }
}

#[test]
fn a_jpeg_with_metadata_is_made_again_without_them() {
    let bare = jpeg(&Picture::photo(200, 152), Coding::default());
    let position = [b"Exif\0\0".as_slice(), &exif(1)].concat();
    let input = with_segment(&with_segment(&bare, 0xe1, &position), 0xfe, b"a comment");
    let options = Options { lossless: Lossless::True, ..options(OutputFormat::Jxl) };
    let made = output(&input, &options).unwrap();
    assert!(djxl(&made.bytes) == bare);
    assert!(made.removed.contains(&Removed::Exif) && made.removed.contains(&Removed::Comment));
}

#[test]
fn a_jpeg_that_was_coded_anew_and_is_compressed_again_stays() {
    let input = jpeg(&Picture::photo(200, 152), Coding { quality: 60, ..Coding::default() });
    let options = Options { lossless: Lossless::True, ..options(OutputFormat::Jxl) };
    let first = output(&input, &options).unwrap();
    for lossless in [Lossless::True, Lossless::Auto] {
        let again = output(&first.bytes, &Options { lossless, ..options }).unwrap();
        assert!(again.bytes.len() <= first.bytes.len(), "{lossless}");
        assert!(pixels(&again.bytes) == pixels(&first.bytes), "{lossless}");
    }
}
