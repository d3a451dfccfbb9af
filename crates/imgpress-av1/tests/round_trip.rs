//! What libaom encodes is what another decoder reads.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use imgpress_av1::{Chroma, Colors, Depth, EncodeError, Encoding, Planes, Quantizer, Speed, encode};
use rusty_av1d::{Decoder, PixelLayout, PlanarImageComponent, Settings};

const SRGB: Colors = Colors { primaries: 1, transfer: 13, matrix: 6, full_range: true };

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
    let how =
        Encoding { quantizer: Quantizer::new(quantizer), speed: Speed::new(9), colors: SRGB, options: &[] };
    encode(planes, &how).unwrap()
}

fn decoded(bytes: &[u8]) -> Planes {
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    let mut decoder = Decoder::with_settings(&settings).unwrap();
    decoder.send_data(bytes.into(), None, None, None).unwrap();
    let picture = decoder.get_picture().unwrap();
    let chroma = match picture.pixel_layout() {
        PixelLayout::I400 => Chroma::None,
        PixelLayout::I420 => Chroma::Half,
        PixelLayout::I422 => Chroma::HalfWide,
        PixelLayout::I444 => Chroma::Full,
    };
    let depth = match picture.bits_per_component().unwrap().0 {
        8 => Depth::Eight,
        10 => Depth::Ten,
        _ => Depth::Twelve,
    };
    let size = (picture.width() as usize, picture.height() as usize);
    let components = [PlanarImageComponent::Y, PlanarImageComponent::U, PlanarImageComponent::V];
    let count = if chroma == Chroma::None { 1 } else { 3 };
    let samples = components.into_iter().take(count).enumerate().map(|(plane, component)| {
        let (columns, rows) = chroma.size_of(size, plane);
        let (bytes, stride) = (picture.plane(component), picture.stride(component) as usize);
        let sample = |x: usize, y: usize| match depth {
            Depth::Eight => bytes[y * stride + x].into(),
            _ => u16::from_ne_bytes([bytes[y * stride + 2 * x], bytes[y * stride + 2 * x + 1]]),
        };
        (0..columns * rows).map(|at| sample(at % columns, at / columns)).collect()
    });
    Planes::new(size, chroma, depth, samples.collect()).unwrap()
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
                let back = decoded(&encoded(&planes, 10));
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
    let far = |bytes: &[u8]| difference(&planes, &decoded(bytes));
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
