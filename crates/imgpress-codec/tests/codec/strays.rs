//! Bytes that are no part of a picture and hide in what an output carries of its input.

use imgpress_codec::options::{ColorSpace, Options, OutputFormat, Quality};
use imgpress_codec::{Note, Outcome, Output, Removed};

use crate::fixtures::{Coding, Picture, display_p3, jpeg, png_with_icc, with_segment};
use crate::outputs::{options, output};

const STRAY: &[u8] = b"<html><script>alert(1)</script></html>";

/// Those that carry profiles.
const FORMATS: &[OutputFormat] = &[
    OutputFormat::Jpeg,
    OutputFormat::Png,
    #[cfg(feature = "webp")]
    OutputFormat::Webp,
    #[cfg(feature = "avif")]
    OutputFormat::Avif,
];

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

fn parts(parts: &[&[u8]]) -> Vec<Vec<u8>> {
    let count = parts.len() as u8;
    let numbered = parts.iter().zip(1..);
    numbered.map(|(part, number)| [b"ICC_PROFILE\0", &[number, count][..], part].concat()).collect()
}

fn with_parts(plain: &[u8], icc: &[&[u8]]) -> Vec<u8> {
    parts(icc).iter().rev().fold(plain.to_vec(), |file, payload| with_segment(&file, 0xe2, payload))
}

fn made(input: &[u8], format: OutputFormat, color: ColorSpace) -> Output {
    output(input, &Options { color, ..options(format) }).unwrap()
}

/// JPEGs that are kept: one that nothing makes smaller, and one whose coefficients are coded anew.
fn coarse() -> [Vec<u8>; 2] {
    let picture = Picture::photo(160, 120);
    let quality = Quality::try_from(20).unwrap().into();
    let mine = Options { quality, ..options(OutputFormat::Jpeg) };
    let others = jpeg(&picture, Coding { quality: 20, ..Coding::default() });
    [output(&others, &mine).unwrap().bytes, others]
}

#[test]
fn a_kept_jpeg_loses_a_profile_that_cannot_be_used() {
    let long = STRAY.repeat(1_000);
    for plain in coarse() {
        for color in [ColorSpace::Srgb, ColorSpace::Keep] {
            let expected = made(&plain, OutputFormat::Jpeg, color);
            for broken in [STRAY, &long, &display_p3()[..100], &[]] {
                let output = made(&with_parts(&plain, &[broken]), OutputFormat::Jpeg, color);
                assert!(output.outcome == Outcome::Kept && output.bytes == expected.bytes);
                assert!(output.removed.contains(&Removed::Profile), "{:?}", output.removed);
                assert!(output.notes.contains(&Note::ProfileUnusable), "{:?}", output.notes);
            }
        }
    }
}

#[test]
fn a_kept_jpeg_has_its_profile_up_to_its_end() {
    let (icc, long) = (display_p3(), STRAY.repeat(1_000));
    let tailed = [&icc, STRAY].concat();
    let (start, end) = icc.split_at(200);
    for plain in coarse() {
        let expected = made(&with_parts(&plain, &[&icc]), OutputFormat::Jpeg, ColorSpace::Srgb);
        assert!(expected.outcome == Outcome::Kept && contains(&expected.bytes, &icc));
        for input in [
            with_parts(&plain, &[&tailed]),
            with_parts(&plain, &[&icc, &long]),
            with_parts(&plain, &[start, end]),
            with_parts(&plain, &[start, &[], &[end, STRAY].concat(), &long]),
        ] {
            let output = made(&input, OutputFormat::Jpeg, ColorSpace::Srgb);
            assert!(output.outcome == Outcome::Kept && output.bytes == expected.bytes);
            assert_eq!(output.notes, expected.notes);
        }
    }
}

#[test]
fn a_kept_jpeg_loses_tables_that_no_scan_uses() {
    // Codes of class and number, of eight bits each: as many as there are bytes in the payload.
    let codes = |head, payload: &[u8]| {
        let counts = [0, 0, 0, 0, 0, 0, 0, payload.len() as u8, 0, 0, 0, 0, 0, 0, 0, 0];
        [&[head], &counts[..], payload].concat()
    };
    let steps = |head, payload: &[u8]| [&[head], payload, &[1; 64][payload.len()..]].concat();
    for plain in coarse() {
        let expected = made(&plain, OutputFormat::Jpeg, ColorSpace::Keep);
        assert_eq!(expected.outcome, Outcome::Kept);
        for times in [1, 1_053] {
            // The last is replaced before the first scan.
            let all = |marker, heads: &[u8]| {
                let table = |head| if marker == 0xc4 { codes(head, STRAY) } else { steps(head, STRAY) };
                (0..times).fold(plain.clone(), |file, at| {
                    with_segment(&file, marker, &table(heads[at % heads.len()]))
                })
            };
            for input in [all(0xc4, &[0x03, 0x13, 0x00, 0x10]), all(0xdb, &[0x03, 0x02, 0x00])] {
                assert!(input.len() > plain.len() + times * STRAY.len());
                let output = made(&input, OutputFormat::Jpeg, ColorSpace::Keep);
                assert!(output.outcome == Outcome::Kept && output.bytes == expected.bytes);
            }
        }
    }
}

#[test]
fn a_profile_whose_tail_is_its_own_is_carried_without_it() {
    let picture = Picture::photo(64, 48);
    let sized = |mut icc: Vec<u8>| {
        icc.resize(icc.len().next_multiple_of(4), 0);
        let length = icc.len() as u32;
        icc[..4].copy_from_slice(&length.to_be_bytes());
        icc
    };
    let icc = sized(display_p3());
    let fine = jpeg(&picture, Coding { quality: 100, ..Coding::default() });
    let [kept, _] = coarse();
    for &format in FORMATS {
        for tail in [STRAY, &STRAY.repeat(1_053)] {
            let tailed = sized([&icc, tail].concat());
            for (input, sound) in [
                (with_parts(&fine, &[&tailed]), with_parts(&fine, &[&icc])),
                (with_parts(&kept, &[&tailed]), with_parts(&kept, &[&icc])),
                (png_with_icc(&picture, &tailed), png_with_icc(&picture, &icc)),
            ] {
                let output = made(&input, format, ColorSpace::Keep);
                assert!(output.bytes == made(&sound, format, ColorSpace::Keep).bytes, "{format}");
                // Of a file that was made here, which is kept.
                let again = made(&output.bytes, format, ColorSpace::Keep);
                assert!(again.outcome == Outcome::Kept && again.bytes == output.bytes, "{format}");
            }
        }
    }
}

#[test]
fn a_profile_is_carried_up_to_its_end() {
    let picture = Picture::photo(64, 48);
    let (icc, long) = (display_p3(), STRAY.repeat(1_000));
    let fine = jpeg(&picture, Coding { quality: 100, ..Coding::default() });
    for &format in FORMATS {
        for tail in [STRAY, &long] {
            let tailed = [&icc, tail].concat();
            for (input, sound) in [
                (with_parts(&fine, &[&tailed]), with_parts(&fine, &[&icc])),
                (png_with_icc(&picture, &tailed), png_with_icc(&picture, &icc)),
            ] {
                let output = made(&input, format, ColorSpace::Keep);
                assert!(output.bytes == made(&sound, format, ColorSpace::Keep).bytes, "{format}");
            }
        }
    }
}
