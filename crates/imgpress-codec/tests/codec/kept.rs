use imgpress_codec::{Limits, Orientation, Outcome, probe};

use crate::fixtures::{
    Coding, Decoded, Picture, display_p3, every_format, exif, jpeg, png_rgb, run, with_segment,
};

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// A file that nothing makes smaller: one that was made here.
fn coarse() -> Vec<u8> {
    run(&png_rgb(&Picture::photo(160, 120)), 20).unwrap().bytes
}

/// The same picture as most encoders write it.
fn coarse_as_others_write_it() -> Vec<u8> {
    jpeg(&Picture::photo(160, 120), Coding { quality: 20, ..Coding::default() })
}

#[test]
fn a_second_pass_changes_no_byte() {
    for quality in [1, 30, 80, 95, 100] {
        for (name, bytes) in every_format(&Picture::photo(150, 90)) {
            let first = run(&bytes, quality).unwrap();
            let second = run(&first.bytes, quality).unwrap();
            assert_eq!((second.outcome, &second.bytes), (Outcome::Kept, &first.bytes), "{name} at {quality}");
        }
    }
}

#[test]
fn a_jpeg_never_grows() {
    for quality in [5, 20, 50, 80, 95] {
        let input = jpeg(&Picture::photo(160, 120), Coding { quality, ..Coding::default() });
        for wanted in [10, 60, 90, 100] {
            let output = run(&input, wanted).unwrap();
            assert!(
                output.bytes.len() <= input.len(),
                "{quality} to {wanted}: {} from {}",
                output.bytes.len(),
                input.len()
            );
        }
    }
}

#[test]
fn a_jpeg_that_is_coarser_already_is_kept_as_it_is() {
    let input = coarse();
    let output = run(&input, 80).unwrap();
    assert_eq!((output.outcome, &output.bytes), (Outcome::Kept, &input));
}

#[test]
fn a_kept_jpeg_is_coded_anew_where_that_makes_it_smaller() {
    let input = coarse_as_others_write_it();
    let output = run(&input, 80).unwrap();
    assert_eq!(output.outcome, Outcome::Kept);
    assert!(output.bytes.len() < input.len() * 9 / 10, "{} of {}", output.bytes.len(), input.len());
    assert_eq!(Decoded::by_libjpeg(&output.bytes), Decoded::by_libjpeg(&input));
    assert_eq!(run(&output.bytes, 80).unwrap().bytes, output.bytes, "a second pass");
}

#[test]
fn a_recoded_jpeg_keeps_what_its_picture_needs_and_loses_the_rest() {
    let icc = display_p3();
    let mut input = coarse_as_others_write_it();
    input = with_segment(&input, 0xe2, &[b"ICC_PROFILE\0\x01\x01".as_slice(), &icc].concat());
    input = with_segment(&input, 0xe1, &[b"Exif\0\0".as_slice(), &exif(6)].concat());
    input = with_segment(&input, 0xfe, b"a comment");
    let output = run(&input, 80).unwrap();
    assert_eq!((output.outcome, output.width, output.height), (Outcome::Kept, 120, 160));
    assert!(output.bytes.len() < coarse_as_others_write_it().len() + icc.len());
    assert!(contains(&output.bytes, &icc) && contains(&output.bytes, b"JFIF\0"));
    assert!(!contains(&output.bytes, b"Secret") && !contains(&output.bytes, b"comment"));
    assert_eq!(probe(&output.bytes, &Limits::default()).unwrap().orientation.exif(), 6);
    assert_eq!(Decoded::by_libjpeg(&output.bytes), Decoded::by_libjpeg(&input));
    assert_eq!(run(&output.bytes, 80).unwrap().bytes, output.bytes, "a second pass");
}

#[test]
fn a_jpeg_that_would_grow_by_being_encoded_anew_is_recoded() {
    // Of red, green and blue components, it is never found coarse enough without a try.
    let mut encoder = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_RGB);
    encoder.set_size(160, 120);
    encoder.set_fastest_defaults();
    encoder.set_color_space(mozjpeg::ColorSpace::JCS_RGB);
    encoder.set_quality(30.0);
    let mut started = encoder.start_compress(Vec::new()).unwrap();
    started.write_scanlines(&Picture::photo(160, 120).rgb).unwrap();
    let input = started.finish().unwrap();
    let output = run(&input, 100).unwrap();
    assert_eq!(output.outcome, Outcome::Kept);
    assert!(output.bytes.len() < input.len() * 9 / 10, "{} of {}", output.bytes.len(), input.len());
    assert_eq!(Decoded::by_libjpeg(&output.bytes), Decoded::by_libjpeg(&input));
    assert_eq!(run(&output.bytes, 100).unwrap().bytes, output.bytes, "a second pass");
}

#[test]
fn a_kept_jpeg_loses_its_metadata_and_no_pixel() {
    let plain = coarse();
    let mut input = with_segment(&plain, 0xe1, &[b"Exif\0\0".as_slice(), &exif(1)].concat());
    input = with_segment(&input, 0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>");
    input = with_segment(&input, 0xed, b"Photoshop 3.0\0secret");
    input = with_segment(&input, 0xfe, b"a comment");
    input.extend_from_slice(b"PK\x03\x04 a zip behind the picture");
    let output = run(&input, 80).unwrap();
    assert_eq!((output.outcome, &output.bytes), (Outcome::Kept, &plain));
}

#[test]
fn a_kept_jpeg_keeps_its_orientation_and_nothing_else_of_its_exif() {
    let input = with_segment(&coarse(), 0xe1, &[b"Exif\0\0".as_slice(), &exif(6)].concat());
    let output = run(&input, 80).unwrap();
    assert_eq!((output.outcome, output.width, output.height), (Outcome::Kept, 120, 160));
    let info = probe(&output.bytes, &Limits::default()).unwrap();
    assert_eq!(info.orientation.exif(), 6);
    assert!(!contains(&output.bytes, b"Secret") && output.bytes.len() < coarse().len() + 50);
    assert_eq!(Decoded::of(&output.bytes).pixels, Decoded::of(&input).pixels);
    assert_eq!(run(&output.bytes, 80).unwrap().bytes, output.bytes, "a second pass");
}

#[test]
fn a_kept_jpeg_keeps_its_colour_profile() {
    let icc = display_p3();
    let input = with_segment(&coarse(), 0xe2, &[b"ICC_PROFILE\0\x01\x01".as_slice(), &icc].concat());
    let output = run(&input, 80).unwrap();
    assert_eq!((output.outcome, &output.bytes), (Outcome::Kept, &input));
}

#[test]
fn a_kept_jpeg_without_an_end_marker_gets_one() {
    let whole = coarse();
    let output = run(&whole[..whole.len() - 2], 80).unwrap();
    assert_eq!((output.outcome, &output.bytes), (Outcome::Kept, &whole));
}

#[test]
fn the_thumbnail_of_a_jfif_header_goes() {
    let plain = coarse();
    // The fixture's own header is 18 bytes; this one has a thumbnail of one pixel.
    let header = b"JFIF\0\x01\x02\0\0\x01\0\x01\x01\x01\xaa\xbb\xcc";
    let input = with_segment(&[&plain[..2], &plain[20..]].concat(), 0xe0, header);
    let output = run(&input, 80).unwrap();
    assert_eq!(output.bytes.len(), input.len() - 3);
    assert!(!contains(&output.bytes, b"\xaa\xbb\xcc"));
}

#[test]
fn a_finer_jpeg_is_compressed_and_loses_its_metadata() {
    let fine = jpeg(&Picture::photo(160, 120), Coding { quality: 98, ..Coding::default() });
    let mut input = with_segment(&fine, 0xe1, &[b"Exif\0\0".as_slice(), &exif(1)].concat());
    input.extend_from_slice(b"<?php echo 1 ?>");
    let output = run(&input, 70).unwrap();
    assert_eq!((output.outcome, output.original.orientation), (Outcome::Compressed, Orientation::AS_STORED));
    assert!(!contains(&output.bytes, b"Secret") && !contains(&output.bytes, b"<?php"));
    assert!(output.bytes.len() < fine.len() / 2);
}

#[test]
fn a_kept_jpeg_whose_scan_header_says_what_it_should_not_has_it_put_right() {
    // So small that its own scan is the shortest.
    let coding = Coding { quality: 20, optimized: true, ..Coding::default() };
    let plain = jpeg(&Picture::photo(8, 8), coding);
    let scan = plain.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    let end = scan + 2 + usize::from(plain[scan + 3]);
    for odd in [[1, 63, 0], [0, 5, 0], [0, 63, 0x21], [200, 200, 200]] {
        let mut input = plain.clone();
        input[end - 3..end].copy_from_slice(&odd);
        let output = run(&input, 80).unwrap();
        assert!(output.outcome == Outcome::Kept && output.bytes == plain, "{odd:?}");
        assert_eq!(Decoded::of(&output.bytes).pixels, Decoded::of(&plain).pixels);
    }
}
