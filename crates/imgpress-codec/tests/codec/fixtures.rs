//! Pictures, the files they are put in, and what is read back.

use std::borrow::Cow;
use std::sync::LazyLock;

use image::codecs::{bmp::BmpEncoder, gif::GifEncoder, pnm::PnmEncoder, qoi::QoiEncoder, webp::WebPEncoder};
use image::{ExtendedColorType, ImageEncoder};
use imgpress_codec::options::Options;
use imgpress_codec::{Budget, Error, Limits, Output, Verify, compress_verified};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// Red, green and blue, row by row.
pub(crate) struct Picture {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) rgb: Vec<u8>,
}

impl Picture {
    pub(crate) fn new(width: u16, height: u16, color: impl Fn(u16, u16) -> [u8; 3]) -> Self {
        let color = &color;
        let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| color(x, y))).collect();
        Self { width, height, rgb }
    }

    /// Soft colour gradients with some texture: like a photograph in that it compresses well but not to nothing.
    pub(crate) fn photo(width: u16, height: u16) -> Self {
        Self::new(width, height, |x, y| {
            let wave = |step: f32, phase: f32| {
                ((f32::from(x) * step + f32::from(y) * 0.07 + phase).sin() * 70.0) as i32
            };
            let grain = i32::from(
                (u32::from(x).wrapping_mul(2_654_435_761) ^ u32::from(y).wrapping_mul(40_503)).to_be_bytes()
                    [1]
                    % 24,
            );
            [0.0, 2.0, 4.0]
                .map(|phase| u8::try_from((128 + wave(0.05, phase) + grain).clamp(0, 255)).unwrap())
        })
    }

    /// As little like a picture as can be, and nothing that a file could be made small by.
    pub(crate) fn noise(width: u16, height: u16) -> Self {
        let state = std::cell::Cell::new(0x9e37_79b9_7f4a_7c15_u64);
        Self::new(width, height, |_, _| {
            let mut next = state.get();
            next ^= next << 13;
            next ^= next >> 7;
            next ^= next << 17;
            state.set(next);
            [(next >> 20) as u8, (next >> 32) as u8, (next >> 44) as u8]
        })
    }

    /// Four quarters of one colour each, so that every turn and mirroring shows.
    pub(crate) fn quarters(width: u16, height: u16) -> Self {
        Self::new(width, height, |x, y| match (x < width / 2, y < height / 2) {
            (true, true) => [220, 40, 40],
            (false, true) => [40, 200, 60],
            (true, false) => [50, 60, 220],
            (false, false) => [230, 210, 60],
        })
    }

    pub(crate) fn size(&self) -> (u32, u32) {
        (self.width.into(), self.height.into())
    }

    pub(crate) fn rgba(&self, alpha: impl Fn(usize) -> u8) -> Vec<u8> {
        let pixels = self.rgb.as_chunks().0.iter().enumerate();
        pixels.flat_map(|(at, &[red, green, blue])| [red, green, blue, alpha(at)]).collect()
    }

    pub(crate) fn grey(&self) -> Vec<u8> {
        self.rgb.as_chunks::<3>().0.iter().map(|pixel| pixel[1]).collect()
    }
}

/// The ways a JPEG fixture can be coded.
#[derive(Clone, Copy)]
pub(crate) struct Coding {
    pub(crate) quality: u8,
    pub(crate) progressive: bool,
    pub(crate) sampling: SamplingFactor,
    pub(crate) restart: u16,
    pub(crate) optimized: bool,
}

impl Default for Coding {
    fn default() -> Self {
        Self {
            quality: 92,
            progressive: false,
            sampling: SamplingFactor::F_2_2,
            restart: 0,
            optimized: false,
        }
    }
}

pub(crate) fn jpeg(picture: &Picture, coding: Coding) -> Vec<u8> {
    jpeg_of(&picture.rgb, picture, ColorType::Rgb, coding)
}

pub(crate) fn jpeg_of(samples: &[u8], picture: &Picture, color: ColorType, coding: Coding) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, coding.quality);
    encoder.set_progressive(coding.progressive);
    encoder.set_sampling_factor(coding.sampling);
    encoder.set_restart_interval(coding.restart);
    encoder.set_optimized_huffman_tables(coding.optimized);
    encoder.encode(samples, picture.width, picture.height, color).unwrap();
    bytes
}

/// A JPEG with a segment put in front of the others.
pub(crate) fn with_segment(jpeg: &[u8], marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, payload, &jpeg[2..]].concat()
}

/// An EXIF block of an orientation, an artist and a GPS directory, big-endian, without a prefix.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"MM\0\x2a\0\0\0\x08\0\x03".to_vec();
    block.extend_from_slice(&[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    block.extend_from_slice(&[0x01, 0x3b, 0, 2, 0, 0, 0, 11, 0, 0, 0, 50]);
    block.extend_from_slice(&[0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 61]);
    block.extend_from_slice(&[0; 4]);
    block.extend_from_slice(b"Ada Secret\0");
    block.extend_from_slice(b"\0\x01\0\x01\0\x02\0\0\0\x02N\0\0\0\0\0\0\0");
    block
}

/// A PNG through `png` itself: `edit` adds what the picture is to carry.
pub(crate) fn png(
    size: (u32, u32),
    color: png::ColorType,
    data: &[u8],
    edit: impl FnOnce(&mut png::Info<'_>),
) -> Vec<u8> {
    let mut info = png::Info::with_size(size.0, size.1);
    info.color_type = color;
    info.bit_depth = png::BitDepth::Eight;
    edit(&mut info);
    let mut bytes = Vec::new();
    let mut writer = png::Encoder::with_info(&mut bytes, info).unwrap().write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    bytes
}

pub(crate) fn png_rgb(picture: &Picture) -> Vec<u8> {
    png(picture.size(), png::ColorType::Rgb, &picture.rgb, |_| {})
}

/// The profile of Display P3, the same at every call: moxcms writes into each that it makes at what second that was.
pub(crate) fn display_p3() -> Vec<u8> {
    static PROFILE: LazyLock<Vec<u8>> =
        LazyLock::new(|| moxcms::ColorProfile::new_display_p3().encode().unwrap());
    PROFILE.clone()
}

pub(crate) fn png_with_icc(picture: &Picture, icc: &[u8]) -> Vec<u8> {
    png(picture.size(), png::ColorType::Rgb, &picture.rgb, |info| {
        info.icc_profile = Some(Cow::Owned(icc.to_vec()));
    })
}

pub(crate) fn webp(picture: &Picture, exif: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut bytes);
    encoder.set_exif_metadata(exif.to_vec()).unwrap();
    let (width, height) = picture.size();
    encoder.write_image(&picture.rgb, width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

pub(crate) fn gif(picture: &Picture, alpha: impl Fn(usize) -> u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = picture.size();
    GifEncoder::new(&mut bytes)
        .encode(&picture.rgba(alpha), width, height, ExtendedColorType::Rgba8)
        .unwrap();
    bytes
}

pub(crate) fn bmp(picture: &Picture) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = picture.size();
    BmpEncoder::new(&mut bytes).encode(&picture.rgb, width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

pub(crate) fn qoi(picture: &Picture) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = picture.size();
    QoiEncoder::new(&mut bytes).write_image(&picture.rgb, width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

pub(crate) fn pnm(picture: &Picture) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = picture.size();
    PnmEncoder::new(&mut bytes).write_image(&picture.rgb, width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

/// An uncompressed little-endian TIFF of one strip, the pixels last.
pub(crate) fn tiff(picture: &Picture, orientation: u8) -> Vec<u8> {
    const ENTRIES: u16 = 10;
    let after = 8 + 2 + 12 * u32::from(ENTRIES) + 4;
    let (width, height) = picture.size();
    let mut bytes = b"II\x2a\0\x08\0\0\0".to_vec();
    bytes.extend_from_slice(&ENTRIES.to_le_bytes());
    let entries = [
        (256_u16, 4_u16, 1_u32, width),
        (257, 4, 1, height),
        (258, 3, 3, after),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, after + 6),
        (274, 3, 1, orientation.into()),
        (277, 3, 1, 3),
        (278, 4, 1, height),
        (279, 4, 1, width * height * 3),
    ];
    for (tag, kind, count, value) in entries {
        bytes.extend(tag.to_le_bytes().into_iter().chain(kind.to_le_bytes()));
        bytes.extend(count.to_le_bytes().into_iter().chain(value.to_le_bytes()));
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&[8, 0, 8, 0, 8, 0]);
    bytes.extend_from_slice(&picture.rgb);
    bytes
}

/// An icon of one picture: its directory around the data of a PNG or a bitmap.
pub(crate) fn ico(size: (u8, u8), data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 1, 0, 1, 0, size.0, size.1, 0, 0, 1, 0, 32, 0];
    bytes.extend_from_slice(&u32::try_from(data.len()).unwrap().to_le_bytes());
    bytes.extend_from_slice(&22_u32.to_le_bytes());
    bytes.extend_from_slice(data);
    bytes
}

/// One file of the picture in each format.
pub(crate) fn every_format(picture: &Picture) -> Vec<(&'static str, Vec<u8>)> {
    let side = |length: u16| u8::try_from(length).unwrap_or(0);
    vec![
        ("jpeg", jpeg(picture, Coding::default())),
        ("progressive", jpeg(picture, Coding { progressive: true, ..Coding::default() })),
        ("png", png_rgb(picture)),
        ("webp", webp(picture, &exif(1))),
        ("gif", gif(picture, |_| 255)),
        ("bmp", bmp(picture)),
        ("tiff", tiff(picture, 1)),
        ("qoi", qoi(picture)),
        ("pnm", pnm(picture)),
        (
            "ico",
            ico(
                (side(picture.width), side(picture.height)),
                &png(picture.size(), png::ColorType::Rgba, &picture.rgba(|_| 255), |_| {}),
            ),
        ),
    ]
}

/// Compresses with the default limits and no deadline.
pub(crate) fn run(input: &[u8], quality: u8) -> Result<Output, Error> {
    let options = Options { quality: quality.try_into().unwrap(), ..Options::default() };
    compress_verified(input, &options, &Limits::default(), &Budget::unlimited(), Verify::Always)
}

/// Compresses on a background, at a quality that changes little.
pub(crate) fn run_on(input: &[u8], background: &str) -> Output {
    let options = Options {
        quality: 95.try_into().unwrap(),
        background: background.parse().unwrap(),
        ..Options::default()
    };
    compress_verified(input, &options, &Limits::default(), &Budget::unlimited(), Verify::Always).unwrap()
}

/// A decoded output.
pub(crate) struct Decoded {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) components: usize,
    pub(crate) pixels: Vec<u8>,
}

impl Decoded {
    pub(crate) fn of(jpeg: &[u8]) -> Self {
        let mut decoder = jpeg_decoder::Decoder::new(jpeg);
        let pixels = decoder.decode().unwrap();
        let info = decoder.info().unwrap();
        let components = info.pixel_format.pixel_bytes();
        Self { width: info.width, height: info.height, components, pixels }
    }

    /// As libjpeg reads it, which has no part in decoding inputs either.
    pub(crate) fn by_libjpeg(jpeg: &[u8]) -> Vec<u8> {
        let mut decoder = mozjpeg::Decompress::new_mem(jpeg).unwrap().rgb().unwrap();
        let pixels = decoder.read_scanlines().unwrap();
        decoder.finish().unwrap();
        pixels
    }

    /// The colour at a point given in fractions of the sides.
    pub(crate) fn at(&self, across: f64, down: f64) -> Vec<u8> {
        let x = (f64::from(self.width) * across) as usize;
        let y = (f64::from(self.height) * down) as usize;
        let start = (y * usize::from(self.width) + x) * self.components;
        self.pixels[start..start + self.components].to_vec()
    }

    pub(crate) fn mean_difference(&self, other: &[u8]) -> f64 {
        mean_difference(&self.pixels, other)
    }
}

pub(crate) fn mean_difference(left: &[u8], right: &[u8]) -> f64 {
    assert_eq!(left.len(), right.len());
    let sum: f64 = left.iter().zip(right).map(|(left, right)| f64::from(left.abs_diff(*right))).sum();
    sum / left.len() as f64
}

#[track_caller]
pub(crate) fn assert_near(found: &[u8], expected: &[u8], tolerance: u8, what: &str) {
    let near = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| found.abs_diff(*expected) <= tolerance);
    assert!(near, "{what}: {found:?}, expected {expected:?}");
}
