//! Bitmaps of older headers, and of run lengths.

use imgpress_codec::Error;

use crate::fixtures::{Decoded, assert_near, run, run_on};

const SIDE: u8 = 16;

/// A bitmap of 16 by 16 pixels: its header's fields from the width on, its palette and its data.
fn bitmap(header: u8, bits: u8, compression: u8, palette: &[[u8; 4]], data: &[u8]) -> Vec<u8> {
    let mut fields = vec![header, 0, 0, 0, SIDE, 0, 0, 0, SIDE, 0, 0, 0, 1, 0, bits, 0, compression, 0, 0, 0];
    fields.resize(32, 0);
    fields.push(palette.len() as u8);
    fields.resize(64, 0);
    let offset = 14 + header + 4 * palette.len() as u8;
    let mut bytes = vec![b'B', b'M', 0, 0, 0, 0, 0, 0, 0, 0, offset, 0, 0, 0];
    bytes.extend_from_slice(&fields[..header.into()]);
    bytes.extend_from_slice(palette.as_flattened());
    bytes.extend_from_slice(data);
    bytes
}

/// Blue, green, red: red and blue.
const COLORS: [[u8; 4]; 2] = [[20, 20, 220, 0], [220, 20, 20, 0]];

#[test]
fn headers_of_os_2_mean_what_those_of_windows_mean() {
    // The lower half is of the second colour.
    let data = [[1; 128], [0; 128]].concat();
    let mut all = COLORS.to_vec();
    all.resize(256, [0; 4]);
    let short = |header: u8| {
        // Without a field for their number, there are as many colours as there can be.
        let mut bytes = bitmap(header, 8, 0, &COLORS, &[]);
        bytes.truncate(14 + usize::from(header));
        bytes[10..14].copy_from_slice(&(14 + u32::from(header) + 1024).to_le_bytes());
        [&bytes[..], all.as_flattened(), &data].concat()
    };
    for (input, what) in [
        (bitmap(40, 8, 0, &COLORS, &data), "Windows"),
        (bitmap(64, 8, 0, &COLORS, &data), "OS/2"),
        (short(16), "OS/2, the short form"),
    ] {
        let decoded = Decoded::of(&run(&input, 95).unwrap_or_else(|error| panic!("{what}: {error}")).bytes);
        assert_near(&decoded.at(0.5, 0.2), &[220, 20, 20], 6, what);
        assert_near(&decoded.at(0.5, 0.8), &[20, 20, 220], 6, what);
        assert!(matches!(run(&input[..input.len() - 9], 80), Err(Error::Corrupt(_))), "{what}, cut off");
    }
    for compression in [3, 4] {
        let input = bitmap(64, 8, compression, &COLORS, &data);
        assert!(matches!(run(&input, 80), Err(Error::UnsupportedFormat(_))), "{compression}");
    }
}

#[test]
fn what_run_lengths_leave_out_shows_the_background() {
    // Eight rows of eight pixels, then a step ahead to a row whose end is drawn; the rest is left out.
    let runs = [&[8, 1, 0, 0].repeat(8)[..], &[0, 2, 8, 0, 8, 1, 0, 1]].concat();
    let nibbles = [&[8, 0x11, 0, 0].repeat(8)[..], &[0, 2, 8, 0, 8, 0x11, 0, 1]].concat();
    for (bits, compression, data) in [(8, 1, &runs), (4, 2, &nibbles)] {
        let input = bitmap(40, bits, compression, &COLORS, data);
        for (background, expected) in [("#ffffff", [255, 255, 255]), ("#103050", [16, 48, 80])] {
            let decoded = Decoded::of(&run_on(&input, background).bytes);
            assert_near(&decoded.at(0.2, 0.8), &[20, 20, 220], 8, "drawn");
            assert_near(&decoded.at(0.8, 0.8), &expected, 8, "the end of rows");
            assert_near(&decoded.at(0.5, 0.2), &expected, 8, "above the last one");
        }
    }
}

#[test]
fn run_lengths_of_four_bits_alternate_and_stop_at_the_end_of_the_row() {
    // Sixteen pixels of both colours in turn, once as a run that is too long, and once pixel by pixel.
    let row = [&[18, 0x01, 0, 0][..], &[0, 16], &[0x01; 8], &[0, 0]].concat();
    let grounds = [[0; 4], [255; 4]];
    let input = bitmap(40, 4, 2, &grounds, &[&row.repeat(8)[..], &[0, 1]].concat());
    let decoded = Decoded::of(&run(&input, 100).unwrap().bytes);
    for column in 0..16 {
        let expected = if column % 2 == 0 { [0; 3] } else { [255; 3] };
        assert_near(&decoded.pixels[(8 * 16 + column) * 3..][..3], &expected, 20, "column");
    }
}
