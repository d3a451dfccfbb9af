use imgpress_codec::Error;

use crate::fixtures::{Coding, Decoded, Picture, every_format, gif, jpeg, run, webp};

fn codings() -> Vec<(&'static str, Coding)> {
    let plain = Coding::default();
    vec![
        ("baseline", plain),
        ("baseline, optimised", Coding { optimized: true, ..plain }),
        ("baseline, restarts", Coding { restart: 5, ..plain }),
        ("progressive", Coding { progressive: true, ..plain }),
        ("progressive, restarts", Coding { progressive: true, restart: 7, ..plain }),
    ]
}

/// Our own output has refining scans, which the fixtures' encoder does not write.
fn refined() -> Vec<u8> {
    run(&crate::fixtures::png_rgb(&Picture::photo(150, 110)), 85).unwrap().bytes
}

fn jpegs() -> Vec<(&'static str, Vec<u8>)> {
    let picture = Picture::photo(150, 110);
    let made = codings().into_iter().map(|(name, coding)| (name, jpeg(&picture, coding)));
    made.chain([("refined", refined())]).collect()
}

#[track_caller]
fn assert_corrupt(input: &[u8], what: &str) {
    match run(input, 80) {
        Err(Error::Corrupt(_)) => {}
        other => panic!("{what}: {:?}", other.map(|output| (output.outcome, output.bytes.len()))),
    }
}

fn cut(bytes: &[u8], percent: usize) -> &[u8] {
    &bytes[..bytes.len() * percent / 100]
}

#[test]
fn a_cut_file_of_any_format_is_corrupt() {
    for (name, bytes) in every_format(&Picture::photo(150, 110)) {
        run(&bytes, 80).unwrap_or_else(|error| panic!("{name}: {error}"));
        for percent in [10, 50, 90, 99] {
            assert_corrupt(cut(&bytes, percent), &format!("{name} at {percent} %"));
        }
    }
}

#[test]
fn a_cut_jpeg_is_corrupt_even_with_an_end_marker_put_behind_it() {
    for (name, bytes) in jpegs() {
        for percent in [10, 30, 50, 70, 90, 99] {
            assert_corrupt(cut(&bytes, percent), &format!("{name} at {percent} %"));
            let ended = [cut(&bytes, percent), &[0xff, 0xd9]].concat();
            assert_corrupt(&ended, &format!("{name} at {percent} %, ended"));
        }
    }
}

#[test]
fn a_progressive_jpeg_cut_between_its_scans_is_corrupt() {
    for bytes in
        [refined(), jpeg(&Picture::photo(150, 110), Coding { progressive: true, ..Coding::default() })]
    {
        let scans: Vec<usize> =
            (2..bytes.len()).filter(|&at| bytes[at..].starts_with(&[0xff, 0xda])).collect();
        assert!(scans.len() > 2);
        for &scan in &scans[1..] {
            // Tables that stand before the scan go with it or stay: no matter.
            assert_corrupt(&bytes[..scan], "between scans");
            assert_corrupt(&[&bytes[..scan], &[0xff, 0xd9]].concat(), "between scans, ended");
        }
    }
}

#[test]
fn every_cut_of_a_small_jpeg_is_found_until_only_the_end_marker_is_missing() {
    let picture = Picture::photo(40, 30);
    for coding in [Coding::default(), Coding { progressive: true, ..Coding::default() }] {
        let bytes = jpeg(&picture, coding);
        for length in 3..bytes.len() - 2 {
            let whole = run(&bytes[..length], 50).is_ok();
            // The last byte may be nothing but padding.
            assert!(!whole || length + 3 >= bytes.len(), "{length} of {}", bytes.len());
        }
    }
}

#[test]
fn a_jpeg_that_only_lacks_its_end_marker_is_whole() {
    for (name, bytes) in jpegs() {
        let (unended, marker) = bytes.split_at(bytes.len() - 2);
        assert_eq!(marker, [0xff, 0xd9]);
        for missing in [unended, &bytes[..bytes.len() - 1]] {
            let output = run(missing, 30).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(
                Decoded::of(&output.bytes).pixels,
                Decoded::of(&run(&bytes, 30).unwrap().bytes).pixels,
                "{name}"
            );
        }
    }
}

#[test]
fn a_jpeg_with_a_lost_middle_is_corrupt() {
    for (name, bytes) in jpegs() {
        let (start, end) = (bytes.len() * 6 / 10, bytes.len() * 7 / 10);
        assert_corrupt(&[&bytes[..start], &bytes[end..]].concat(), name);
    }
}

#[test]
fn a_gif_whose_blocks_end_before_its_picture_is_corrupt() {
    let whole = gif(&Picture::photo(150, 110), |_| 255);
    // The first sub-block follows the image descriptor, its colour table and the code size.
    let image = 13 + whole[13..].windows(2).position(|pair| pair == [0x2c, 0]).unwrap();
    let table = if whole[image + 9] & 0x80 == 0 { 0 } else { 3 << ((whole[image + 9] & 7) + 1) };
    let blocks = image + 10 + table + 1;
    let first = usize::from(whole[blocks]) + 1;
    assert_corrupt(&[&whole[..blocks + first], &[0, 0x3b]].concat(), "one block and a trailer");
}

#[test]
fn what_comes_after_a_whole_picture_is_no_matter() {
    let picture = Picture::photo(60, 40);
    let without_trailer = gif(&picture, |_| 255);
    assert!(run(&without_trailer[..without_trailer.len() - 1], 80).is_ok());
    for (name, mut bytes) in every_format(&picture) {
        bytes.extend_from_slice(b"<script>alert(1)</script>");
        let output = run(&bytes, 80).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!output.bytes.windows(8).any(|window| window == b"<script>"), "{name}");
    }
    assert!(run(&webp(&picture, b"no exif at all"), 80).is_ok());
}
