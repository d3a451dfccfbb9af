//! Damage of every kind that a format can tell, in files that are as long as they should be. Each of these was once
//! answered with a picture of which a part was made up.

use imgpress_codec::Error;

use crate::fixtures::{Coding, Picture, every_format, exif, gif, jpeg, run, webp};
use crate::tiffs::{self, Strip};

#[track_caller]
fn assert_corrupt(input: &[u8], what: &str) {
    match run(input, 80) {
        Err(Error::Corrupt(_)) => {}
        other => panic!("{what}: {:?}", other.map(|output| (output.outcome, output.bytes.len()))),
    }
}

/// The file with everything from here on overwritten, as where a download was written into a file made in advance.
fn zeroed_from(bytes: &[u8], percent: usize) -> Vec<u8> {
    let from = bytes.len() * percent / 100;
    [&bytes[..from], &vec![0; bytes.len() - from]].concat()
}

#[test]
fn a_compressed_file_that_ends_in_zeros_is_corrupt() {
    let picture = Picture::photo(150, 110);
    // Of pixels that are stored as they are, zeros are as good as any.
    let compressed =
        every_format(&picture).into_iter().filter(|(name, _)| !["bmp", "tiff", "pnm"].contains(name));
    for (name, bytes) in compressed.chain([("lossy webp", LOSSY_WEBP.to_vec())]) {
        run(&bytes, 80).unwrap_or_else(|error| panic!("{name}: {error}"));
        for percent in [10, 50, 80] {
            assert_corrupt(&zeroed_from(&bytes, percent), &format!("{name}, zeros from {percent} % on"));
        }
    }
}

#[test]
fn a_jpeg_without_end_marker_whose_last_bytes_are_zeros_is_corrupt() {
    let bytes = jpeg(&Picture::photo(150, 110), Coding::default());
    let kept = bytes.len() - 12;
    assert_corrupt(&[&bytes[..kept], &[0; 12]].concat(), "zeros for the last units");
}

#[test]
fn a_png_with_a_flipped_bit_is_corrupt() {
    let bytes = crate::fixtures::png_rgb(&Picture::photo(60, 40));
    for at in (8..bytes.len() - 12).step_by(37) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 4;
        let refused = matches!(run(&flipped, 80), Err(Error::Corrupt(_) | Error::TooLarge(_)));
        assert!(refused, "byte {at}");
    }
}

#[test]
fn a_gif_whose_codes_give_too_many_pixels_is_corrupt() {
    let picture = Picture::photo(64, 48);
    let whole = gif(&picture, |_| 255);
    let image = 13 + whole[13..].windows(2).position(|pair| pair == [0x2c, 0]).unwrap();
    let mut shorter = whole.clone();
    for height in [8, image + 7] {
        shorter[height..height + 2].copy_from_slice(&40_u16.to_le_bytes());
    }
    assert_corrupt(&shorter, "eight rows too many");
}

#[test]
fn a_lossless_webp_that_needs_less_than_it_has_is_corrupt() {
    let picture = Picture::photo(64, 48);
    let whole = webp(&picture, &exif(1));
    let data = whole.windows(4).position(|name| name == b"VP8L").unwrap();
    let length = u32::from_le_bytes(*whole[data + 4..].first_chunk().unwrap());
    let end = data + 8 + usize::try_from(length).unwrap();
    let mut longer = [&whole[..end], &[0x5a; 40], &whole[end..]].concat();
    longer[data + 4..data + 8].copy_from_slice(&(length + 40).to_le_bytes());
    let size = u32::try_from(longer.len() - 8).unwrap();
    longer[4..8].copy_from_slice(&size.to_le_bytes());
    assert_corrupt(&longer, "forty bytes behind the last pixel");
}

#[test]
fn a_qoi_whose_pixels_do_not_end_at_its_end_marker_is_corrupt() {
    let bytes = crate::fixtures::qoi(&Picture::photo(64, 48));
    let (pixels, marker) = bytes.split_at(bytes.len() - 8);
    assert_corrupt(&[pixels, &[0xc5], marker].concat(), "a run behind the last pixel");
}

#[test]
fn a_bitmap_of_runs_without_some_of_its_rows_is_corrupt() {
    let row = [16, 1, 0, 0];
    let bitmap = |runs: &[u8]| {
        let mut bytes =
            b"BM\0\0\0\0\0\0\0\0\x3e\0\0\0\x28\0\0\0\x10\0\0\0\x08\0\0\0\x01\0\x08\0\x01\0\0\0".to_vec();
        bytes.extend_from_slice(&[0; 12]);
        bytes.extend_from_slice(&[2, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend_from_slice(&[0, 0, 0, 0, 255, 255, 255, 0]);
        bytes.extend_from_slice(runs);
        bytes
    };
    let whole = [&row.repeat(8)[..], &[0, 1]].concat();
    run(&bitmap(&whole), 80).unwrap();
    run(&bitmap(&[&row.repeat(7)[..], &[16, 1, 0, 1]].concat()), 80).unwrap();
    // A ground of the first colour, with one step ahead to where something is.
    run(&bitmap(&[&[0, 2, 3, 3][..], &[5, 1, 0, 1]].concat()), 80).unwrap();
    for (runs, what) in [
        ([&row.repeat(4)[..], &[0, 1]].concat(), "an early end"),
        (row.repeat(8), "no end"),
        ([&row.repeat(4)[..], &[0; 16]].concat(), "empty rows"),
        ([&row.repeat(9)[..], &[0, 1]].concat(), "a row too many"),
    ] {
        assert_corrupt(&bitmap(&runs), what);
    }
}

#[test]
fn a_bitmap_whose_pixels_begin_inside_its_palette_is_corrupt() {
    let mut bytes =
        b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x02\0\0\0\x01\0\x08\0\0\0\0\0".to_vec();
    bytes.extend_from_slice(&[0; 20]);
    bytes.extend_from_slice(&[0x55; 1024 + 8]);
    assert_corrupt(&bytes, "at its start");
}

#[test]
fn a_tiff_strip_with_a_wrong_checksum_is_corrupt() {
    let picture = Picture::photo(60, 40);
    let strip = tiffs::deflated(&picture.rgb);
    run(&tiffs::file(&picture, 8, &strip), 80).unwrap();
    let mut wrong = strip.clone();
    *wrong.0.last_mut().unwrap() ^= 1;
    assert_corrupt(&tiffs::file(&picture, 8, &wrong), "adler");
    let cut = Strip(strip.0[..strip.0.len() - 4].to_vec());
    assert_corrupt(&tiffs::file(&picture, 8, &cut), "no checksum");
}

#[test]
fn a_tiff_strip_that_gives_other_than_its_pixels_is_corrupt() {
    let picture = Picture::photo(60, 40);
    for (compression, pack) in
        [(8_u16, tiffs::deflated as fn(&[u8]) -> Strip), (5, tiffs::lzw), (32_773, tiffs::packed_bits)]
    {
        run(&tiffs::file(&picture, compression, &pack(&picture.rgb)), 80)
            .unwrap_or_else(|error| panic!("{compression}: {error}"));
        let more = [&picture.rgb[..], &[9; 60]].concat();
        assert_corrupt(&tiffs::file(&picture, compression, &pack(&more)), "too many");
        let fewer = &picture.rgb[..picture.rgb.len() - 60];
        assert_corrupt(&tiffs::file(&picture, compression, &pack(fewer)), "too few");
    }
}

#[test]
fn a_tiff_strip_that_is_a_damaged_jpeg_is_corrupt() {
    let picture = Picture::photo(64, 48);
    let rgb = tiffs::jpeg_rgb(&picture);
    run(&tiffs::file(&picture, 7, &Strip(rgb.clone())), 80).unwrap();
    let half = rgb.len() / 2;
    let ended = [&rgb[..half], &[0xff, 0xd9]].concat();
    assert_corrupt(&tiffs::file(&picture, 7, &Strip(ended)), "half of it, ended");
}

/// 64 by 48 pixels, of a writer that is none of ours.
const LOSSY_WEBP: &[u8] = include_bytes!("lossy.webp");
