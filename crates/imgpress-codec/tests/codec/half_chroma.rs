//! Pictures whose colours chroma at half size would change: WebP has no other with loss.

use image::{ImageFormat as Known, Rgba, RgbaImage};
use imgpress_codec::options::{ImageFormat, Options, OutputFormat, Quality};
use imgpress_codec::{Budget, Error, Limits, Verify, compress_verified, probe};

use jpeg_encoder::SamplingFactor;

use crate::fixtures::{Coding, Decoded, Picture, jpeg, png_rgb};
use crate::moving::{Step, apng, shown};
use crate::outputs::{decoded, file, options, output};

/// Columns of black and of green with some grain, as a CMYK JPEG among libvips' tests has them: one half of the pixels has
/// all of the colour.
fn columns(width: u32, height: u32, grain: u8) -> RgbaImage {
    let mut noise = 1_u32;
    RgbaImage::from_fn(width, height, |x, _| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [value, ..] = noise.to_be_bytes();
        if x % 2 == 0 { Rgba([0, 0, 0, 255]) } else { Rgba([value % grain, 255 - value % grain, 0, 255]) }
    })
}

fn opaque(picture: &RgbaImage) -> Vec<u8> {
    file(image::DynamicImage::from(picture.clone()).into_rgb8(), Known::Png)
}

#[test]
fn columns_of_black_and_green_keep_their_colours_as_webp() {
    let picture = columns(320, 240, 40);
    for input in [opaque(&picture), file(picture.clone(), Known::Png)] {
        for quality in ["30", "60", "80", "97", "auto"] {
            let asked = Options { quality: quality.parse().unwrap(), ..options(OutputFormat::Webp) };
            let made = output(&input, &asked).unwrap_or_else(|error| panic!("{quality}: {error}"));
            assert_eq!(made.quality, Quality::MAX, "{quality}");
            assert!(decoded(&made) == picture, "{quality}");
        }
    }
}

#[test]
fn noise_is_coded_with_loss_all_the_same() {
    let made = output(&png_rgb(&Picture::noise(320, 240)), &options(OutputFormat::Webp)).unwrap();
    assert_eq!(made.quality, Quality::default());
}

#[test]
fn the_smallest_file_of_them_is_one_with_their_colours() {
    let picture = columns(320, 240, 40);
    let made = output(&opaque(&picture), &options(OutputFormat::Auto)).unwrap();
    let pixels: Vec<_> = match made.format {
        ImageFormat::Jpeg => Decoded::of(&made.bytes).pixels,
        _ => image::DynamicImage::from(decoded(&made)).into_rgb8().into_raw(),
    };
    let mean = |channel: usize| {
        let values = pixels.iter().skip(channel).step_by(3);
        values.map(|value| f64::from(*value)).sum::<f64>() / (320.0 * 240.0)
    };
    let (red, green) = (mean(0), mean(1));
    assert!((red - 9.75).abs() < 3.0 && (green - 117.75).abs() < 3.0, "{red} {green}");
}

#[test]
fn a_size_that_they_have_only_without_their_colours_is_refused() {
    let input = opaque(&columns(320, 240, 40));
    let whole = output(&input, &options(OutputFormat::Webp)).unwrap().bytes.len();
    let max_bytes = (whole as u64 - 1).try_into().ok();
    let refused = output(&input, &Options { max_bytes, ..options(OutputFormat::Webp) });
    assert!(matches!(refused, Err(Error::TargetUnreachable { smallest, .. }) if smallest == whole as u64));
}

#[test]
fn frames_of_columns_keep_their_colours() {
    let pictures = [columns(160, 120, 40), columns(160, 120, 60), columns(160, 120, 50)];
    let steps: Vec<_> = pictures.iter().map(|picture| Step::whole(picture.clone(), 50)).collect();
    let made = output(&apng(&steps, 0, None), &options(OutputFormat::Webp)).unwrap();
    let frames = shown(&made.bytes);
    assert_eq!(frames.len(), 3);
    for ((frame, _), picture) in frames.iter().zip(&pictures) {
        for channel in 0..3 {
            let mean = |image: &RgbaImage| {
                image.pixels().map(|pixel| f64::from(pixel.0[channel])).sum::<f64>() / (160.0 * 120.0)
            };
            let off = (mean(frame) - mean(picture)).abs();
            assert!(off < 8.0, "{channel} is off by {off}");
        }
    }
}

/// What is too large to be coded without loss is looked at in no check: it would be given out in other colours.
#[test]
fn columns_that_are_too_many_to_be_coded_without_loss_are_refused() {
    let picture = columns(4200, 2100, 255);
    let limits = Limits::default();
    let input = opaque(&picture);
    let asked = options(OutputFormat::Webp);
    assert!(probe(&input, &limits).unwrap().working_set_for(&asked, &limits).is_ok());
    let made = |options| compress_verified(&input, options, &limits, &Budget::unlimited(), Verify::Auto);
    let refused = made(&asked).err().unwrap();
    assert!(matches!(refused, Error::TooLarge(_)), "{refused}");
    assert!(refused.to_string().contains("colours"), "{refused}");
    assert_eq!(made(&options(OutputFormat::Auto)).unwrap().format, ImageFormat::Jpeg);
}

/// Its luma still changes from pixel to pixel: what chroma at half size has cut off is cut off once more.
#[test]
fn a_jpeg_that_has_lost_such_colours_loses_no_more() {
    let jpeg_of = |width: u16, height: u16| {
        let grain = Picture::noise(width, height);
        let value =
            |x: u16, y: u16| grain.rgb[(usize::from(y) * usize::from(width) + usize::from(x)) * 3] / 3;
        let black_and_yellow =
            |x, y| if matches!(x % 4, 0 | 3) { [0; 3] } else { [255, 255 - value(x, y), 0] };
        let coding = Coding { quality: 95, sampling: SamplingFactor::F_2_2, ..Coding::default() };
        jpeg(&Picture::new(width, height, black_and_yellow), coding)
    };
    let small = output(&jpeg_of(320, 240), &options(OutputFormat::Webp)).unwrap();
    assert_eq!(small.quality, Quality::MAX);
    let large = output(&jpeg_of(1200, 1000), &options(OutputFormat::Webp)).err().unwrap().to_string();
    assert!(large.contains("1048576") && large.contains("colours"), "{large}");
}
