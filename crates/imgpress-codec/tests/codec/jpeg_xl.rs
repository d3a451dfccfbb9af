//! JPEG XL as an input. The files in `jxl/` were made by cjxl 0.7.0: pictures of a few colours, and a photograph.

use image::RgbaImage;
use imgpress_codec::options::{ImageFormat, Metadata, Options, OutputFormat};
use imgpress_codec::{Error, Limits, Note, TooLarge, probe};

use crate::outputs::{decoded, options, output};

const PQ: &[u8] = include_bytes!("jxl/pq.jxl");
const HLG: &[u8] = include_bytes!("jxl/hlg.jxl");
const P3: &[u8] = include_bytes!("jxl/p3.jxl");
const TEN_BITS: &[u8] = include_bytes!("jxl/ten.jxl");
const TWELVE_BITS: &[u8] = include_bytes!("jxl/twelve.jxl");
const FLOAT: &[u8] = include_bytes!("jxl/float.jxl");
const ALPHA: &[u8] = include_bytes!("jxl/alpha.jxl");
/// A JPEG, with EXIF that says that it is to be turned, in a form from which it can be made again.
const TURNED: &[u8] = include_bytes!("jxl/turned.jxl");
pub(crate) const MOVING: &[u8] = include_bytes!("jxl/moving.jxl");
/// 96 × 64 pixels.
const PHOTO: &[u8] = include_bytes!("jxl/photo.jxl");

pub(crate) fn pixels(jxl: &[u8]) -> RgbaImage {
    decoded(&output(jxl, &options(OutputFormat::Png)).unwrap())
}

pub(crate) fn assert_color(
    image: &RgbaImage,
    (x, y): (u32, u32),
    expected: [u8; 3],
    tolerance: u8,
    what: &str,
) {
    let found = image.get_pixel(x, y).0;
    let near = found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= tolerance);
    assert!(near, "{what}: {found:?}, expected {expected:?}");
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
    let options = Options { metadata: Metadata::COPYRIGHT, ..options(OutputFormat::Webp) };
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
    for format in [OutputFormat::Png, OutputFormat::Same] {
        let made = output(MOVING, &options(format)).unwrap();
        assert_eq!(made.notes, [Note::FramesDropped]);
        if made.format == ImageFormat::Png {
            let shown = decoded(&made);
            assert_eq!(shown.dimensions(), (20, 14));
            assert_color(&shown, (9, 9), [255, 0, 0], 4, "first");
        }
    }
}

#[test]
fn a_cut_file_is_corrupt_wherever_it_is_cut() {
    for (name, whole) in [("photo", PHOTO), ("alpha", ALPHA), ("boxes", TURNED)] {
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
    let mut seed = 7_u32;
    let mut next = move |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    for whole in [PHOTO, PQ, ALPHA, TURNED, MOVING] {
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
    let limits = Limits { max_pixels: 96 * 64 - 1, ..Limits::default() };
    assert!(matches!(probe(PHOTO, &limits), Err(Error::TooLarge(TooLarge::Pixels { .. }))));
    let limits = Limits { max_side: 95, ..Limits::default() };
    assert!(matches!(probe(PHOTO, &limits), Err(Error::TooLarge(TooLarge::Side { .. }))));
    // 40,000 × 30,000 pixels in the size field of the header (ISO/IEC 18181-1, D.2), and no more.
    let mut bits = Bits::default();
    bits.put(0x0aff, 16);
    bits.put(0, 1);
    bits.put(3, 2);
    bits.put(29_999, 30);
    bits.put(0, 3);
    bits.put(3, 2);
    bits.put(39_999, 30);
    // The rest of the header as it usually is, and nothing behind it.
    bits.put(3, 2);
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
