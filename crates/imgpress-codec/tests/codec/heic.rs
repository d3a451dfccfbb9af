//! HEIC inputs, by the system's libheif.
//!
//! The files are by heif-enc 1.15.1, whose pictures are grids of one tile; `grid`, `mirrored`, `clipped`, `icc` and `p3` are of its tiles
//! in boxes of another hand. The pictures beside them say what is in them by an independent decoder: ffmpeg 5.1's own of
//! HEVC, and boxes, turns and colours after the standards' words, without libheif.

use image::RgbaImage;
use imgpress_codec::options::{ImageFormat, Metadata, MetadataKind, MetadataKinds, Options, OutputFormat};
use imgpress_codec::{Budget, Error, Limits, Note, Outcome, Removed, TooLarge, probe};

use crate::outputs::{decoded, options, output};

macro_rules! fixture {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("heic/", $name, ".heic")) as &[u8],
            include_bytes!(concat!("heic/", $name, ".png")) as &[u8],
        )
    };
}

const PLAIN: &[u8] = include_bytes!("heic/plain.heic");
/// Two pictures, the first the main one, which is the plain one's.
const TWO: &[u8] = include_bytes!("heic/two.heic");
/// Four tiles that stand out of 120 × 100 pixels, a turn, EXIF that asks for another turn, and XMP; a position in both.
const GRID: &[u8] = include_bytes!("heic/grid.heic");
const PLAIN_PNG: &[u8] = include_bytes!("heic/plain.png");

fn pixels(heic: &[u8]) -> RgbaImage {
    decoded(&output(heic, &options(OutputFormat::Png)).unwrap())
}

fn expected(png: &[u8]) -> RgbaImage {
    image::load_from_memory(png).unwrap().into_rgba8()
}

/// The largest difference of two pictures of one size.
fn difference(one: &RgbaImage, other: &RgbaImage) -> u8 {
    assert_eq!(one.dimensions(), other.dimensions());
    one.iter().zip(other.iter()).map(|(one, other)| one.abs_diff(*other)).max().unwrap()
}

#[test]
fn every_pixel_is_that_of_an_independent_decoder() {
    // Profiles are computed in other steps than there.
    for ((name, heic, png), most) in [
        (fixture!("plain"), 1),
        (fixture!("alpha"), 1),
        (fixture!("ten"), 1),
        (fixture!("turned"), 1),
        (fixture!("grid"), 1),
        (fixture!("mirrored"), 1),
        (fixture!("clipped"), 1),
        (fixture!("icc"), 2),
        (fixture!("p3"), 2),
    ] {
        let found = difference(&pixels(heic), &expected(png));
        assert!(found <= most, "{name}: off by {found}");
    }
}

#[test]
fn the_header_says_what_the_picture_is() {
    for (heic, size, channels, bit_depth) in [
        (PLAIN, (64, 48), 3, 8),
        (fixture!("alpha").1, (64, 48), 4, 8),
        (fixture!("ten").1, (64, 48), 3, 16),
        (fixture!("turned").1, (48, 64), 3, 8),
        (GRID, (100, 120), 3, 8),
        (fixture!("clipped").1, (40, 50), 3, 8),
    ] {
        let info = probe(heic, &Limits::default()).unwrap();
        assert_eq!((info.format, info.shown_size()), (ImageFormat::Heic, size));
        assert_eq!((info.channels, info.bit_depth, info.frames), (channels, bit_depth, 1));
        assert_eq!(info.orientation.exif(), 1, "libheif turns it");
    }
}

#[test]
fn a_heic_becomes_any_format_and_what_keeps_it_becomes_png() {
    for (asked, made) in [(OutputFormat::Jpeg, ImageFormat::Jpeg), (OutputFormat::Same, ImageFormat::Png)] {
        let output = output(PLAIN, &options(asked)).unwrap();
        assert_eq!((output.original.format, output.format), (ImageFormat::Heic, made));
        assert_eq!(output.outcome, Outcome::Compressed);
    }
}

#[test]
fn the_main_picture_of_several_is_used_and_it_is_said() {
    let made = output(TWO, &options(OutputFormat::Png)).unwrap();
    assert_eq!(made.notes, [Note::FramesDropped]);
    assert!(difference(&decoded(&made), &expected(PLAIN_PNG)) <= 1);
}

fn has(file: &[u8], what: &[u8]) -> bool {
    file.windows(what.len()).any(|bytes| bytes == what)
}

#[test]
fn no_position_gets_out_unless_it_is_asked_for() {
    // 52°30′ in fractions.
    let position = b"\x34\0\0\0\x01\0\0\0\x1e\0\0\0\x01\0\0\0";
    assert!(has(GRID, position) && has(GRID, b"GPSLatitude"));
    let location = Metadata::Chosen(MetadataKinds::of([MetadataKind::Location]).unwrap());
    for (metadata, has_position, has_rights) in [
        (Metadata::Strip, false, false),
        (Metadata::COPYRIGHT, false, true),
        (location, true, false),
        (Metadata::Keep, true, true),
    ] {
        let made = output(GRID, &Options { metadata, ..Options::default() }).unwrap();
        assert_eq!(has(&made.bytes, position), has_position, "{metadata:?}");
        assert_eq!(has(&made.bytes, b"mine alone"), has_rights, "{metadata:?}");
        assert_eq!(has(&made.bytes, b"GPSLatitude"), has_position, "{metadata:?}");
        assert_eq!(made.removed.contains(&Removed::Gps), !has_position, "{metadata:?}: {:?}", made.removed);
        // It has been turned once, and nobody is to turn it again.
        assert_eq!((made.width, made.height), (100, 120));
        assert!(!has(&made.bytes, b"\x12\x01\x03\0\x01\0\0\0\x06\0"), "{metadata:?}");
    }
}

#[test]
fn what_phones_write_behind_the_boxes_goes_and_it_is_said() {
    let plain = output(PLAIN, &Options::default()).unwrap();
    assert_eq!(plain.removed, []);
    for trailer in [&b"SEFHk\0\0\0\x01\0\0\0SEFT"[..], b"\xff"] {
        let made = output(&[PLAIN, trailer].concat(), &Options::default()).unwrap();
        assert!(made.bytes == plain.bytes);
        assert_eq!(made.removed, [Removed::TrailingData]);
    }
    // A second box of that name, in whatever way it is hidden.
    for hidden in [&b"\0\0\0\x08meta"[..], b"\0\0\0\x04SEFH\0\0\0\x08meta", b"\0\0\0\x09meta"] {
        let refused = output(&[PLAIN, hidden].concat(), &Options::default());
        assert!(matches!(refused, Err(Error::Corrupt(_))), "{hidden:?}");
    }
}

/// Where the content of each box of a kind begins.
fn places(file: &[u8], kind: &[u8; 4]) -> Vec<usize> {
    file.windows(4).enumerate().filter(|(_, name)| name == kind).map(|(at, _)| at + 4).collect()
}

#[test]
fn a_picture_over_the_limits_is_refused_before_it_is_decoded() {
    let limits = Limits { max_pixels: 64 * 48 - 1, ..Limits::default() };
    assert!(matches!(probe(PLAIN, &limits), Err(Error::TooLarge(TooLarge::Pixels { .. }))));
    let limits = Limits { max_side: 63, ..Limits::default() };
    assert!(matches!(probe(PLAIN, &limits), Err(Error::TooLarge(TooLarge::Side { .. }))));
    // The tile that is decoded counts as the picture does that is cut out of it.
    let limits = Limits { max_pixels: 64 * 64 - 1, ..Limits::default() };
    assert!(matches!(probe(PLAIN, &limits), Err(Error::TooLarge(TooLarge::Pixels { .. }))));
    let limits = Limits { max_image_memory: 30_000, ..Limits::default() };
    assert!(matches!(probe(PLAIN, &limits), Err(Error::TooLarge(TooLarge::Memory { .. }))));
}

#[test]
fn a_size_that_one_box_alone_claims_is_refused_by_the_header() {
    let sizes = places(PLAIN, b"ispe");
    assert_eq!(sizes.len(), 2, "of the tile, and of the picture");
    for at in sizes {
        for (side, is_too_large) in [(0x3fff_u32, true), (0, false), (128, false), (u32::MAX, true)] {
            let mut claiming = PLAIN.to_vec();
            claiming[at + 4..at + 8].copy_from_slice(&side.to_be_bytes());
            claiming[at + 8..at + 12].copy_from_slice(&side.to_be_bytes());
            match probe(&claiming, &Limits::default()) {
                Err(Error::TooLarge(_)) if is_too_large => {}
                Err(Error::Corrupt(_)) if !is_too_large => {}
                other => panic!("{side}: {other:?}"),
            }
        }
    }
}

#[test]
fn other_kinds_of_pictures_in_the_same_boxes_are_not_given_to_the_decoder() {
    for (from, to) in
        [(b"hvc1", b"av01"), (b"hvc1", b"jpeg"), (b"hvc1", b"unci"), (b"grid", b"iovl"), (b"grid", b"iden")]
    {
        let mut other = PLAIN.to_vec();
        for at in places(PLAIN, from) {
            other[at - 4..at].copy_from_slice(to);
        }
        assert!(matches!(probe(&other, &Limits::default()), Err(Error::UnsupportedFormat(_))), "{to:?}");
    }
}

#[test]
fn a_deadline_that_has_passed_stops_it_before_it_is_decoded() {
    let budget = Budget::new(std::time::Instant::now(), std::sync::Arc::default());
    let stopped = imgpress_codec::compress(GRID, &Options::default(), &Limits::default(), &budget);
    assert!(matches!(stopped, Err(Error::DeadlineExceeded)));
}
