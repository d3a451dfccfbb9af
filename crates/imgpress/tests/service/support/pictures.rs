use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};

/// A picture with soft and hard edges and a little grain, as a PNG: something a JPEG makes smaller.
pub fn photo(width: u32, height: u32) -> Vec<u8> {
    let mut grain = grain();
    png_of(RgbImage::from_fn(width, height, |x, y| {
        let wave = |period: f32, at: u32| ((at as f32 / period).sin() * 60.0 + 128.0) as i32;
        let edge = if (x / 37 + y / 53) % 2 == 0 { 25 } else { -25 };
        let channel = |base: i32, noise: u8| (base + edge + i32::from(noise % 17)).clamp(0, 255) as u8;
        let noise = grain();
        image::Rgb([
            channel(wave(91.0, x), noise),
            channel(wave(57.0, y), noise),
            channel(wave(131.0, x + y), noise),
        ])
    }))
}

/// A picture that hardly gets smaller.
pub fn noise_png(width: u32, height: u32) -> Vec<u8> {
    let mut grain = grain();
    png_of(RgbImage::from_fn(width, height, |_, _| image::Rgb([grain(), grain(), grain()])))
}

/// Noise as a PPM: its size in bytes is three times its pixels.
pub fn ppm_noise(width: u32, height: u32) -> Vec<u8> {
    let header = format!("P6\n{width} {height}\n255\n").into_bytes();
    header.into_iter().chain(std::iter::repeat_with(grain()).take((width * height * 3) as usize)).collect()
}

pub fn png_of(image: impl Into<DynamicImage>) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A small PNG whose header claims another size, with the checksum to match.
pub fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let mut png = photo(8, 8);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&checksum.to_be_bytes());
    png
}

/// CRC-32 as PNG has it (PNG specification, annex D).
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| {
                if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
            },
        )
    })
}

/// Bytes that look random and are the same every time (xorshift, Marsaglia 2003).
fn grain() -> impl FnMut() -> u8 {
    let mut state = 0x2545_f491_u32;
    move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 24) as u8
    }
}
