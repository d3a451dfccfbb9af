//! TIFF files whose directory makes more of their bytes than there are.

use imgpress_codec::Error;

use crate::fixtures::run;

const PACK_BITS: u32 = 32_773;

/// A grey picture of one row a strip, each of which is said to be all of the data.
fn strips_over_each_other(rows: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"II\x2a\0\0\0\0\0".to_vec();
    let start = u32::try_from(bytes.len()).unwrap();
    bytes.extend_from_slice(data);
    let length = u32::try_from(data.len()).unwrap();
    let [starts, lengths] = [start, length].map(|value| {
        let at = u32::try_from(bytes.len()).unwrap();
        bytes.extend(value.to_le_bytes().repeat(rows as usize));
        at
    });
    let directory = u32::try_from(bytes.len()).unwrap();
    bytes[4..8].copy_from_slice(&directory.to_le_bytes());
    let fields = [
        (256_u16, 1, 64),
        (257, 1, rows),
        (258, 1, 8),
        (259, 1, PACK_BITS),
        (262, 1, 1),
        (273, rows, starts),
        (277, 1, 1),
        (278, 1, 1),
        (279, rows, lengths),
    ];
    bytes.extend(u16::try_from(fields.len()).unwrap().to_le_bytes());
    for (tag, count, value) in fields {
        bytes.extend(tag.to_le_bytes().into_iter().chain(4_u16.to_le_bytes()));
        bytes.extend([count, value].map(u32::to_le_bytes).concat());
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes
}

#[test]
fn strips_that_lie_over_each_other_are_refused_before_any_is_unpacked() {
    // 64 bytes of grey behind bytes that mean nothing (-128): as many times as there are rows, they take minutes.
    let grey = [0xc1, 128];
    let data = [vec![0x80; 4 << 20], grey.to_vec()].concat();
    match run(&strips_over_each_other(16_000, &data), 80) {
        Err(Error::Corrupt(what)) => assert!(what.to_string().contains("over each other"), "{what}"),
        other => panic!("{:?}", other.map(|output| output.bytes.len())),
    }
}

#[test]
fn a_strip_that_is_stored_once_and_shown_twice_is_a_picture() {
    let made = run(&strips_over_each_other(2, &[0xc1, 128]), 80).unwrap();
    assert_eq!((made.width, made.height), (64, 2));
}
