//! Outputs of formats other than JPEG, read by decoders that are not the encoder's.

use image::{DynamicImage, ImageFormat as Known, Rgba, RgbaImage};
use imgpress_codec::options::{ImageFormat, Options, OutputFormat, Quality};
use imgpress_codec::{Budget, Error, Limits, Note, Outcome, Output, Verify, compress_verified};

/// A photograph as far as encoders can tell: soft shapes and grain.
pub(crate) fn photo(width: u32, height: u32) -> RgbaImage {
    let mut noise = 1_u32;
    RgbaImage::from_fn(width, height, |x, y| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let wave = |across: f32, down: f32| {
            let at = (x as f32 / across).sin() + (y as f32 / down).cos();
            (at * 55.0 + 128.0 + (noise >> 28) as f32) as u8
        };
        Rgba([wave(31.0, 17.0), wave(23.0, 41.0), wave(53.0, 29.0), 255])
    })
}

/// Flat areas with sharp edges, some of them to be seen through.
pub(crate) fn drawing(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| match (x / 24 + y / 24) % 4 {
        0 => Rgba([240, 240, 255, 255]),
        1 => Rgba([20, 40, 160, 255]),
        2 => Rgba([200, 30, 30, 128]),
        _ => Rgba([0, 0, 0, 0]),
    })
}

pub(crate) fn file(image: impl Into<DynamicImage>, format: Known) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub(crate) fn options(format: OutputFormat) -> Options {
    Options { format, ..Options::default() }
}

pub(crate) fn output(input: &[u8], options: &Options) -> Result<Output, Error> {
    compress_verified(input, options, &Limits::default(), &Budget::unlimited(), Verify::Always)
}

pub(crate) fn decoded(output: &Output) -> RgbaImage {
    let format = match output.format {
        ImageFormat::Webp => Known::WebP,
        ImageFormat::Png => Known::Png,
        other => panic!("{other}"),
    };
    image::load_from_memory_with_format(&output.bytes, format).unwrap().into_rgba8()
}

/// Without the colour of what cannot be seen.
pub(crate) fn seen(image: &RgbaImage) -> Vec<Rgba<u8>> {
    image.pixels().map(|pixel| if pixel[3] == 0 { Rgba([0; 4]) } else { *pixel }).collect()
}

#[cfg(feature = "webp")]
mod webp {
    use super::*;

    fn mean_error(one: &RgbaImage, other: &RgbaImage) -> f64 {
        let sum: u64 = one.iter().zip(other.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        sum as f64 / one.len() as f64
    }

    #[test]
    fn a_photograph_becomes_a_webp_of_its_look() {
        let picture = photo(301, 203);
        let made = output(&file(picture.clone(), Known::Png), &options(OutputFormat::Webp)).unwrap();
        assert_eq!((made.format, made.outcome), (ImageFormat::Webp, Outcome::Compressed));
        assert_eq!(made.quality, Quality::default());
        let decoded = decoded(&made);
        assert_eq!(decoded.dimensions(), (301, 203));
        assert!(mean_error(&decoded, &picture) < 6.0);
    }

    #[test]
    fn alpha_is_exact_with_loss_and_without() {
        let mut see_through = photo(211, 97);
        see_through.enumerate_pixels_mut().for_each(|(x, y, pixel)| pixel[3] = (x + y) as u8);
        let made = output(&file(see_through.clone(), Known::Png), &options(OutputFormat::Webp)).unwrap();
        assert_eq!(made.quality, Quality::default(), "with loss");
        assert!(decoded(&made).pixels().zip(see_through.pixels()).all(|(one, other)| one[3] == other[3]));

        let made = output(&file(drawing(211, 97), Known::Png), &options(OutputFormat::Webp)).unwrap();
        assert_eq!(made.quality, Quality::MAX, "without loss");
        assert_eq!(seen(&decoded(&made)), seen(&drawing(211, 97)));
    }

    #[test]
    fn a_second_pass_changes_no_byte() {
        for picture in [photo(320, 240), drawing(320, 240)] {
            for quality in [30, 60, 80, 95] {
                let quality = Quality::try_from(quality).unwrap();
                let options = Options { quality: quality.into(), ..options(OutputFormat::Webp) };
                let first = output(&file(picture.clone(), Known::Png), &options).unwrap();
                for format in [OutputFormat::Webp, OutputFormat::Same] {
                    let second = output(&first.bytes, &Options { format, ..options }).unwrap();
                    assert_eq!(second.outcome, Outcome::Kept);
                    assert!(second.bytes == first.bytes, "{quality:?} as {format}");
                }
            }
        }
    }

    #[test]
    fn a_webp_without_loss_stays_without_where_the_same_is_asked_for() {
        let picture = photo(160, 120);
        let input = file(picture.clone(), Known::WebP);
        let same = output(&input, &options(OutputFormat::Same)).unwrap();
        assert_eq!(decoded(&same), picture);
        assert!(same.bytes.len() <= input.len());
        let webp = output(&input, &options(OutputFormat::Webp)).unwrap();
        assert!(webp.bytes.len() < same.bytes.len() / 2, "with loss");
    }

    #[test]
    fn a_side_that_webp_does_not_have_is_refused() {
        let long = file(image::GrayImage::new(16_384, 1), Known::Png);
        let refused = output(&long, &options(OutputFormat::Webp)).unwrap_err().to_string();
        assert!(refused.contains("16383"), "{refused}");
    }

    #[test]
    fn the_highest_quality_that_fits_is_taken() {
        let input = file(photo(300, 200), Known::Png);
        let whole = output(&input, &options(OutputFormat::Webp)).unwrap();
        let limit = whole.bytes.len() as u64 * 2 / 3;
        let max_bytes = Some(limit.try_into().unwrap());
        let fitting = output(&input, &Options { max_bytes, ..options(OutputFormat::Webp) }).unwrap();
        assert!(fitting.bytes.len() as u64 <= limit && fitting.quality < whole.quality);
        let max_bytes = Some(40.try_into().unwrap());
        let refused = output(&input, &Options { max_bytes, ..options(OutputFormat::Webp) });
        assert!(matches!(refused, Err(Error::TargetUnreachable { .. })));
    }
}

#[cfg(not(feature = "webp"))]
#[test]
fn a_format_that_is_not_built_is_refused_with_those_that_are() {
    let refused = output(b"", &options(OutputFormat::Webp)).unwrap_err().to_string();
    assert!(refused.contains("webp") && refused.contains("jpeg, png, same or auto"), "{refused}");
}

mod png {
    use super::*;

    #[test]
    fn every_pixel_comes_back() {
        let drawn = drawing(97, 61);
        let grey = DynamicImage::from(photo(97, 61)).into_luma8();
        let pictures: [DynamicImage; 4] =
            [photo(97, 61).into(), drawn.into(), grey.into(), RgbaImage::new(1, 1).into()];
        for picture in pictures {
            for (format, known) in [(OutputFormat::Png, Known::Bmp), (OutputFormat::Same, Known::Png)] {
                let made = output(&file(picture.clone(), known), &options(format)).unwrap();
                assert_eq!((made.format, made.quality), (ImageFormat::Png, Quality::MAX));
                assert_eq!(decoded(&made), picture.to_rgba8());
            }
        }
    }

    /// 67 bytes are as few as a PNG has. What a damaged checksum keeps from being kept was 70.
    #[test]
    fn a_png_of_one_pixel_is_as_small_as_any() {
        for value in [0, 255] {
            let input = file(RgbaImage::from_pixel(1, 1, Rgba([value, value, value, 255])), Known::Bmp);
            let made = output(&input, &options(OutputFormat::Png)).unwrap();
            assert_eq!(made.bytes.len(), 67, "{value}");
            let pixel = image::load_from_memory(&made.bytes).unwrap().to_rgb8();
            assert_eq!((pixel.dimensions(), pixel[(0, 0)].0), ((1, 1), [value; 3]));
        }
    }

    #[test]
    fn a_quality_that_is_asked_for_makes_few_colours_and_the_default_does_not() {
        let mut picture = photo(200, 150);
        picture.enumerate_pixels_mut().for_each(|(x, _, pixel)| pixel[3] = if x < 20 { 0 } else { 255 });
        let input = file(picture.clone(), Known::Png);
        let whole = output(&input, &options(OutputFormat::Png)).unwrap();
        assert_eq!(seen(&decoded(&whole)), seen(&picture));
        let asked = Options { quality: Quality::try_from(60).unwrap().into(), ..options(OutputFormat::Png) };
        let few = output(&input, &asked).unwrap();
        assert_eq!(few.quality, asked.quality.nominal());
        assert!(few.bytes.len() < whole.bytes.len() / 2, "{} of {}", few.bytes.len(), whole.bytes.len());
        let found = decoded(&few);
        assert!(found.pixels().zip(picture.pixels()).all(|(one, other)| one[3] == other[3]));
        let again = output(&few.bytes, &asked).unwrap();
        assert!(again.outcome == Outcome::Kept && again.bytes == few.bytes);
    }

    #[test]
    fn it_never_grows_and_a_second_pass_changes_no_byte() {
        for picture in [photo(97, 61), drawing(300, 200)] {
            let input = file(picture, Known::Png);
            let first = output(&input, &options(OutputFormat::Same)).unwrap();
            assert!(first.bytes.len() <= input.len());
            for format in [OutputFormat::Png, OutputFormat::Same] {
                let second = output(&first.bytes, &options(format)).unwrap();
                assert_eq!(second.outcome, Outcome::Kept);
                assert!(second.bytes == first.bytes);
            }
        }
    }

    #[test]
    fn sixteen_bits_become_eight() {
        let wide = image::ImageBuffer::from_fn(40, 30, |x, y| {
            image::Rgb([(x * 1500) as u16, (y * 2000) as u16, (x * y * 50) as u16])
        });
        let wide = DynamicImage::ImageRgb16(wide);
        let made = output(&file(wide.clone(), Known::Png), &options(OutputFormat::Png)).unwrap();
        let found = image::load_from_memory(&made.bytes).unwrap();
        assert_eq!(found.color().bits_per_pixel() / u16::from(found.color().channel_count()), 8);
        assert_eq!(found.to_rgb8(), wide.to_rgb8());
    }

    #[test]
    fn a_size_that_no_loss_reaches_is_refused() {
        let input = file(photo(97, 61), Known::Png);
        let max_bytes = Some(2000.try_into().unwrap());
        let refused = output(&input, &Options { max_bytes, ..options(OutputFormat::Png) });
        assert!(matches!(refused, Err(Error::TargetUnreachable { smallest, .. }) if smallest > 2000));
    }

    #[test]
    fn a_kept_file_carries_nothing_behind_its_picture() {
        let first = output(&file(drawing(300, 200), Known::Png), &options(OutputFormat::Png)).unwrap();
        let end = first.bytes.len() - 12;
        let text = b"\0\0\0\x0atEXtComment\0hi\xe5\x0d\x68\x1a";
        let mut input = [&first.bytes[..end], text, &first.bytes[end..], b"PK\x03\x04 a zip"].concat();
        let kept = output(&input, &options(OutputFormat::Png)).unwrap();
        assert_eq!((kept.outcome, &kept.bytes), (Outcome::Kept, &first.bytes));
        // The length of the text is wrong now: that is no file to keep, nor to read.
        input[end + 3] = 0xff;
        assert!(output(&input, &options(OutputFormat::Png)).is_err());
    }
}

mod auto {
    use super::*;

    /// The bytes of each format that this build writes and that everybody reads.
    fn alone(input: &[u8], options: &Options) -> Vec<(OutputFormat, usize)> {
        let formats = OutputFormat::ALL.into_iter();
        let named = [OutputFormat::Avif, OutputFormat::Jxl];
        let formats = formats.filter(|format| format.fixed().is_some() && !named.contains(format));
        let made =
            formats.filter_map(|format| Some((format, output(input, &Options { format, ..*options }).ok()?)));
        made.map(|(format, made)| (format, made.bytes.len())).collect()
    }

    #[test]
    fn the_smallest_that_keeps_the_picture_is_chosen() {
        let mut see_through = photo(300, 200);
        see_through.enumerate_pixels_mut().for_each(|(x, y, pixel)| pixel[3] = (x + y) as u8);
        for (picture, has_alpha) in [(photo(300, 200), false), (drawing(300, 200), true), (see_through, true)]
        {
            let input = file(picture, Known::Png);
            let made = output(&input, &options(OutputFormat::Auto)).unwrap();
            for (format, bytes) in alone(&input, &options(OutputFormat::Auto)) {
                let takes_part = format != OutputFormat::Jpeg || !has_alpha;
                assert!(!takes_part || made.bytes.len() <= bytes, "{} is larger than {format}", made.format);
            }
            assert!(made.format != ImageFormat::Jpeg || !has_alpha);
        }
    }

    #[test]
    fn a_second_pass_changes_no_byte() {
        let opaque = DynamicImage::from(drawing(300, 200)).into_rgb8();
        let pictures: [DynamicImage; 3] = [photo(300, 200).into(), drawing(300, 200).into(), opaque.into()];
        for picture in pictures {
            for quality in [40, 80, 95] {
                let quality = Quality::try_from(quality).unwrap();
                let options = Options { quality: quality.into(), ..options(OutputFormat::Auto) };
                let first = output(&file(picture.clone(), Known::Bmp), &options).unwrap();
                let second = output(&first.bytes, &options).unwrap();
                assert!(
                    second.bytes == first.bytes,
                    "{quality:?}: {} and then {}",
                    first.format,
                    second.format
                );
            }
        }
    }

    #[test]
    fn a_limit_takes_the_format_that_keeps_the_most_within_it() {
        let input = file(photo(300, 200), Known::Png);
        let max_bytes = Some(3000.try_into().unwrap());
        let made = output(&input, &Options { max_bytes, ..options(OutputFormat::Auto) }).unwrap();
        assert!(made.bytes.len() <= 3000);
        let max_bytes = Some(30.try_into().unwrap());
        let refused = output(&input, &Options { max_bytes, ..options(OutputFormat::Auto) });
        assert!(matches!(refused, Err(Error::TargetUnreachable { smallest, limit: 30 }) if smallest > 30));
    }

    #[cfg(feature = "avif")]
    #[test]
    fn avif_takes_part_where_it_is_accepted_and_never_makes_the_file_larger() {
        for picture in [photo(300, 200), drawing(300, 200)] {
            let input = file(picture, Known::Png);
            let auto = options(OutputFormat::Auto);
            let without = output(&input, &auto).unwrap();
            let with = output(&input, &Options { avif: true, ..auto }).unwrap();
            assert!(without.format != ImageFormat::Avif && with.bytes.len() <= without.bytes.len());
            let avif = output(&input, &options(OutputFormat::Avif)).unwrap();
            let smaller = avif.bytes.len() < without.bytes.len();
            assert_eq!(with.format == ImageFormat::Avif, smaller);
            let again = output(&with.bytes, &Options { avif: true, ..auto }).unwrap();
            assert_eq!((again.format, again.bytes == with.bytes), (with.format, true));
        }
    }
}

mod look {
    use super::*;

    fn asked(format: OutputFormat, quality: &str) -> Options {
        Options { quality: quality.parse().unwrap(), ..options(format) }
    }

    #[test]
    fn a_format_with_loss_says_the_score_that_it_reached() {
        let formats = [OutputFormat::Webp, OutputFormat::Avif];
        for format in formats.into_iter().filter(|format| encoded_here(*format)) {
            // Compared as a whole, and by tiles.
            for (width, height, target) in [(300, 200, 65.0), (300, 200, 75.0), (1000, 700, 70.0)] {
                let input = file(photo(width, height), Known::Png);
                let made = output(&input, &asked(format, &format!("ssim2:{target}"))).unwrap();
                let score = made.score.unwrap();
                assert!((score - target).abs() < 2.5, "{format}: {score} for {target}");
                let fixed = Options { quality: made.quality.into(), ..options(format) };
                assert!(output(&input, &fixed).unwrap().bytes == made.bytes, "{format}");
            }
        }
    }

    #[test]
    fn the_smallest_has_the_look_too() {
        let input = file(photo(1000, 700), Known::Png);
        for target in [60.0, 70.0, 80.0] {
            let of = |format| output(&input, &asked(format, &format!("ssim2:{target}"))).unwrap();
            let (auto, jpeg) = (of(OutputFormat::Auto), of(OutputFormat::Jpeg));
            assert!(auto.bytes.len() <= jpeg.bytes.len(), "{target}");
            assert!((auto.score.unwrap() - target).abs() < 1.5, "{target}: {:?}", auto.score);
        }
    }

    #[test]
    fn what_loses_nothing_is_the_same_picture() {
        let input = file(drawing(300, 200), Known::Png);
        let made = output(&input, &asked(OutputFormat::Auto, "auto")).unwrap();
        assert_eq!((made.quality, made.score), (Quality::MAX, Some(100.0)));
    }

    #[test]
    fn a_limit_below_the_look_is_told_whichever_format_it_takes() {
        let input = file(photo(300, 200), Known::Png);
        let auto = asked(OutputFormat::Auto, "auto:high");
        let free = output(&input, &auto).unwrap();
        let max_bytes = Some((free.bytes.len() as u64 / 2).try_into().unwrap());
        let made = output(&input, &Options { max_bytes, ..auto }).unwrap();
        assert!(made.bytes.len() <= free.bytes.len() / 2 && made.score < free.score);
        assert_eq!(made.notes, [Note::MaxBytesReached]);
        for format in
            [OutputFormat::Jpeg, OutputFormat::Webp].into_iter().filter(|format| encoded_here(*format))
        {
            let alone = output(&input, &Options { max_bytes, ..asked(format, "auto:high") }).unwrap();
            assert!(made.score >= alone.score, "{format} is nearer");
        }
    }

    fn encoded_here(format: OutputFormat) -> bool {
        imgpress_codec::check_options(&options(format)).is_ok()
    }
}

#[test]
fn transparency_that_an_output_lacks_is_told_by_every_way_to_it() {
    let told = |picture: &RgbaImage, options: &Options| {
        let made = output(&file(picture.clone(), Known::Png), options).unwrap();
        made.notes.contains(&Note::TransparencyFlattened)
    };
    let jpeg = Options::default();
    let ways = [
        jpeg,
        Options { width: Some("50".parse().unwrap()), ..jpeg },
        Options { quality: "auto".parse().unwrap(), ..jpeg },
        Options { max_bytes: Some("4kB".parse().unwrap()), ..jpeg },
        Options { background: "#102030".parse().unwrap(), ..jpeg },
    ];
    for way in &ways {
        assert!(told(&drawing(97, 61), way), "{way:?}");
        assert!(!told(&photo(97, 61), way), "{way:?}");
    }
    assert!(!told(&drawing(97, 61), &options(OutputFormat::Png)));
    #[cfg(feature = "webp")]
    assert!(!told(&drawing(97, 61), &options(OutputFormat::Auto)));
}

/// All was refused for the memory of one that was only a candidate.
#[cfg(all(feature = "avif", feature = "webp"))]
#[test]
fn auto_leaves_out_what_takes_more_memory_than_there_may_be() {
    use imgpress_codec::{TooLarge, probe};

    let input = file(photo(700, 500), Known::Png);
    let auto = Options { avif: true, ..options(OutputFormat::Auto) };
    let info = probe(&input, &Limits::default()).unwrap();
    let plain = info.working_set_for(&Options { avif: false, ..auto }, &Limits::default()).unwrap();
    let tight = Limits { max_image_memory: plain, ..Limits::default() };
    assert_eq!(info.working_set_for(&auto, &tight).unwrap(), plain);
    let refused = info.working_set_for(&options(OutputFormat::Avif), &tight).unwrap_err();
    assert!(matches!(refused, Error::TooLarge(TooLarge::Memory { .. })), "{refused}");
}
