//! A PNG is encoded while its rows are decoded, which nobody is to notice.

use imgpress_jpeg::{DecodeLimits, Decoder};

use crate::fixtures::{Picture, png_rgb, pnm, run};

/// What is decoded as a whole is the measure.
fn assert_same_as_whole(picture: &Picture, quality: u8) -> Vec<u8> {
    let in_bands = run(&png_rgb(picture), quality).unwrap().bytes;
    let whole = run(&pnm(picture), quality).unwrap().bytes;
    assert!(in_bands == whole, "{} against {} bytes at {quality}", in_bands.len(), whole.len());
    in_bands
}

/// How luma is sampled against chroma.
fn sampling(file: &[u8]) -> (usize, usize) {
    Decoder::new(file, &DecodeLimits::default()).unwrap().components()[0].sampling()
}

#[test]
fn a_picture_in_bands_becomes_the_same_file_as_a_whole_one() {
    for (width, height) in [(1, 1), (7, 15), (64, 16), (65, 17), (150, 333)] {
        for quality in [10, 80, 100] {
            assert_same_as_whole(&Picture::photo(width, height), quality);
        }
    }
}

#[test]
fn a_picture_that_needs_chroma_at_full_size_gets_it_in_bands_too() {
    let lines = Picture::new(96, 300, |x, _| if x % 9 == 3 { [230, 0, 20] } else { [255; 3] });
    let file = assert_same_as_whole(&lines, 90);
    assert_eq!(sampling(&file), (1, 1));
}

#[test]
fn a_picture_whose_first_rows_alone_need_chroma_at_full_size_is_judged_as_a_whole() {
    let top = |x, y| if x % 9 == 3 && y < 4 { [230, 0, 20] } else { [255; 3] };
    let file = assert_same_as_whole(&Picture::new(96, 300, top), 75);
    assert_eq!(sampling(&file), (2, 2));
}
