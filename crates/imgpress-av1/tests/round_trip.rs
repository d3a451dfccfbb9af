//! What libaom encodes is what rav1d decodes, and nothing that strangers send does harm.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use imgpress_av1::{
    Chroma, Colors, DecodeError, Depth, EncodeError, Encoding, Limits, Planes, Quantizer, Speed, decode, encode,
};

const SRGB: Colors = Colors { primaries: 1, transfer: 13, matrix: 6, full_range: true };
const LIMITS: Limits = Limits { max_pixels: 1 << 20 };

/// Soft waves, which every quantiser leaves recognisable.
fn waves(size: (usize, usize), chroma: Chroma, depth: Depth) -> Planes {
    let count = if chroma == Chroma::None { 1 } else { 3 };
    let samples = (0..count)
        .map(|plane| {
            let (columns, rows) = chroma.size_of(size, plane);
            let wave = |i: usize| {
                let (x, y) = ((i % columns) as f32, (i / columns) as f32);
                let value = 0.5 + 0.4 * ((x + plane as f32) / 9.0).sin() * (y / 7.0).cos();
                (value * f32::from(depth.largest())) as u16
            };
            (0..columns * rows).map(wave).collect()
        })
        .collect();
    Planes::new(size, chroma, depth, samples).unwrap()
}

fn encoded(planes: &Planes, quantizer: u8) -> Vec<u8> {
    let how = Encoding { quantizer: Quantizer::new(quantizer), speed: Speed::new(9), colors: SRGB, options: &[] };
    encode(planes, &how).unwrap()
}

/// The mean difference between samples, as a share of the largest value.
fn difference(a: &Planes, b: &Planes) -> f64 {
    let pairs = || a.samples().iter().flatten().zip(b.samples().iter().flatten());
    let sum: f64 = pairs().map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
    sum / pairs().count() as f64 / f64::from(a.depth().largest())
}

#[test]
fn pictures_of_every_kind_and_size_come_back() {
    for chroma in [Chroma::None, Chroma::Half, Chroma::HalfWide, Chroma::Full] {
        for depth in [Depth::Eight, Depth::Ten, Depth::Twelve] {
            for size in [(1, 1), (2, 1), (7, 5), (64, 64), (97, 33)] {
                let planes = waves(size, chroma, depth);
                let back = decode(&encoded(&planes, 10), &LIMITS).unwrap();
                assert_eq!((back.size(), back.chroma(), back.depth()), (size, chroma, depth));
                let difference = difference(&planes, &back);
                assert!(difference < 0.02, "{chroma:?} {depth:?} {size:?}: {difference}");
            }
        }
    }
}

#[test]
fn coarser_is_smaller_and_farther_away() {
    let planes = waves((200, 120), Chroma::Full, Depth::Ten);
    let (fine, coarse) = (encoded(&planes, 8), encoded(&planes, 55));
    assert!(coarse.len() < fine.len());
    let far = |bytes: &[u8]| difference(&planes, &decode(bytes, &LIMITS).unwrap());
    assert!(far(&fine) < far(&coarse));
}

#[test]
fn the_same_picture_gives_the_same_bytes() {
    let planes = waves((130, 70), Chroma::Half, Depth::Eight);
    assert_eq!(encoded(&planes, 30), encoded(&planes, 30));
}

#[test]
fn an_option_that_libaom_does_not_know_is_an_error_in_its_words() {
    let planes = waves((8, 8), Chroma::None, Depth::Eight);
    let options = &[("no-such-option", "1")];
    let how = Encoding { quantizer: Quantizer::new(30), speed: Speed::new(9), colors: SRGB, options };
    assert!(matches!(encode(&planes, &how), Err(EncodeError::Library { doing: "set an option", .. })));
}

#[test]
fn planes_have_the_samples_that_their_size_asks_for() {
    let one = || vec![0; 12];
    assert!(Planes::new((4, 3), Chroma::None, Depth::Eight, vec![one()]).is_ok());
    for (size, chroma, samples) in [
        ((0, 3), Chroma::None, vec![vec![]]),
        ((4, 4), Chroma::None, vec![one()]),
        ((4, 3), Chroma::None, vec![one(), one()]),
        ((4, 3), Chroma::Full, vec![one()]),
        ((4, 3), Chroma::Half, vec![one(), one(), one()]),
        ((usize::MAX, 2), Chroma::None, vec![one()]),
    ] {
        assert!(Planes::new(size, chroma, Depth::Eight, samples).is_err(), "{size:?} {chroma:?}");
    }
    let above = Planes::new((1, 1), Chroma::None, Depth::Eight, vec![vec![999]]).unwrap();
    assert_eq!(above.samples(), [[255]]);
}

#[test]
fn a_frame_above_the_limit_is_refused() {
    let bytes = encoded(&waves((64, 64), Chroma::None, Depth::Eight), 30);
    assert_eq!(decode(&bytes, &Limits { max_pixels: 64 * 64 - 1 }), Err(DecodeError::Malformed));
}

#[test]
fn cut_and_changed_bytes_are_refused_or_decoded_and_never_more() {
    let bytes = encoded(&waves((96, 80), Chroma::Half, Depth::Eight), 20);
    for length in 0..bytes.len() {
        assert!(decode(&bytes[..length], &LIMITS).is_err(), "{length} of {} bytes", bytes.len());
    }
    for at in 0..bytes.len() {
        for bit in [1, 16, 128] {
            let mut changed = bytes.clone();
            changed[at] ^= bit;
            let _ = decode(&changed, &LIMITS);
        }
    }
}
