//! HEIC inputs, by the system's libheif. The files were made by heif-enc 1.15.1 of pictures of a few colours.

use image::RgbaImage;
use imgpress_codec::options::{ImageFormat, OutputFormat};
use imgpress_codec::{Error, Limits, Note, TooLarge, probe};

use crate::outputs::{decoded, options, output};

const PLAIN: &[u8] = include_bytes!("heic/plain.heic");
const ALPHA: &[u8] = include_bytes!("heic/alpha.heic");
const TEN_BITS: &[u8] = include_bytes!("heic/ten.heic");
/// The plain one, with a box that turns it a quarter against the clock put in by hand.
const TURNED: &[u8] = include_bytes!("heic/turned.heic");
/// Two pictures, the first the main one.
const TWO: &[u8] = include_bytes!("heic/two.heic");

const RED: [u8; 3] = [220, 40, 40];
const BLUE: [u8; 3] = [30, 60, 200];

fn pixels(heic: &[u8]) -> RgbaImage {
    decoded(&output(heic, &options(OutputFormat::Png)).unwrap())
}

fn assert_color(image: &RgbaImage, (x, y): (u32, u32), expected: [u8; 3], tolerance: u8, what: &str) {
    let found = image.get_pixel(x, y).0;
    let near = found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= tolerance);
    assert!(near, "{what}: {found:?}, expected {expected:?}");
}

#[test]
fn a_picture_has_its_size_and_its_colours() {
    let info = probe(PLAIN, &Limits::default()).unwrap();
    assert_eq!((info.format, info.shown_size(), info.channels), (ImageFormat::Heic, (64, 48), 3));
    let made = output(PLAIN, &options(OutputFormat::Webp)).unwrap();
    assert_eq!((made.original.format, made.format), (ImageFormat::Heic, ImageFormat::Webp));
    for image in [pixels(PLAIN), decoded(&made)] {
        assert_color(&image, (8, 24), RED, 14, "left");
        assert_color(&image, (56, 24), BLUE, 14, "right");
    }
    assert_eq!(output(PLAIN, &options(OutputFormat::Same)).unwrap().format, ImageFormat::Png);
}

#[test]
fn alpha_and_ten_bits_are_read() {
    let alpha = pixels(ALPHA);
    assert!(alpha.get_pixel(8, 8)[3] > 250 && alpha.get_pixel(8, 40)[3].abs_diff(128) < 6);
    assert_color(&alpha, (8, 8), RED, 14, "opaque");
    assert_eq!(probe(TEN_BITS, &Limits::default()).unwrap().bit_depth, 16);
    // x · 1000, y · 1300 and 32768 of 65535.
    let (x, y) = (20, 30);
    assert_color(&pixels(TEN_BITS), (x, y), [78, 152, 128], 6, "ten bits");
}

#[test]
fn the_main_picture_of_several_is_used_and_it_is_said() {
    let made = output(TWO, &options(OutputFormat::Png)).unwrap();
    assert_eq!(made.notes, [Note::FramesDropped]);
    assert_color(&decoded(&made), (56, 24), BLUE, 14, "right");
}

#[test]
fn a_picture_over_the_limits_is_refused_before_it_is_decoded() {
    let limits = Limits { max_pixels: 64 * 48 - 1, ..Limits::default() };
    assert!(matches!(probe(PLAIN, &limits), Err(Error::TooLarge(TooLarge::Pixels { .. }))));
    let limits = Limits { max_side: 63, ..Limits::default() };
    assert!(matches!(probe(PLAIN, &limits), Err(Error::TooLarge(_))));
    let at = PLAIN.windows(4).position(|name| name == b"ispe").unwrap();
    let mut huge = PLAIN.to_vec();
    huge[at + 8..at + 16].copy_from_slice(&[0, 0, 0x3f, 0xff, 0, 0, 0x3f, 0xff]);
    assert!(matches!(probe(&huge, &Limits::default()), Err(Error::TooLarge(TooLarge::Pixels { .. }))));
}

#[test]
fn cut_and_damaged_files_are_errors_or_pictures() {
    for length in (16..PLAIN.len()).step_by(9) {
        assert!(output(&PLAIN[..length], &options(OutputFormat::Jpeg)).is_err(), "{length}");
    }
    for whole in [PLAIN, ALPHA, TEN_BITS] {
        for at in (12..whole.len()).step_by(7) {
            let mut damaged = whole.to_vec();
            damaged[at] ^= 1 << (at % 8);
            if let Err(error) = output(&damaged, &options(OutputFormat::Jpeg)) {
                assert!(!matches!(error, Error::Encoder(_)), "{at}: {error:?}");
            }
        }
    }
}

#[test]
fn a_picture_is_turned_once() {
    let info = probe(TURNED, &Limits::default()).unwrap();
    assert_eq!((info.shown_size(), info.orientation.exif()), ((48, 64), 1));
    // Against the clock: what was on the right is above.
    let image = pixels(TURNED);
    assert_eq!(image.dimensions(), (48, 64));
    assert_color(&image, (24, 8), BLUE, 14, "above");
    assert_color(&image, (24, 56), RED, 14, "below");
}
