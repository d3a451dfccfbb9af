//! AVIF both ways: what libaom encodes is read by another decoder, in boxes that another crate reads.

use std::fs;
use std::process::Command;

use image::{DynamicImage, GrayImage, ImageFormat as Known, Luma, RgbaImage};
use imgpress_codec::options::{Effort, ImageFormat, Metadata, Options, OutputFormat, Quality};
use imgpress_codec::{Error, Limits, Outcome, Removed, probe};

use crate::outputs::{decoded, drawing, file, options, output, photo};

fn avif(picture: impl Into<DynamicImage>, quality: u8) -> Vec<u8> {
    let quality = Quality::try_from(quality).unwrap().into();
    let options = Options { quality, effort: Effort::Fast, ..options(OutputFormat::Avif) };
    output(&file(picture, Known::Png), &options).unwrap().bytes
}

fn pixels(avif: &[u8]) -> RgbaImage {
    decoded(&output(avif, &options(OutputFormat::Png)).unwrap())
}

fn mean_error(one: &RgbaImage, other: &RgbaImage) -> f64 {
    let sum: u64 = one.iter().zip(other.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / one.len() as f64
}

#[test]
fn a_photograph_becomes_an_avif_of_its_look() {
    for effort in Effort::ALL {
        let options = Options { effort, ..options(OutputFormat::Avif) };
        let made = output(&file(photo(131, 83), Known::Png), &options).unwrap();
        assert_eq!((made.format, made.outcome), (ImageFormat::Avif, Outcome::Compressed));
        let pixels = pixels(&made.bytes);
        assert_eq!(pixels.dimensions(), (131, 83));
        assert!(mean_error(&pixels, &photo(131, 83)) < 6.0);
    }
}

#[test]
fn alpha_is_exact_and_grey_is_one_plane() {
    let mut see_through = photo(61, 47);
    see_through.enumerate_pixels_mut().for_each(|(x, y, pixel)| pixel[3] = (4 * x + y) as u8);
    let pixels = pixels(&avif(see_through.clone(), 60));
    assert!(pixels.pixels().zip(see_through.pixels()).all(|(one, other)| one[3] == other[3]));

    let grey = avif(GrayImage::from_fn(61, 47, |x, y| Luma([(2 * x + 2 * y) as u8])), 60);
    assert_eq!(probe(&grey, &Limits::default()).unwrap().channels, 1);
}

/// Whose alpha had eight bits and whose colours ten was refused.
#[test]
fn libavif_reads_alpha() {
    let folder = tempfile::tempdir().unwrap();
    let [from, to] = ["a.avif", "a.png"].map(|name| folder.path().join(name));
    let mut see_through = photo(33, 22);
    see_through.enumerate_pixels_mut().for_each(|(x, y, pixel)| pixel[3] = (x * y) as u8);
    let grey = DynamicImage::from(see_through.clone()).into_luma_alpha8();
    for picture in [DynamicImage::from(see_through), grey.into()] {
        fs::write(&from, avif(picture.clone(), 60)).unwrap();
        let avifdec = Command::new("avifdec").arg(&from).arg(&to).output();
        let avifdec = avifdec.expect("avifdec is there: scripts/setup --test installs it");
        assert!(avifdec.status.success(), "{}", String::from_utf8_lossy(&avifdec.stderr));
        let (read, picture) = (image::open(&to).unwrap().into_rgba8(), picture.into_rgba8());
        assert_eq!(read.dimensions(), picture.dimensions());
        assert!(read.pixels().zip(picture.pixels()).all(|(read, sent)| read[3] == sent[3]));
        assert!(mean_error(&read, &picture) < 6.0);
    }
}

#[test]
fn what_was_made_here_has_nothing_to_be_taken_out() {
    for (width, height) in [(1, 1), (15, 17), (33, 200), (301, 64), (4200, 8)] {
        for quality in [5, 40, 75, 95] {
            for picture in [photo(width, height), drawing(width, height)] {
                let mine = avif(picture, quality);
                let quality = Quality::try_from(quality).unwrap().into();
                let options = Options { quality, effort: Effort::Fast, ..options(OutputFormat::Avif) };
                let kept = output(&mine, &options).unwrap();
                assert!(kept.outcome == Outcome::Kept && kept.bytes == mine, "{width}×{height}");
            }
        }
    }
}

#[test]
fn the_smallest_and_the_oddest_sizes_come_back() {
    for (width, height) in [(1, 1), (1, 9), (17, 1), (2, 3), (65, 63)] {
        let pixels = pixels(&avif(photo(width, height), 95));
        assert_eq!(pixels.dimensions(), (width, height));
        assert!(mean_error(&pixels, &photo(width, height)) < 6.0, "{width}×{height}");
    }
}

#[test]
fn a_second_pass_changes_no_byte() {
    for quality in [40, 80] {
        let first = avif(photo(96, 64), quality);
        for format in [OutputFormat::Avif, OutputFormat::Same] {
            let options = Options { quality: Quality::try_from(quality).unwrap().into(), ..options(format) };
            let second = output(&first, &options).unwrap();
            assert_eq!(second.outcome, Outcome::Kept);
            assert!(second.bytes == first, "quality {quality} as {format}");
        }
    }
}

#[test]
fn an_avif_is_kept_where_no_finer_one_is_asked_for() {
    for quality in [1, 20, 50, 70, 90, 100] {
        let first = avif(photo(160, 120), quality);
        for (asked, kept) in [(quality.min(99) + 1, true), (quality.max(41) - 40, quality < 20)] {
            let quality = Quality::try_from(asked).unwrap().into();
            let second = output(&first, &Options { quality, ..options(OutputFormat::Avif) }).unwrap();
            assert_eq!(second.outcome == Outcome::Kept, kept, "{quality:?}, then {asked}");
        }
    }
}

#[test]
fn an_avif_never_grows() {
    let coarse = avif(photo(96, 64), 20);
    for quality in [50, 95] {
        let options =
            Options { quality: Quality::try_from(quality).unwrap().into(), ..options(OutputFormat::Avif) };
        assert!(output(&coarse, &options).unwrap().bytes.len() <= coarse.len());
    }
}

#[test]
fn the_highest_quality_that_fits_is_taken() {
    let input = file(photo(120, 80), Known::Png);
    let whole = output(&input, &options(OutputFormat::Avif)).unwrap();
    let limit = whole.bytes.len() as u64 * 3 / 4;
    let max_bytes = Some(limit.try_into().unwrap());
    let fitting = output(&input, &Options { max_bytes, ..options(OutputFormat::Avif) }).unwrap();
    assert!(fitting.bytes.len() as u64 <= limit && fitting.quality < whole.quality);
    let max_bytes = Some(40.try_into().unwrap());
    let refused = output(&input, &Options { max_bytes, ..options(OutputFormat::Avif) });
    assert!(matches!(refused, Err(Error::TargetUnreachable { .. })));
}

#[test]
fn a_cut_avif_is_refused_wherever_it_is_cut() {
    let whole = avif(photo(64, 48), 60);
    for length in (0..whole.len()).filter(|length| length % 5 == 0 || whole.len() - length < 9) {
        assert!(output(&whole[..length], &Options::default()).is_err(), "{length} of {} bytes", whole.len());
    }
}

#[test]
fn a_last_box_without_a_length_reaches_to_the_end() {
    let whole = avif(photo(64, 64), 80);
    let mdat = whole.windows(4).position(|bytes| bytes == b"mdat").unwrap();
    let mut open = whole.clone();
    open[mdat - 4..mdat].fill(0);
    assert_eq!(pixels(&open), pixels(&whole));
    let kept = |input: &[u8]| output(input, &options(OutputFormat::Same)).unwrap().bytes;
    assert_eq!(kept(&open), kept(&whole));
    for length in [open.len() / 2, open.len() - 1] {
        assert!(
            matches!(output(&open[..length], &options(OutputFormat::Png)), Err(Error::Corrupt(_))),
            "{length}"
        );
    }
}

#[test]
fn an_avif_whose_last_bytes_are_zeros_is_refused() {
    let whole = avif(photo(150, 110), 80);
    for kept in [whole.len() * 6 / 10, whole.len() * 9 / 10, whole.len() - 12, whole.len() - 1] {
        let zeroed = [&whole[..kept], &vec![0; whole.len() - kept]].concat();
        let refused = matches!(output(&zeroed, &options(OutputFormat::Png)), Err(Error::Corrupt(_)));
        assert!(refused, "{kept} of {}", whole.len());
    }
}

#[test]
fn damage_is_refused_or_decoded_and_never_more() {
    let whole = avif(photo(64, 48), 60);
    for at in (0..whole.len()).step_by(11) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        if let Err(Error::Encoder(reason)) = output(&damaged, &Options::default()) {
            panic!("byte {at}: {reason}");
        }
    }
}

#[test]
fn metadata_come_along_where_they_are_asked_for() {
    let jpeg = crate::carriers::laden(90, 6);
    let kept = output(&jpeg, &Options { metadata: Metadata::Keep, ..options(OutputFormat::Avif) }).unwrap();
    let as_jpeg = output(&jpeg, &Options { metadata: Metadata::Keep, ..Options::default() }).unwrap();
    let mut expected = as_jpeg.removed.clone();
    expected.push(Removed::Iptc);
    assert!(kept.removed.iter().all(|removed| expected.contains(removed)), "{:?}", kept.removed);
    let stripped = output(&kept.bytes, &options(OutputFormat::Avif)).unwrap();
    assert!(stripped.removed.contains(&Removed::Exif) && stripped.removed.contains(&Removed::Xmp));
    assert!(stripped.bytes.len() < kept.bytes.len());
    assert!(!stripped.bytes.windows(4).any(|bytes| bytes == b"Exif" || bytes == b"mime"));
}
