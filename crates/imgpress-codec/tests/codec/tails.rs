//! Payloads in WebP files, behind the data of a part of the picture, where decoders do not look.

use image::ImageFormat as Known;
use imgpress_codec::options::{Effort, Options, OutputFormat, Quality};
use imgpress_codec::{Outcome, Output};

use crate::moving::{self, Step, chunk};
use crate::outputs::{drawing, file, options, output, photo};

const PAYLOAD: &[u8] = b"<html><script>alert(1)</script></html>";

fn payloads() -> [Vec<u8>; 2] {
    [PAYLOAD.to_vec(), PAYLOAD.repeat(1_053)]
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

fn of_quality(quality: u8) -> Options {
    let quality = Quality::try_from(quality).unwrap().into();
    Options { quality, effort: Effort::Fast, ..options(OutputFormat::Webp) }
}

/// A file that is kept as it is, byte for byte.
#[track_caller]
fn assert_kept(file: &[u8], options: &Options) -> Output {
    let kept = output(file, options).unwrap();
    assert!(kept.outcome == Outcome::Kept && kept.bytes == file, "{:?}", kept.outcome);
    kept
}

/// A file whose picture is kept without what hides in it: but for the bytes that encoders may leave.
#[track_caller]
fn assert_bare(tampered: &[u8], sound: &[u8], options: &Options, what: &str) {
    let bare = output(tampered, options).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(bare.outcome, Outcome::Kept, "{what}");
    assert!(!contains(&bare.bytes, &PAYLOAD[..8]), "{what}");
    assert!(bare.bytes.len() <= sound.len() + 4, "{what}: {} of {}", bare.bytes.len(), sound.len());
    assert_kept(&bare.bytes, options);
}

/// Of libvpx, with eight partitions of coefficients.
const PARTITIONS: &[u8] = include_bytes!("partitions.webp");

fn chunks(mut rest: &[u8]) -> Vec<(&[u8; 4], &[u8])> {
    let mut chunks = Vec::new();
    while let Some((name, after)) = rest.split_first_chunk() {
        let size = u32::from_le_bytes(*after.first_chunk().unwrap()) as usize;
        chunks.push((name, &after[4..4 + size]));
        rest = after.get(4 + size + size % 2..).unwrap_or_default();
    }
    chunks
}

/// The file with other chunks of this name, of frames too.
fn with(webp: &[u8], name: &[u8; 4], change: &dyn Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    fn all(data: &[u8], name: &[u8; 4], change: &dyn Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let changed = chunks(data).into_iter().map(|(kind, data)| match kind {
            b"ANMF" => chunk(kind, &[&data[..16], &all(&data[16..], name, change)].concat()),
            kind if kind == name => chunk(kind, &change(data)),
            kind => chunk(kind, data),
        });
        changed.collect::<Vec<_>>().concat()
    }
    let body = all(&webp[12..], name, change);
    [b"RIFF", &(body.len() as u32 + 4).to_le_bytes()[..], b"WEBP", &body].concat()
}

fn number(bytes: &[u8]) -> usize {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]) as usize
}

/// A frame with this at the end of the first partition.
fn in_first(frame: &[u8], payload: &[u8]) -> Vec<u8> {
    let tag = number(frame);
    let length = (tag >> 5) + payload.len();
    let tag = (length as u32) << 5 | (tag as u32 & 31);
    let end = 10 + length - payload.len();
    [&tag.to_le_bytes()[..3], &frame[3..end], payload, &frame[end..]].concat()
}

/// A frame of nine partitions with this at the end of one of coefficients, which is not the last.
fn in_other(frame: &[u8], index: usize, payload: &[u8]) -> Vec<u8> {
    let sizes = 10 + (number(frame) >> 5);
    let size = |at: usize| number(&frame[sizes + 3 * at..]);
    let end = sizes + 21 + (0..=index).map(size).sum::<usize>();
    let mut changed = [&frame[..end], payload, &frame[end..]].concat();
    let at = sizes + 3 * index;
    changed[at..at + 3].copy_from_slice(&((size(index) + payload.len()) as u32).to_le_bytes()[..3]);
    changed
}

#[test]
fn behind_the_data_of_a_partition_nothing_is_kept() {
    let coarse = of_quality(40);
    let mine = output(&file(photo(150, 90), Known::Png), &coarse).unwrap().bytes;
    for payload in payloads() {
        let last = |frame: &[u8]| [frame, &payload].concat();
        let first = |frame: &[u8]| in_first(frame, &payload);
        assert_bare(&with(&mine, b"VP8 ", &last), &mine, &coarse, "last");
        assert_bare(&with(&mine, b"VP8 ", &first), &mine, &coarse, "first");
        assert_bare(&with(&mine, b"VP8 ", &|frame| last(&first(frame))), &mine, &coarse, "both");
        for index in 0..7 {
            let tampered = with(PARTITIONS, b"VP8 ", &|frame| in_other(frame, index, &payload));
            assert_bare(&tampered, PARTITIONS, &coarse, &format!("partition {index}"));
        }
        assert_bare(&with(PARTITIONS, b"VP8 ", &last), PARTITIONS, &coarse, "the last of nine");
    }
}

#[test]
fn behind_the_data_of_alpha_nothing_is_kept() {
    let coarse = of_quality(40);
    let mut see_through = photo(150, 90);
    see_through.enumerate_pixels_mut().for_each(|(x, y, pixel)| pixel[3] = (x + y) as u8);
    let mine = output(&file(see_through, Known::Png), &coarse).unwrap().bytes;
    assert_kept(&mine, &coarse);
    let plain = with(&mine, b"ALPH", &|_| [&[0], &[99; 150 * 90][..]].concat());
    assert_kept(&plain, &coarse);
    for payload in payloads() {
        let tampered = with(&plain, b"ALPH", &|data| [data, &payload].concat());
        let kept = output(&tampered, &coarse).unwrap();
        assert!(kept.outcome == Outcome::Kept && kept.bytes == plain);
        let behind = |data: &[u8]| [data, &payload].concat();
        for tampered in [with(&mine, b"ALPH", &behind), with(&lossless(), b"VP8L", &behind)] {
            assert!(output(&tampered, &coarse).is_err(), "such data are refused");
        }
    }
}

fn lossless() -> Vec<u8> {
    file(drawing(60, 40), Known::WebP)
}

#[test]
fn behind_the_data_of_a_frame_nothing_is_kept() {
    let coarse = of_quality(40);
    let film: Vec<_> = (0..4).map(|at| Step::whole(photo(90 + 4 * at, 61), 50)).collect();
    let film: Vec<_> = film
        .into_iter()
        .map(|step| Step { image: image::imageops::crop_imm(&step.image, 0, 0, 90, 61).to_image(), ..step })
        .collect();
    let mine = output(&moving::webp(&film, 0, &[]), &coarse).unwrap().bytes;
    assert!(contains(&mine, b"VP8 ") && contains(&mine, b"ANMF"));
    assert_kept(&mine, &coarse);
    for payload in payloads() {
        let count = std::cell::Cell::new(0);
        let second = |frame: &[u8]| {
            count.set(count.get() + 1);
            if count.get() == 2 { [frame, &payload].concat() } else { frame.to_vec() }
        };
        let tampered = with(&mine, b"VP8 ", &second);
        assert!(tampered.len() > mine.len());
        assert_bare(&tampered, &mine, &coarse, "in a frame");
    }
}

#[test]
fn what_encoders_make_has_no_tail() {
    assert_kept(PARTITIONS, &of_quality(60));
    let mut see_through = photo(150, 90);
    see_through.enumerate_pixels_mut().for_each(|(x, y, pixel)| pixel[3] = (x + y) as u8);
    for quality in [5, 40, 75, 92] {
        for picture in [photo(301, 64), drawing(90, 61), see_through.clone()] {
            let options = of_quality(quality);
            let mine = output(&file(picture, Known::Png), &options).unwrap().bytes;
            assert_kept(&mine, &options);
        }
    }
}

#[test]
fn any_bytes_are_read() {
    let coarse = of_quality(60);
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize
    };
    for _ in 0..200 {
        let mut tampered = with(PARTITIONS, b"VP8 ", &|frame| in_other(frame, 3, &PAYLOAD[..20]));
        for _ in 0..1 + noise() % 3 {
            let at = 20 + noise() % (tampered.len() - 20);
            tampered[at] ^= 1 << (noise() % 8);
        }
        if let Ok(kept) = output(&tampered, &coarse)
            && kept.outcome == Outcome::Kept
        {
            assert!(kept.bytes.len() <= tampered.len());
            assert_kept(&kept.bytes, &coarse);
        }
    }
}
