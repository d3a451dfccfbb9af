//! Icons of bitmaps: which of several is taken, and what of them is seen.

use crate::fixtures::{Decoded, assert_near, ico, run_on};

/// Blue, green, red, alpha.
const RED: [u8; 4] = [30, 60, 200, 255];
const BLUE: [u8; 4] = [200, 60, 30, 255];

/// A bitmap of 16×16 pixels of 32 bits, its height doubled for the mask that follows it: rows from the lowest up.
fn bitmap(pixel: [u8; 4], mask: &[u8]) -> Vec<u8> {
    let mut bitmap = vec![40, 0, 0, 0, 16, 0, 0, 0, 32, 0, 0, 0, 1, 0, 32, 0];
    bitmap.resize(40, 0);
    bitmap.extend_from_slice(&pixel.repeat(256));
    bitmap.extend_from_slice(mask);
    bitmap
}

/// The lower half is hidden.
fn half() -> Vec<u8> {
    [[255; 32], [0; 32]].concat()
}

fn on_white(icon: &[u8]) -> Decoded {
    Decoded::of(&run_on(icon, "#ffffff").bytes)
}

#[test]
fn an_icon_holding_a_bitmap_is_decoded() {
    for (mask, what) in [(vec![0; 64], "all of it is seen"), (Vec::new(), "no mask")] {
        let decoded = on_white(&ico((16, 16), &bitmap(RED, &mask)));
        assert_near(&decoded.at(0.5, 0.5), &[200, 60, 30], 4, what);
    }
}

#[test]
fn a_mask_that_contradicts_alpha_is_ignored() {
    let decoded = on_white(&ico((16, 16), &bitmap(RED, &half())));
    assert_near(&decoded.at(0.5, 0.2), &[200, 60, 30], 4, "seen by both");
    assert_near(&decoded.at(0.5, 0.8), &[200, 60, 30], 4, "seen by alpha");
}

#[test]
fn where_alpha_was_never_written_the_mask_counts() {
    let [blue, green, red, _] = RED;
    let decoded = on_white(&ico((16, 16), &bitmap([blue, green, red, 0], &half())));
    assert_near(&decoded.at(0.5, 0.2), &[200, 60, 30], 4, "seen");
    assert_near(&decoded.at(0.5, 0.8), &[255, 255, 255], 4, "hidden");
}

#[test]
fn of_equal_pictures_the_first_is_taken() {
    let (first, second) = (bitmap(RED, &[]), bitmap(BLUE, &[]));
    let entry = |offset: usize| {
        let size = u32::try_from(first.len()).unwrap().to_le_bytes();
        let offset = u32::try_from(offset).unwrap().to_le_bytes();
        [&[16, 16, 0, 0, 1, 0, 32, 0][..], &size, &offset].concat()
    };
    let icon = [&[0, 0, 1, 0, 2, 0][..], &entry(38), &entry(38 + first.len()), &first, &second].concat();
    assert_near(&on_white(&icon).at(0.5, 0.5), &[200, 60, 30], 4, "first");
}
