//! Files of all kinds, made by several encoders.

use std::num::NonZeroU16;

use imgpress_jpeg::{ColorType, DecodeLimits, Decoder, Distance, Encoder, Mode, Settings, Subsampling};
use jpeg_encoder::SamplingFactor;

pub(crate) const SIZES: [(usize, usize); 12] = [
    (1, 1),
    (2, 3),
    (3, 2),
    (5, 1),
    (7, 9),
    (8, 8),
    (16, 16),
    (17, 33),
    (31, 15),
    (33, 17),
    (40, 70),
    (67, 53),
];

/// Sampling factors of three components that libjpeg decodes.
pub(crate) const SAMPLINGS: [[(i32, i32); 3]; 10] = [
    [(1, 1), (1, 1), (1, 1)],
    [(2, 1), (1, 1), (1, 1)],
    [(1, 2), (1, 1), (1, 1)],
    [(2, 2), (1, 1), (1, 1)],
    [(4, 1), (1, 1), (1, 1)],
    [(1, 4), (1, 1), (1, 1)],
    [(4, 2), (1, 1), (1, 1)],
    [(2, 2), (1, 2), (2, 1)],
    [(2, 4), (1, 1), (1, 1)],
    [(1, 1), (2, 2), (1, 2)],
];

/// Waves with a slow change of colour, edges, and some noise.
pub(crate) fn picture((width, height): (usize, usize), channels: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_u32;
    let mut pixels = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for c in 0..channels {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                let noise = (state >> 26) as f32;
                let edge = if (x / 11 + y / 13).is_multiple_of(3) { 70.0 } else { 0.0 };
                let (x, y, c) = (x as f32, y as f32, c as f32);
                let wave = 90.0 * (x / 9.0 + c).sin() * (y / 13.0 - c).cos() + 30.0 * (x / 3.0).sin();
                pixels.push((110.0 + wave + edge + noise) as u8);
            }
        }
    }
    pixels
}

/// A file of libjpeg's: colour at this sampling.
pub(crate) fn libjpeg(
    size: (usize, usize),
    sampling: [(i32, i32); 3],
    progressive: bool,
    quality: f32,
) -> Vec<u8> {
    let mut encoder = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_RGB);
    encoder.set_size(size.0, size.1);
    encoder.set_fastest_defaults();
    encoder.set_quality(quality);
    for (component, (across, down)) in encoder.components_mut().iter_mut().zip(sampling) {
        (component.h_samp_factor, component.v_samp_factor) = (across, down);
    }
    if progressive {
        encoder.set_progressive_mode();
    }
    let mut encoder = encoder.start_compress(Vec::new()).unwrap();
    encoder.write_scanlines(&picture(size, 3)).unwrap();
    encoder.finish().unwrap()
}

/// A grey file of libjpeg's.
pub(crate) fn libjpeg_grey(size: (usize, usize), progressive: bool) -> Vec<u8> {
    let mut encoder = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_GRAYSCALE);
    encoder.set_size(size.0, size.1);
    encoder.set_fastest_defaults();
    encoder.set_quality(85.0);
    if progressive {
        encoder.set_progressive_mode();
    }
    let mut encoder = encoder.start_compress(Vec::new()).unwrap();
    encoder.write_scanlines(&picture(size, 1)).unwrap();
    encoder.finish().unwrap()
}

/// A file of the crate jpeg-encoder's, which writes one scan for each component at some samplings.
pub(crate) fn other(
    size: (usize, usize),
    color: jpeg_encoder::ColorType,
    sampling: SamplingFactor,
    progressive: bool,
    restart: u16,
) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, 85);
    encoder.set_sampling_factor(sampling);
    encoder.set_progressive(progressive);
    encoder.set_restart_interval(restart);
    let channels = if matches!(color, jpeg_encoder::ColorType::Rgb) { 3 } else { 4 };
    let pixels = picture(size, channels);
    encoder.encode(&pixels, size.0 as u16, size.1 as u16, color).unwrap();
    jpeg
}

/// A file of our own encoder's.
pub(crate) fn ours(size: (usize, usize), mode: Mode, subsampling: Subsampling, restart: u16) -> Vec<u8> {
    let settings = Settings::new(Distance::new(0.8).unwrap())
        .with_mode(mode)
        .with_subsampling(subsampling)
        .with_restart_interval(NonZeroU16::new(restart));
    let mut encoder = Encoder::new(size.0 as u32, size.1 as u32, ColorType::Rgb, settings).unwrap();
    encoder.write_rows(&picture(size, 3)).unwrap();
    let mut jpeg = Vec::new();
    encoder.finish(&mut jpeg).unwrap();
    jpeg
}

/// One file of each kind that differs in how it is coded, all of the same picture.
pub(crate) fn one_of_each(size: (usize, usize)) -> Vec<(&'static str, Vec<u8>)> {
    use jpeg_encoder::ColorType::{Cmyk, CmykAsYcck, Rgb};
    vec![
        ("sequential", libjpeg(size, SAMPLINGS[3], false, 80.0)),
        ("progressive", libjpeg(size, SAMPLINGS[3], true, 80.0)),
        ("fine", libjpeg(size, SAMPLINGS[0], false, 98.0)),
        ("fine progressive", libjpeg(size, SAMPLINGS[0], true, 98.0)),
        ("grey", libjpeg_grey(size, false)),
        ("grey progressive", libjpeg_grey(size, true)),
        ("restarts", other(size, Rgb, SamplingFactor::F_2_2, false, 2)),
        ("progressive with restarts", other(size, Rgb, SamplingFactor::F_2_1, true, 3)),
        ("a scan a component", other(size, Rgb, SamplingFactor::F_4_1, false, 0)),
        ("inks", other(size, Cmyk, SamplingFactor::F_1_1, false, 0)),
        ("inks as luma and chroma", other(size, CmykAsYcck, SamplingFactor::F_2_2, false, 0)),
        ("ours", ours(size, Mode::Progressive, Subsampling::S420, 0)),
        ("ours with restarts", ours(size, Mode::Progressive, Subsampling::S420, 2)),
        ("ours, sequential", ours(size, Mode::Sequential, Subsampling::S444, 5)),
    ]
}

/// All samples of each component, without padding.
pub(crate) fn planes(jpeg: &[u8]) -> Result<Vec<Vec<u8>>, imgpress_jpeg::DecodeError> {
    let decoder = Decoder::new(jpeg, &DecodeLimits::default())?;
    let mut planes = vec![Vec::new(); decoder.components().len()];
    let mut strips = decoder.strips()?;
    while let Some(strip) = strips.next_strip()? {
        for (plane, part) in planes.iter_mut().zip(strip.planes()) {
            assert_eq!(plane.len(), part.top * part.width);
            part.rows().for_each(|row| plane.extend_from_slice(row));
        }
    }
    for (plane, component) in planes.iter().zip(decoder.components()) {
        assert_eq!(plane.len(), component.width() * component.height());
    }
    Ok(planes)
}
