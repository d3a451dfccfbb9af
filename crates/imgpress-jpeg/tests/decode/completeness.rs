//! A picture that is not whole is an error, whatever was put behind it.

use imgpress_jpeg::{DecodeError, DecodeLimits, Decoder};

use crate::files::{one_of_each, planes};

const SIZE: (usize, usize) = (67, 53);

#[test]
fn a_file_cut_anywhere_is_refused_with_or_without_an_end_marker() {
    for (what, jpeg) in one_of_each(SIZE) {
        let whole = planes(&jpeg).unwrap();
        for cut in (0..jpeg.len() - 2).rev() {
            let mut part = jpeg[..cut].to_vec();
            // The last bits of a scan may be padding: then the picture is there.
            match planes(&part) {
                Ok(planes) => assert!(cut + 3 >= jpeg.len() && planes == whole, "{what}, cut at {cut}"),
                Err(DecodeError::Truncated) => {}
                Err(error) => panic!("{what}, cut at {cut}: {error}"),
            }
            part.extend([0xFF, 0xD9]);
            if let Ok(planes) = planes(&part) {
                assert!(cut + 3 >= jpeg.len() && planes == whole, "{what}, cut at {cut}, with an end marker");
            }
        }
    }
}

#[test]
fn a_file_without_its_end_marker_is_whole() {
    for (what, jpeg) in one_of_each(SIZE) {
        assert_eq!(planes(&jpeg[..jpeg.len() - 2]), planes(&jpeg), "{what}");
        assert_eq!(planes(&jpeg[..jpeg.len() - 1]), planes(&jpeg), "{what}");
    }
}

#[test]
fn nothing_behind_the_end_marker_is_looked_at() {
    for (what, jpeg) in one_of_each(SIZE) {
        let mut longer = jpeg.clone();
        longer.extend([0xFF, 0xC0, 0, 1, 0xFF, 0xDA, 7, 7]);
        assert_eq!(planes(&longer), planes(&jpeg), "{what}");
    }
}

#[test]
fn restart_markers_lost_or_out_of_order_are_noticed() {
    for (what, jpeg) in one_of_each(SIZE).into_iter().filter(|(what, _)| what.contains("restart")) {
        let scan = jpeg.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
        let markers: Vec<usize> = (scan..jpeg.len() - 1)
            .filter(|&at| jpeg[at] == 0xFF && (0xD0..=0xD7).contains(&jpeg[at + 1]))
            .collect();
        assert!(markers.len() > 3, "{what}");
        for at in markers {
            let mut wrong = jpeg.clone();
            wrong[at + 1] = 0xD0 + (wrong[at + 1] - 0xD0 + 1) % 8;
            assert!(planes(&wrong).is_err(), "{what}: out of order at {at}");
            let mut lost = jpeg.clone();
            lost.drain(at..at + 2);
            assert!(planes(&lost).is_err(), "{what}: lost at {at}");
            let mut twice = jpeg.clone();
            twice.splice(at..at, [0xFF, jpeg[at + 1]]);
            assert!(planes(&twice).is_err(), "{what}: twice at {at}");
        }
    }
}

#[test]
fn a_scan_left_out_is_noticed() {
    for (what, jpeg) in one_of_each(SIZE).into_iter().filter(|(what, _)| what.contains("progressive")) {
        let scans: Vec<usize> = (0..jpeg.len() - 1)
            .filter(|&at| jpeg[at..at + 2] == [0xFF, 0xDA])
            .chain([jpeg.len() - 2])
            .collect();
        for pair in scans.windows(2) {
            let without = [&jpeg[..pair[0]], &jpeg[pair[1]..]].concat();
            assert!(planes(&without).is_err(), "{what}");
        }
    }
}

#[test]
fn a_few_stray_bytes_after_a_scan_are_taken_and_many_are_not() {
    for (what, jpeg) in one_of_each(SIZE) {
        let end = jpeg.len() - 2;
        let with = |stray: usize| [&jpeg[..end], &vec![0x55; stray], &jpeg[end..]].concat();
        assert_eq!(planes(&with(10)), planes(&jpeg), "{what}");
        assert!(planes(&with(40)).is_err(), "{what}");
    }
}

/// A frame of this size and a scan of all of it, with `data` as its entropy-coded data.
fn claiming((width, height): (u16, u16), progressive: bool, data: &[u8]) -> Vec<u8> {
    let mut jpeg = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    jpeg.extend([1; 64]);
    jpeg.extend([0xFF, if progressive { 0xC2 } else { 0xC0 }, 0, 11, 8]);
    jpeg.extend(height.to_be_bytes());
    jpeg.extend(width.to_be_bytes());
    jpeg.extend([1, 1, 0x11, 0]);
    // One code each: a difference of zero, and the end of a block.
    for class in [0, 0x10] {
        jpeg.extend([0xFF, 0xC4, 0, 20, class, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
    if progressive {
        jpeg.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0]);
        jpeg.extend(data);
        jpeg.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 63, 0]);
    } else {
        jpeg.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]);
    }
    jpeg.extend(data);
    jpeg.extend([0xFF, 0xD9]);
    jpeg
}

#[test]
fn a_size_that_the_data_cannot_hold_is_refused_from_the_headers() {
    let limits = DecodeLimits { max_pixels: u64::MAX, ..DecodeLimits::default() };
    for progressive in [false, true] {
        let jpeg = claiming((65_500, 65_500), progressive, &[0; 100]);
        assert!(matches!(Decoder::new(&jpeg, &limits), Err(DecodeError::Malformed(_))));
        let jpeg = claiming((65_500, 65_500), progressive, &[0; 100]);
        assert!(matches!(
            Decoder::new(&jpeg, &DecodeLimits::default()),
            Err(DecodeError::TooLarge { width: 65_500, height: 65_500, .. })
        ));
    }
}

#[test]
fn the_shortest_data_that_hold_a_picture_are_enough() {
    // 64 blocks of one bit or of two.
    assert_eq!(planes(&claiming((64, 64), false, &[0; 16])).unwrap(), [vec![128; 4096]]);
    assert_eq!(planes(&claiming((64, 64), true, &[0; 8])).unwrap(), [vec![128; 4096]]);
    assert!(planes(&claiming((64, 64), false, &[0; 15])).is_err());
    assert!(planes(&claiming((64, 64), true, &[0; 7])).is_err());
}

#[test]
fn what_is_not_decoded_is_named() {
    let jpeg = claiming((64, 64), false, &[0; 16]);
    let at = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    let with = |offset: usize, value: u8| {
        let mut jpeg = jpeg.clone();
        jpeg[at + offset] = value;
        planes(&jpeg).unwrap_err().to_string()
    };
    assert!(with(1, 0xC3).contains("lossless"));
    assert!(with(1, 0xC5).contains("hierarchical"));
    assert!(with(1, 0xC9).contains("arithmetic"));
    assert!(with(4, 12).contains("8 bits"));
    assert!(with(6, 0).contains("DNL"));
    assert!(with(8, 0).contains("damaged"));
}

#[test]
fn cancelling_ends_the_decoding() {
    use std::sync::atomic::{AtomicU32, Ordering};
    for (what, jpeg) in one_of_each(SIZE) {
        let asked = AtomicU32::new(0);
        let count = |stop_at: u32| {
            asked.store(0, Ordering::Relaxed);
            let go_on = || asked.fetch_add(1, Ordering::Relaxed) < stop_at;
            let decoder = Decoder::new(&jpeg, &DecodeLimits::default()).unwrap().with_checkpoint(&go_on);
            let run = || {
                let mut strips = decoder.strips()?;
                while strips.next_strip()?.is_some() {}
                Ok(())
            };
            run()
        };
        assert_eq!(count(u32::MAX), Ok(()), "{what}");
        let times = asked.load(Ordering::Relaxed);
        assert!(times as usize >= SIZE.1 / 16, "{what}");
        for stop_at in 0..times {
            assert_eq!(count(stop_at), Err(DecodeError::Cancelled), "{what}");
        }
    }
}
