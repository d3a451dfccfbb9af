//! Whatever is written, independent decoders read, to the same size and close to the picture.
#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it too")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::needless_pass_by_value,
    reason = "pictures are made from arithmetic, and settings on the spot"
)]

use std::num::NonZeroU16;

use imgpress_jpeg::{
    ColorType, Distance, Effort, EncodeError, Encoder, Mode, PlaneRows, Planes, Settings, Subsampling,
};
use proptest::prelude::*;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;

const EFFORTS: [Effort; 3] = [Effort::Fast, Effort::Balanced, Effort::Max];
const MODES: [Mode; 2] = [Mode::Progressive, Mode::Sequential];
const SUBSAMPLINGS: [Subsampling; 2] = [Subsampling::S420, Subsampling::S444];

fn settings(distance: f32) -> Settings {
    Settings::new(Distance::new(distance).unwrap())
}

fn encode((width, height): (u32, u32), color: ColorType, pixels: &[u8], settings: Settings) -> Vec<u8> {
    let mut encoder = Encoder::new(width, height, color, settings).unwrap();
    encoder.write_rows(pixels).unwrap();
    let mut jpeg = Vec::new();
    encoder.finish(&mut jpeg).unwrap();
    jpeg
}

/// A picture as three decoders see it; `None` where a decoder does not know the mode.
struct Decoded {
    size: (usize, usize),
    channels: usize,
    pixels: Vec<u8>,
}

fn zune(jpeg: &[u8], color: ColorType) -> Decoded {
    let space = if color == ColorType::Grey { ColorSpace::Luma } else { ColorSpace::RGB };
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(space)
        .set_strict_mode(true)
        .set_max_width(65_535)
        .set_max_height(65_535);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(std::io::Cursor::new(jpeg), options);
    let pixels = decoder.decode().unwrap();
    let size = decoder.dimensions().unwrap();
    Decoded { size, channels: if color == ColorType::Grey { 1 } else { 3 }, pixels }
}

fn libjpeg(jpeg: &[u8], color: ColorType) -> Decoded {
    let decoder = mozjpeg::Decompress::new_mem(jpeg).unwrap();
    let mut started = if color == ColorType::Grey { decoder.grayscale() } else { decoder.rgb() }.unwrap();
    let size = (started.width(), started.height());
    let pixels: Vec<u8> = started.read_scanlines().unwrap();
    started.finish().unwrap();
    Decoded { size, channels: if color == ColorType::Grey { 1 } else { 3 }, pixels }
}

fn jpeg_decoder(jpeg: &[u8], color: ColorType) -> Decoded {
    let mut decoder = jpeg_decoder::Decoder::new(jpeg);
    let pixels = decoder.decode().unwrap();
    let info = decoder.info().unwrap();
    let size = (usize::from(info.width), usize::from(info.height));
    Decoded { size, channels: if color == ColorType::Grey { 1 } else { 3 }, pixels }
}

fn decoders(jpeg: &[u8], color: ColorType) -> [Decoded; 3] {
    [zune(jpeg, color), libjpeg(jpeg, color), jpeg_decoder(jpeg, color)]
}

/// Mean of the absolute difference of all samples, in levels.
fn difference(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let sum: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.len() as f64
}

/// Checks size and mean error with every decoder.
fn check(size: (u32, u32), color: ColorType, pixels: &[u8], settings: Settings, tolerance: f64) {
    let jpeg = encode(size, color, pixels, settings.clone());
    for decoded in decoders(&jpeg, color) {
        assert_eq!(decoded.size, (size.0 as usize, size.1 as usize));
        assert_eq!(decoded.pixels.len(), decoded.size.0 * decoded.size.1 * decoded.channels);
        let error = difference(pixels, &decoded.pixels);
        assert!(error <= tolerance, "{error} levels off at {size:?}, {settings:?}");
    }
}

/// Smooth waves with a slow change of colour: what a photograph is made of, without its noise.
fn waves((width, height): (u32, u32), channels: usize) -> Vec<u8> {
    let mut pixels = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for c in 0..channels {
                let (x, y, c) = (x as f32, y as f32, c as f32);
                let value =
                    128.0 + 80.0 * (x / 19.0 + c).sin() * (y / 23.0 - c).cos() + 30.0 * (x / 7.0).sin();
                pixels.push(value as u8);
            }
        }
    }
    pixels
}

/// Noise of all levels, the same each time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_u32;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state >> 24) as u8
        })
        .collect()
}

#[test]
fn every_size_up_to_two_mcus_decodes_in_every_mode() {
    for width in (1..=18).chain([31, 32, 33]) {
        for height in (1..=18).chain([33]) {
            for mode in MODES {
                let effort = EFFORTS[(width + height) as usize % 3];
                let subsampling = SUBSAMPLINGS[width as usize / 3 % 2];
                let settings =
                    settings(0.5).with_mode(mode).with_effort(effort).with_subsampling(subsampling);
                let size = (width, height);
                check(size, ColorType::Rgb, &waves(size, 3), settings.clone(), 4.0);
                check(size, ColorType::Grey, &waves(size, 1), settings, 3.0);
            }
        }
    }
}

#[test]
fn all_settings_together_decode_close_to_the_picture() {
    let size = (101, 67);
    let pixels = waves(size, 3);
    for mode in MODES {
        for effort in EFFORTS {
            for subsampling in SUBSAMPLINGS {
                for restart in [None, NonZeroU16::new(1), NonZeroU16::new(5), NonZeroU16::new(u16::MAX)] {
                    for (distance, tolerance) in [(0.05, 2.5), (1.0, 3.5), (3.0, 6.0), (25.0, 25.0)] {
                        let settings = settings(distance)
                            .with_mode(mode)
                            .with_effort(effort)
                            .with_subsampling(subsampling)
                            .with_restart_interval(restart);
                        check(size, ColorType::Rgb, &pixels, settings, tolerance);
                    }
                }
            }
        }
    }
}

#[test]
fn noise_at_the_finest_step_survives() {
    let size = (128, 96);
    for mode in MODES {
        for effort in EFFORTS {
            let settings =
                settings(0.05).with_mode(mode).with_effort(effort).with_subsampling(Subsampling::S444);
            check(size, ColorType::Rgb, &noise(128 * 96 * 3), settings.clone(), 2.5);
            check(size, ColorType::Grey, &noise(128 * 96), settings, 2.5);
        }
    }
}

#[test]
fn noise_at_the_coarsest_step_decodes() {
    for mode in MODES {
        for effort in EFFORTS {
            let settings = settings(100.0).with_mode(mode).with_effort(effort);
            check((64, 64), ColorType::Rgb, &noise(64 * 64 * 3), settings, 128.0);
        }
    }
}

#[test]
fn flat_colours_come_back_exactly_or_next_to_it() {
    for color in [[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 0, 255], [0, 255, 0], [127, 127, 127]] {
        for effort in EFFORTS {
            let pixels = color.repeat(40 * 24);
            check((40, 24), ColorType::Rgb, &pixels, settings(0.3).with_effort(effort), 1.5);
        }
    }
    for level in [0, 255] {
        let pixels = vec![level; 40 * 24];
        check((40, 24), ColorType::Grey, &pixels, settings(1.0), 0.0);
    }
}

#[test]
fn a_row_of_the_greatest_width_and_a_column_of_the_greatest_height_decode() {
    for size in [(65_535, 1), (1, 65_535), (65_535, 3), (65_500, 2), (2, 65_500)] {
        for mode in MODES {
            let pixels = waves(size, 3);
            let jpeg = encode(size, ColorType::Rgb, &pixels, settings(1.0).with_mode(mode));
            assert!(difference(&pixels, &zune(&jpeg, ColorType::Rgb).pixels) <= 6.0);
            // libjpeg refuses sides above 65,500, and jpeg-decoder counts MCUs in 16 bits.
            if size.0.max(size.1) <= 65_500 {
                assert!(difference(&pixels, &libjpeg(&jpeg, ColorType::Rgb).pixels) <= 6.0);
            }
        }
    }
}

#[test]
fn black_and_white_checks_survive_deringing() {
    for period in [1, 2, 3, 8, 11] {
        let pixels: Vec<u8> = (0..64 * 64)
            .map(|i| if (i % 64 / period + i / 64 / period) % 2 == 0 { 255 } else { 0 })
            .collect();
        check((64, 64), ColorType::Grey, &pixels, settings(0.3), 4.0);
    }
}

#[test]
fn transparency_shows_the_background() {
    let size = (20, 20);
    let opaque: Vec<u8> = [10, 200, 90, 255].repeat(400);
    let clear: Vec<u8> = [10, 200, 90, 0].repeat(400);
    let half: Vec<u8> = [10, 200, 90, 128].repeat(400);
    for (pixels, expected) in [(opaque, [10, 200, 90]), (clear, [250, 20, 40]), (half, [130, 110, 65])] {
        let color = ColorType::Rgba { background: [250, 20, 40] };
        let jpeg = encode(size, color, &pixels, settings(0.3));
        let decoded = zune(&jpeg, ColorType::Rgb);
        assert!(difference(&decoded.pixels, &expected.repeat(400)) < 2.0);
    }
}

#[test]
fn ycbcr_input_gives_the_same_picture_as_rgb() {
    let size = (70, 50);
    let rgb = waves(size, 3);
    let ycc: Vec<u8> = rgb
        .chunks(3)
        .flat_map(|px| {
            let [r, g, b] = [px[0], px[1], px[2]].map(f32::from);
            let y = 0.299 * r + 0.587 * g + 0.114 * b;
            [y, (b - y) / 1.772 + 128.0, (r - y) / 1.402 + 128.0].map(|v| v.round() as u8)
        })
        .collect();
    let jpeg = encode(size, ColorType::YCbCr, &ycc, settings(0.5).with_subsampling(Subsampling::S444));
    assert!(difference(&libjpeg(&jpeg, ColorType::Rgb).pixels, &rgb) < 2.0);
}

#[test]
fn rows_may_come_in_any_pieces() {
    let size = (53, 71);
    let pixels = waves(size, 3);
    let whole = encode(size, ColorType::Rgb, &pixels, settings(1.0));
    for piece in [1, 2, 7, 16, 17, 70] {
        let mut encoder = Encoder::new(size.0, size.1, ColorType::Rgb, settings(1.0)).unwrap();
        pixels.chunks(piece * 53 * 3).for_each(|rows| encoder.write_rows(rows).unwrap());
        let mut jpeg = Vec::new();
        encoder.finish(&mut jpeg).unwrap();
        assert!(jpeg == whole);
    }
}

fn contents(size: (u32, u32), kind: u8, level: u8) -> Vec<u8> {
    let length = (size.0 * size.1 * 3) as usize;
    match kind {
        0 => noise(length),
        1 => waves(size, 3),
        2 => vec![level; length],
        3 => noise(length).into_iter().map(|sample| if sample > level { 255 } else { 0 }).collect(),
        _ => (0..length)
            .map(|i| if i / 3 % size.0 as usize > usize::from(level) { 255 } else { level })
            .collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_picture_and_no_settings_make_a_file_that_a_decoder_refuses(
        size in (1_u32..90, 1_u32..70),
        kind in 0_u8..5,
        level: u8,
        distance in 0.05_f32..100.0,
        effort in 0_usize..3,
        mode in 0_usize..2,
        subsampling in 0_usize..2,
        restart in prop::option::of(1_u16..40),
    ) {
        let settings = settings(distance)
            .with_effort(EFFORTS[effort])
            .with_mode(MODES[mode])
            .with_subsampling(SUBSAMPLINGS[subsampling])
            .with_restart_interval(restart.and_then(NonZeroU16::new));
        check(size, ColorType::Rgb, &contents(size, kind, level), settings, 160.0);
    }
}

/// One plane of a picture of whole pixels.
fn plane(pixels: &[u8], channel: usize) -> Vec<u8> {
    pixels.iter().skip(channel).step_by(3).copied().collect()
}

fn rows(samples: &[u8], stride: usize) -> PlaneRows<'_> {
    PlaneRows { samples, stride }
}

#[test]
fn full_size_planes_give_the_same_file_as_pixels() {
    let size = (53, 71);
    let pixels = waves(size, 3);
    let planes = [0, 1, 2].map(|channel| plane(&pixels, channel));
    for subsampling in SUBSAMPLINGS {
        let settings = settings(1.0).with_subsampling(subsampling);
        let whole = encode(size, ColorType::YCbCr, &pixels, settings.clone());
        for piece in [8, 11, 16, 71] {
            let mut encoder = Encoder::new(size.0, size.1, ColorType::YCbCr, settings.clone()).unwrap();
            for top in (0..71).step_by(piece) {
                let count = piece.min(71 - top);
                let part = planes.each_ref().map(|plane| rows(&plane[top * 53..(top + count) * 53], 53));
                encoder.write_planes(&Planes::Full(part), count as u32).unwrap();
            }
            let mut jpeg = Vec::new();
            encoder.finish(&mut jpeg).unwrap();
            assert!(jpeg == whole, "{subsampling:?}, {piece} rows at a time");
        }
    }
}

#[test]
fn half_size_chroma_comes_out_as_it_went_in() {
    for size in [(64_u32, 48_u32), (53, 71), (1, 1), (17, 16), (16, 17)] {
        let (width, height) = (size.0 as usize, size.1 as usize);
        let half = (size.0.div_ceil(2), size.1.div_ceil(2));
        let luma = plane(&waves(size, 3), 0);
        let chroma = [1, 2].map(|channel| plane(&waves(half, 3), channel));
        let mut encoder = Encoder::new(size.0, size.1, ColorType::YCbCr, settings(0.05)).unwrap();
        for top in (0..height).step_by(16) {
            let [cb, cr] =
                chroma.each_ref().map(|plane| rows(&plane[top / 2 * half.0 as usize..], half.0 as usize));
            let planes = Planes::Half([rows(&luma[top * width..], width), cb, cr]);
            encoder.write_planes(&planes, (height - top).min(16) as u32).unwrap();
        }
        let mut jpeg = Vec::new();
        encoder.finish(&mut jpeg).unwrap();
        let decoder = imgpress_jpeg::Decoder::new(&jpeg, &imgpress_jpeg::DecodeLimits::default()).unwrap();
        let mut strips = decoder.strips().unwrap();
        while let Some(strip) = strips.next_strip().unwrap() {
            for (decoded, (original, width)) in strip.planes().zip([
                (&luma, width),
                (&chroma[0], half.0 as usize),
                (&chroma[1], half.0 as usize),
            ]) {
                for (y, row) in decoded.rows().enumerate() {
                    let start = (decoded.top + y) * width;
                    assert!(difference(row, &original[start..start + width]) < 1.0, "{size:?}");
                }
            }
        }
    }
}

#[test]
fn planes_that_do_not_fit_are_refused() {
    let samples = vec![0; 64 * 64];
    let full = |stride| rows(&samples, stride);
    let new = |color| Encoder::new(64, 64, color, settings(1.0)).unwrap();
    let refused = |mut encoder: Encoder, planes: Planes<'_>, rows| {
        matches!(encoder.write_planes(&planes, rows), Err(EncodeError::Planes))
    };
    assert!(refused(new(ColorType::Rgb), Planes::Full([full(64); 3]), 64));
    assert!(refused(new(ColorType::Grey), Planes::Full([full(64); 3]), 64));
    assert!(refused(new(ColorType::YCbCr), Planes::Grey(full(64)), 64));
    assert!(refused(new(ColorType::YCbCr), Planes::Full([full(63); 3]), 64));
    assert!(refused(new(ColorType::YCbCr), Planes::Full([full(65); 3]), 64));
    assert!(refused(new(ColorType::YCbCr), Planes::Half([full(64); 3]), 15));
    let settings = settings(1.0).with_subsampling(Subsampling::S444);
    let encoder = Encoder::new(64, 64, ColorType::YCbCr, settings).unwrap();
    assert!(refused(encoder, Planes::Half([full(64); 3]), 64));
    let mut begun = new(ColorType::YCbCr);
    begun.write_rows(&samples[..3 * 64]).unwrap();
    assert!(refused(begun, Planes::Half([full(64); 3]), 16));
    let mut encoder = new(ColorType::YCbCr);
    let late = encoder.write_planes(&Planes::Half([full(64); 3]), 80);
    assert!(matches!(late, Err(EncodeError::TooManyRows { height: 64 })));
}
