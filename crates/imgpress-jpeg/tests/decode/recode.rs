//! A recoded file is the same picture.

use std::sync::atomic::{AtomicUsize, Ordering};

use imgpress_jpeg::{
    Component, DecodeError, DecodeLimits, Decoder, Effort, Mode, RecodeError, Subsampling, recode,
};
use jpeg_encoder::SamplingFactor;

use crate::files::{SAMPLINGS, SIZES, libjpeg, one_of_each, other, ours};

const EFFORTS: [Effort; 3] = [Effort::Fast, Effort::Balanced, Effort::Max];

fn decoder(jpeg: &[u8]) -> Decoder<'_> {
    Decoder::new(jpeg, &DecodeLimits::default()).unwrap()
}

/// Recodes a file with all of its application data.
fn recoded(jpeg: &[u8], effort: Effort) -> Vec<u8> {
    let decoder = decoder(jpeg);
    let application = decoder.segments().iter().filter(|segment| (0xE0..=0xEF).contains(&segment.marker));
    recode(&decoder, application.map(|segment| (segment.marker, segment.payload)), effort).unwrap()
}

/// What makes a component's samples, but for the blocks that only fill units up.
#[derive(PartialEq)]
struct Content {
    id: u8,
    sampling: (usize, usize),
    quantisation: [u16; 64],
    blocks: Vec<[i16; 64]>,
}

fn content(jpeg: &[u8]) -> Vec<Content> {
    let decoder = decoder(jpeg);
    let coefficients = decoder.coefficients().unwrap();
    let parts = decoder.components().iter().zip(coefficients.planes());
    parts
        .map(|(component, plane)| {
            let rows = plane.blocks().chunks(plane.padded().0).take(plane.size().1);
            let blocks = rows.flat_map(|row| &row[..plane.size().0]).copied().collect();
            let (id, sampling) = (component.id(), component.sampling());
            Content { id, sampling, quantisation: *component.quantisation(), blocks }
        })
        .collect()
}

/// What another decoder makes of it.
fn pixels(jpeg: &[u8]) -> Vec<u8> {
    jpeg_decoder::Decoder::new(jpeg).decode().unwrap()
}

#[track_caller]
fn assert_same_picture(jpeg: &[u8], name: &str) {
    for effort in EFFORTS {
        let recoded = recoded(jpeg, effort);
        assert!(content(&recoded) == content(jpeg), "{name} at {effort:?}");
        assert!(decoder(&recoded).is_recoded(), "{name} at {effort:?}");
    }
}

#[test]
fn every_kind_of_file_keeps_every_coefficient() {
    for size in SIZES {
        for (name, jpeg) in one_of_each(size) {
            assert_same_picture(&jpeg, &format!("{name} of {size:?}"));
        }
    }
}

#[test]
fn every_sampling_keeps_every_coefficient() {
    for sampling in SAMPLINGS {
        for progressive in [false, true] {
            for size in [(67, 53), (9, 31)] {
                let jpeg = libjpeg(size, sampling, progressive, 90.0);
                assert_same_picture(&jpeg, &format!("{sampling:?} {progressive}"));
            }
        }
    }
}

#[test]
fn other_decoders_make_the_same_pixels_of_it() {
    for (name, jpeg) in one_of_each((67, 53)) {
        assert!(pixels(&recoded(&jpeg, Effort::Max)) == pixels(&jpeg), "{name}");
    }
    for sampling in SAMPLINGS {
        let jpeg = libjpeg((67, 53), sampling, false, 90.0);
        let recoded = recoded(&jpeg, Effort::Balanced);
        assert!(libjpeg_pixels(&recoded) == libjpeg_pixels(&jpeg), "{sampling:?}");
    }
}

fn libjpeg_pixels(jpeg: &[u8]) -> Vec<u8> {
    let mut decoder = mozjpeg::Decompress::new_mem(jpeg).unwrap().rgb().unwrap();
    decoder.read_scanlines().unwrap()
}

#[test]
fn names_of_components_and_quantisation_of_sixteen_bits_stay() {
    let mut jpeg = libjpeg((67, 53), SAMPLINGS[2], false, 75.0);
    name_components(&mut jpeg, *b"RGB");
    assert_same_picture(&jpeg, "RGB");
    let wide = with_wide_tables(&jpeg);
    let steps = |component: &Component| component.quantisation()[63];
    assert!(decoder(&wide).components().iter().all(|component| steps(component) > 255));
    assert_same_picture(&wide, "wide steps");
    assert!(pixels(&recoded(&wide, Effort::Balanced)) == pixels(&wide));
}

fn name_components(jpeg: &mut [u8], names: [u8; 3]) {
    let place = |marker: u8| {
        let decoder = decoder(jpeg);
        let segment = decoder.segments().iter().find(|segment| segment.marker == marker).unwrap();
        segment.payload.as_ptr() as usize - jpeg.as_ptr() as usize
    };
    let (frame, scan) = (place(0xC0), place(0xDA));
    for (i, name) in names.into_iter().enumerate() {
        jpeg[frame + 6 + 3 * i] = name;
        jpeg[scan + 1 + 2 * i] = name;
    }
}

/// The file as extended sequential, and its quantisation steps seven times as large, of 16 bits.
fn with_wide_tables(jpeg: &[u8]) -> Vec<u8> {
    let mut wide = vec![0xFF, 0xD8];
    for segment in decoder(jpeg).segments() {
        let tables = segment.payload.chunks(65);
        let payload = match segment.marker {
            0xDB => tables
                .flat_map(|table| {
                    let steps = table[1..].iter().flat_map(|&step| (u16::from(step) * 7).to_be_bytes());
                    [0x10 | table[0]].into_iter().chain(steps)
                })
                .collect(),
            _ => segment.payload.to_vec(),
        };
        let marker = if segment.marker == 0xC0 { 0xC1 } else { segment.marker };
        wide.extend([0xFF, marker]);
        wide.extend((payload.len() as u16 + 2).to_be_bytes());
        wide.extend([&payload, segment.entropy].concat());
    }
    [wide.as_slice(), &[0xFF, 0xD9]].concat()
}

#[test]
fn a_file_of_standard_tables_becomes_smaller() {
    for (sampling, quality) in [(SAMPLINGS[0], 95.0), (SAMPLINGS[3], 60.0), (SAMPLINGS[3], 90.0)] {
        let jpeg = libjpeg((320, 240), sampling, false, quality);
        let sizes = EFFORTS.map(|effort| recoded(&jpeg, effort).len());
        assert!(sizes[0] < jpeg.len() && sizes[1] <= sizes[0] && sizes[2] <= sizes[1], "{sizes:?}");
    }
}

#[test]
fn what_was_written_here_is_known_again_and_nothing_else_is() {
    let size = (67, 53);
    for subsampling in [Subsampling::S420, Subsampling::S444] {
        assert!(decoder(&ours(size, Mode::Progressive, subsampling, 0)).is_recoded());
        assert!(!decoder(&ours(size, Mode::Sequential, subsampling, 0)).is_recoded());
        assert!(!decoder(&ours(size, Mode::Progressive, subsampling, 2)).is_recoded(), "restart markers");
    }
    for progressive in [false, true] {
        assert!(!decoder(&libjpeg(size, SAMPLINGS[3], progressive, 80.0)).is_recoded());
        let other = other(size, jpeg_encoder::ColorType::Rgb, SamplingFactor::F_2_2, progressive, 0);
        assert!(!decoder(&other).is_recoded());
    }
}

#[test]
fn segments_come_first_and_as_they_are_given() {
    let jpeg = libjpeg((40, 30), SAMPLINGS[3], false, 80.0);
    let longest = vec![7; 65_533];
    let given = [(0xE1, &b"first"[..]), (0xFE, b""), (0xEE, &longest)];
    let recoded = recode(&decoder(&jpeg), given, Effort::Fast).unwrap();
    let decoder = decoder(&recoded);
    let found = decoder.segments().iter().map(|segment| (segment.marker, segment.payload));
    assert!(found.take(3).eq(given));
    let too_long = vec![7; 65_534];
    let refused = recode(&decoder, [(0xE1, too_long.as_slice())], Effort::Fast);
    assert!(matches!(refused, Err(RecodeError::SegmentTooLong(65_534))));
}

#[test]
fn it_can_be_stopped_between_any_two_scans() {
    let jpeg = libjpeg((67, 53), SAMPLINGS[3], true, 80.0);
    let run = |most: usize| {
        let asked = AtomicUsize::new(0);
        let go_on = || asked.fetch_add(1, Ordering::Relaxed) < most;
        let result = recode(&decoder(&jpeg).with_checkpoint(&go_on), [], Effort::Balanced).map(drop);
        (result, asked.into_inner())
    };
    let (result, all) = run(usize::MAX);
    assert!(result.is_ok() && all > 3 * 15, "asked {all} times");
    for most in 0..all {
        let (result, asked) = run(most);
        assert!(matches!(result, Err(RecodeError::Decode(DecodeError::Cancelled))), "after {most}");
        assert_eq!(asked, most + 1, "it went on");
    }
}

#[test]
fn a_damaged_file_is_refused() {
    let jpeg = libjpeg((67, 53), SAMPLINGS[3], false, 80.0);
    let cut = &jpeg[..jpeg.len() - 100];
    let refused = recode(&decoder(cut), [], Effort::Balanced);
    assert!(matches!(refused, Err(RecodeError::Decode(DecodeError::Truncated))));
}
