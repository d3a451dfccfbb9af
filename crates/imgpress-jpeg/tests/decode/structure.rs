//! What a file may look like around its data.

use imgpress_jpeg::{ColorTransform, Component, DecodeError, DecodeLimits, Decoder, Mode, Subsampling};

use crate::files::{self, SAMPLINGS, one_of_each, planes};

const SIZE: (usize, usize) = (67, 53);

/// A segment of this marker.
fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() + 2) as u16;
    [&[0xFF, marker], &length.to_be_bytes()[..], payload].concat()
}

/// Tables of one code each: a difference of zero, and the end of a block. All steps are 1.
fn tables() -> Vec<u8> {
    let quantisation = segment(0xDB, &[&[0], [1; 64].as_slice()].concat());
    let huffman = |class| segment(0xC4, &[&[class, 1], [0; 15].as_slice(), &[0]].concat());
    [quantisation, huffman(0), huffman(0x10)].concat()
}

fn frame(marker: u8, (width, height): (u16, u16), samplings: &[u8]) -> Vec<u8> {
    let mut payload = vec![8];
    payload.extend(height.to_be_bytes());
    payload.extend(width.to_be_bytes());
    payload.push(samplings.len() as u8);
    for (id, sampling) in (1..).zip(samplings) {
        payload.extend([id, *sampling, 0]);
    }
    segment(marker, &payload)
}

fn scan(components: u8, [first, last, bits]: [u8; 3], data: &[u8]) -> Vec<u8> {
    let mut payload = vec![components];
    payload.extend((1..=components).flat_map(|id| [id, 0]));
    payload.extend([first, last, bits]);
    [segment(0xDA, &payload), data.to_vec()].concat()
}

fn restarts(interval: u16) -> Vec<u8> {
    segment(0xDD, &interval.to_be_bytes())
}

/// Zeros in intervals of so many bytes, with restart markers between them.
fn intervals(count: u8, bytes: usize) -> Vec<u8> {
    let parts = (0..count).map(|i| [vec![0; bytes], vec![0xFF, 0xD0 + i % 8]].concat());
    let mut data = parts.collect::<Vec<_>>().concat();
    data.truncate(data.len() - 2);
    data
}

fn file(parts: &[Vec<u8>]) -> Vec<u8> {
    [&[0xFF, 0xD8], parts.concat().as_slice(), &[0xFF, 0xD9]].concat()
}

#[test]
fn a_scan_that_names_a_table_that_cannot_be_is_malformed_even_if_it_needs_none() {
    for tables_named in [0x00, 0x90, 0x09] {
        let mut parts =
            [tables(), frame(0xC2, (8, 8), &[0x11]), scan(1, [0, 0, 0], &[0]), scan(1, [1, 63, 0], &[0])];
        for part in &mut parts[2..] {
            part[6] = tables_named;
        }
        let file = file(&parts);
        let decoder = Decoder::new(&file, &DecodeLimits::default());
        let malformed = matches!(decoder, Err(DecodeError::Malformed(_)));
        assert_eq!(malformed, tables_named != 0, "{tables_named:#04x}");
    }
}

#[test]
fn every_pair_of_sampling_factors_is_decoded_to_planes_and_to_pixels() {
    let size = (45, 37);
    let factors = || (0x11..=0x44_u8).filter(|pair| (1..=4).contains(&(pair & 15)) && pair >> 4 <= 4);
    for a in factors() {
        for b in factors() {
            let samplings = [a, b, 0x11];
            let across = samplings.map(|pair| usize::from(pair >> 4));
            let down = samplings.map(|pair| usize::from(pair & 15));
            let (most_across, most_down) = (*across.iter().max().unwrap(), *down.iter().max().unwrap());
            let units = 45_usize.div_ceil(8 * most_across) * 37_usize.div_ceil(8 * most_down);
            let blocks: usize = across.iter().zip(down).map(|(h, v)| h * v).sum();
            let data = vec![0; (2 * units * blocks).div_ceil(8)];
            let jpeg = file(&[tables(), frame(0xC0, size, &samplings), scan(3, [0, 63, 0], &data)]);
            let planes = planes(&jpeg).unwrap();
            for ((plane, h), v) in planes.iter().zip(across).zip(down) {
                let size = (45 * h).div_ceil(most_across) * (37 * v).div_ceil(most_down);
                assert_eq!(*plane, vec![128; size], "{samplings:x?}");
            }
            let decoder = Decoder::new(&jpeg, &DecodeLimits::default()).unwrap();
            let pixels = decoder.decode(ColorTransform::None).unwrap();
            assert_eq!(pixels, vec![128; 45 * 37 * 3], "{samplings:x?}");
        }
    }
}

#[test]
fn two_and_four_components_are_decoded_and_five_are_not() {
    for components in [1, 2, 3, 4] {
        let samplings = vec![0x11; components];
        let data = vec![0; 16 * components];
        let parts = [tables(), frame(0xC1, (64, 64), &samplings), scan(components as u8, [0, 63, 0], &data)];
        assert_eq!(planes(&file(&parts)).unwrap(), vec![vec![128; 4096]; components]);
        let jpeg = file(&parts);
        let decoder = Decoder::new(&jpeg, &DecodeLimits::default()).unwrap();
        assert_eq!(decoder.decode(ColorTransform::None).unwrap(), vec![128; 4096 * components]);
    }
    let five = file(&[tables(), frame(0xC1, (64, 64), &[0x11; 5]), scan(4, [0, 63, 0], &[0; 80])]);
    assert!(matches!(planes(&five), Err(DecodeError::Unsupported(_))));
}

#[test]
fn the_restart_interval_may_change_between_scans() {
    let first = [restarts(16), scan(1, [0, 0, 0], &intervals(4, 2))].concat();
    let second = [restarts(0), scan(1, [1, 5, 0], &[0; 8])].concat();
    let third = [restarts(8), scan(1, [6, 63, 0], &intervals(8, 1))].concat();
    let head = [tables(), frame(0xC2, (64, 64), &[0x11])].concat();
    let jpeg = file(&[head.clone(), first.clone(), second.clone(), third.clone()]);
    assert_eq!(planes(&jpeg).unwrap(), [vec![128; 4096]]);
    // The wrong interval, no interval, and a scan that does not come.
    assert!(planes(&file(&[head.clone(), first.clone(), second.clone(), third[6..].to_vec()])).is_err());
    assert!(planes(&file(&[head.clone(), first[6..].to_vec(), second.clone(), third])).is_err());
    assert_eq!(planes(&file(&[head, first, second])), Err(DecodeError::Truncated));
}

#[test]
fn steps_of_sixteen_bits_are_read() {
    let jpeg = files::libjpeg(SIZE, SAMPLINGS[3], false, 50.0);
    let mut wide = jpeg.clone();
    while let Some(at) = wide.windows(4).position(|bytes| bytes == [0xFF, 0xDB, 0, 67]) {
        let steps: Vec<u8> = wide[at + 5..at + 69].iter().flat_map(|&step| [0, step]).collect();
        let table = segment(0xDB, &[&[0x10 | wide[at + 4]], steps.as_slice()].concat());
        wide.splice(at..at + 69, table);
    }
    assert!(wide.len() > jpeg.len());
    assert_eq!(planes(&wide), planes(&jpeg));
}

#[test]
fn steps_of_zero_are_refused() {
    let mut jpeg = files::libjpeg(SIZE, SAMPLINGS[3], false, 50.0);
    let at = jpeg.windows(2).position(|bytes| bytes == [0xFF, 0xDB]).unwrap();
    jpeg[at + 20] = 0;
    assert!(matches!(planes(&jpeg), Err(DecodeError::Malformed(_))));
}

#[test]
fn fill_bytes_and_junk_between_segments_are_passed_over() {
    for (what, jpeg) in one_of_each(SIZE) {
        let scan = jpeg.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
        for stray in [&[0xFF][..], &[0xFF, 0xFF, 0xFF], &[0, 1, 2, 3], &[0xFF, 0, 7]] {
            let longer = [&jpeg[..scan], stray, &jpeg[scan..]].concat();
            assert_eq!(planes(&longer), planes(&jpeg), "{what}");
        }
        let filled = [&jpeg[..jpeg.len() - 2], &[0xFF, 0xFF, 0xFF, 0xD9]].concat();
        assert_eq!(planes(&filled), planes(&jpeg), "{what}");
    }
}

#[test]
fn sampling_factors_of_a_lone_component_mean_nothing() {
    for progressive in [false, true] {
        let jpeg = files::libjpeg_grey(SIZE, progressive);
        let frame = [0xFF, if progressive { 0xC2 } else { 0xC0 }];
        let at = jpeg.windows(2).position(|pair| pair == frame).unwrap();
        for sampling in [0x22, 0x41, 0x13, 0x44] {
            let mut other = jpeg.clone();
            other[at + 11] = sampling;
            assert_ne!(other, jpeg);
            assert_eq!(planes(&other), planes(&jpeg));
        }
    }
}

#[test]
fn headers_tell_what_is_in_a_file() {
    let jpeg = files::ours(SIZE, Mode::Progressive, Subsampling::S420, 0);
    let decoder = Decoder::new(&jpeg, &DecodeLimits::default()).unwrap();
    assert!(decoder.is_progressive() && decoder.scans() > 3 && decoder.keeps_coefficients());
    assert_eq!((decoder.width(), decoder.height()), (67, 53));
    let samplings: Vec<_> = decoder.components().iter().map(Component::sampling).collect();
    assert_eq!(samplings, [(2, 2), (1, 1), (1, 1)]);
    assert_eq!(decoder.components().iter().map(Component::id).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(decoder.components().iter().all(|component| component.quantisation()[63] > 0));
    let limited = |limits: &DecodeLimits| Decoder::new(&jpeg, limits).err();
    let limits = DecodeLimits::default();
    assert_eq!(
        limited(&DecodeLimits { max_scans: 3, ..limits.clone() }),
        Some(DecodeError::TooManyScans { limit: 3 })
    );
    assert_eq!(
        limited(&DecodeLimits { max_segments: 4, ..limits.clone() }),
        Some(DecodeError::TooManySegments { limit: 4 })
    );
    let too_large = DecodeError::TooLarge { width: 67, height: 53, limit: 3550 };
    assert_eq!(limited(&DecodeLimits { max_pixels: 3550, ..limits.clone() }), Some(too_large));
    assert_eq!(limited(&DecodeLimits { max_pixels: 3551, ..limits }), None);
}

#[test]
fn only_files_in_several_scans_take_memory_for_the_whole_picture() {
    let memory = |size: (usize, usize), progressive: bool| {
        let jpeg = files::libjpeg(size, SAMPLINGS[3], progressive, 50.0);
        Decoder::new(&jpeg, &DecodeLimits::default()).unwrap().memory()
    };
    assert_eq!(memory((64, 64), false), memory((64, 640), false));
    // Six blocks in each of 4 × 40 units.
    assert!(memory((64, 640), true) > memory((64, 640), false) + 6 * 4 * 40 * 128);
}

#[test]
fn one_restart_marker_may_stand_behind_the_last_interval_where_that_is_full() {
    let spared = |interval: u16, data: &[&[u8]]| {
        let scan = scan(1, [0, 63, 0], &data.concat());
        planes(&file(&[tables(), frame(0xC0, (64, 64), &[0x11]), restarts(interval), scan]))
    };
    let (full, expected) = (intervals(4, 4), vec![vec![128; 4096]]);
    assert_eq!(spared(16, &[&full]).unwrap(), expected);
    assert_eq!(spared(16, &[&full, &[0xFF, 0xD3]]).unwrap(), expected, "the one that is due");
    for behind in [&[0xFF, 0xD2][..], &[0xFF, 0xD3, 0xFF, 0xD4], &[0xFF, 0xD3, 1, 2, 3, 4, 5]] {
        assert!(spared(16, &[&full, behind]).is_err(), "{behind:x?}");
    }
    let short = [intervals(2, 6), vec![0xFF, 0xD1, 0, 0, 0, 0]].concat();
    assert_eq!(spared(24, &[&short]).unwrap(), expected);
    assert!(spared(24, &[&short, &[0xFF, 0xD2]]).is_err(), "behind one that is not full");
}
