//! Whatever bytes come, the answer is a picture or an error.

use imgpress_codec::{Error, Limits, Verify, compress_verified, probe};
use proptest::prelude::*;

use crate::fixtures::{
    Coding, Decoded, Picture, every_format, exif, gif, jpeg, png_with_icc, run, with_segment,
};

fn seeds() -> Vec<Vec<u8>> {
    let picture = Picture::photo(33, 21);
    let icc = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let mut seeds: Vec<Vec<u8>> = every_format(&picture).into_iter().map(|(_, bytes)| bytes).collect();
    seeds.push(run(&seeds[2], 80).unwrap().bytes);
    seeds.push(png_with_icc(&picture, &icc));
    seeds.push(gif(&picture, |at| if at % 3 == 0 { 0 } else { 255 }));
    let tagged = with_segment(&seeds[0], 0xe2, &[b"ICC_PROFILE\0\x01\x01".as_slice(), &icc].concat());
    seeds.push(with_segment(&tagged, 0xe1, &[b"Exif\0\0".as_slice(), &exif(5)].concat()));
    seeds.push(jpeg(&picture, Coding { restart: 2, progressive: true, ..Coding::default() }));
    seeds
}

/// Small limits: what is tested is sense and not endurance.
fn limits() -> Limits {
    Limits { max_pixels: 1_000_000, ..Limits::default() }
}

fn assert_answered(input: &[u8]) {
    let header = probe(input, &limits());
    let options = imgpress_codec::options::Options::default();
    let budget = imgpress_codec::Budget::unlimited();
    match compress_verified(input, &options, &limits(), &budget, Verify::Always) {
        Ok(output) => {
            let decoded = Decoded::of(&output.bytes);
            assert_eq!(
                usize::from(decoded.width) * usize::from(decoded.height) * decoded.components,
                decoded.pixels.len()
            );
            assert!(header.is_ok());
        }
        Err(Error::Encoder(reason)) => panic!("a stranger's bytes reached the encoder: {reason}"),
        Err(_) => {}
    }
}

#[test]
fn jpegs_with_reserved_markers_are_answered() {
    let jpegs = seeds().into_iter().filter(|seed| seed.starts_with(b"\xff\xd8"));
    for jpeg in jpegs {
        for (at, marker) in
            (2..jpeg.len().min(200)).flat_map(|at| [(at, 0x02), (at, 0xc8), (at, 0xde), (at, 0xf7)])
        {
            let mut edited = jpeg.clone();
            edited[at] = marker;
            assert_answered(&edited);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_answered(
        start in proptest::sample::select(vec![
            &b""[..], b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x40\0\0\0WEBP", b"II\x2a\0", b"MM\0\x2a", b"qoif", b"P6 ", b"\0\0\x01\0\x01\0",
        ]),
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        assert_answered(&[start, &bytes].concat());
    }

    #[test]
    fn mutated_files_are_answered(
        seed in proptest::sample::select(seeds()),
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        cut in proptest::option::weighted(0.2, any::<proptest::sample::Index>()),
        near_start in any::<bool>(),
    ) {
        let mut bytes = seed;
        for (index, value) in edits {
            let range = if near_start { bytes.len().min(200) } else { bytes.len() };
            bytes[index.index(range)] = value;
        }
        let length = cut.map_or(bytes.len(), |index| index.index(bytes.len()));
        assert_answered(&bytes[..length]);
    }
}
