//! Whatever bytes come in, there is an answer: a whole picture of the claimed size, or an error.

use imgpress_jpeg::{ColorTransform, DecodeError, DecodeLimits, Decoder};
use proptest::prelude::*;

use crate::files::one_of_each;

fn limits() -> DecodeLimits {
    DecodeLimits { max_pixels: 1 << 20, max_scans: 20, max_segments: 100 }
}

/// Decodes in all ways, and checks that they agree.
fn decode(jpeg: &[u8]) -> Result<(), DecodeError> {
    let decoder = Decoder::new(jpeg, &limits())?;
    let (width, height) = (decoder.width() as usize, decoder.height() as usize);
    assert!(width * height <= 1 << 20);
    let mut rows = vec![0; decoder.components().len()];
    let mut by_strips = || {
        let mut strips = decoder.strips()?;
        while let Some(strip) = strips.next_strip()? {
            for (rows, plane) in rows.iter_mut().zip(strip.planes()) {
                assert_eq!(plane.top, *rows);
                *rows += plane.rows().filter(|row| row.len() == plane.width).count();
            }
        }
        Ok(())
    };
    let by_strips = by_strips();
    assert_eq!(decoder.coefficients().map(|_| ()), by_strips);
    for transform in [ColorTransform::None, ColorTransform::YCbCr] {
        let pixels = decoder.decode(transform).map(|pixels| {
            assert_eq!(pixels.len(), width * height * decoder.components().len());
        });
        assert_eq!(pixels, by_strips);
    }
    if by_strips.is_ok() {
        assert!(rows.iter().zip(decoder.components()).all(|(rows, component)| *rows == component.height()));
    }
    by_strips
}

#[test]
fn files_with_any_one_byte_changed_are_answered() {
    for (what, jpeg) in one_of_each((17, 33)) {
        decode(&jpeg).unwrap_or_else(|error| panic!("{what}: {error}"));
        let mut refused = 0;
        for at in 0..jpeg.len() {
            for value in [0, 0xFF, jpeg[at] ^ 1, jpeg[at] ^ 0x80, jpeg[at] ^ 0x10] {
                let mut changed = jpeg.clone();
                changed[at] = value;
                refused += usize::from(decode(&changed).is_err());
            }
        }
        assert!(refused > jpeg.len() / 10, "{what}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn files_with_bytes_changed_taken_out_or_put_in_are_answered(
        kind in 0_usize..14,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..8),
    ) {
        let mut files = one_of_each((40, 29));
        let jpeg = &mut files[kind].1;
        for (at, value, edit) in edits {
            let at = at.index(jpeg.len());
            match edit {
                0 => jpeg[at] = value,
                1 => jpeg.insert(at, value),
                _ => {
                    jpeg.remove(at);
                }
            }
        }
        let _ = decode(jpeg);
    }

    #[test]
    fn any_bytes_at_all_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = decode(&bytes);
        let _ = decode(&[&[0xFF, 0xD8], bytes.as_slice()].concat());
    }

    #[test]
    fn any_entropy_coded_data_are_answered(
        kind in 0_usize..14,
        bytes in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let (_, jpeg) = &one_of_each((40, 29))[kind];
        let scan = jpeg.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
        let start = scan + 2 + usize::from(u16::from_be_bytes([jpeg[scan + 2], jpeg[scan + 3]]));
        let _ = decode(&[&jpeg[..start], &bytes].concat());
        let without_markers: Vec<u8> = bytes.iter().map(|&byte| byte & 0x7F).collect();
        let _ = decode(&[&jpeg[..start], &without_markers, &jpeg[start..]].concat());
    }
}
