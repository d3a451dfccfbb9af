//! Animations that tests make, and how others see them.

use std::io::Cursor;

use image::codecs::{gif::GifDecoder, png::PngDecoder};
use image::{AnimationDecoder, ImageFormat, Rgba, RgbaImage};

use crate::outputs::{drawing, file, photo, seen};

/// One frame as it is stored.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) at: (u32, u32),
    pub(crate) image: RgbaImage,
    pub(crate) milliseconds: u16,
    pub(crate) disposal: Disposal,
    pub(crate) is_blended: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Disposal {
    Stay,
    Clear,
    Restore,
}

/// What is shown: pictures, and the milliseconds of each.
pub(crate) type Shown = Vec<(RgbaImage, u32)>;

impl Step {
    pub(crate) fn whole(image: RgbaImage, milliseconds: u16) -> Self {
        Self { at: (0, 0), image, milliseconds, disposal: Disposal::Stay, is_blended: false }
    }
}

/// A drawing on which small things come and go, in every way that formats have for that. Alpha is all or nothing where
/// pictures are mixed, so that there is one right result.
pub(crate) fn comings_and_goings(can_restore: bool) -> Vec<Step> {
    let hard = |image: RgbaImage| {
        let mut image = image;
        image.pixels_mut().for_each(|pixel| pixel.0[3] = if pixel.0[3] > 127 { 255 } else { 0 });
        image
    };
    let square = |color| RgbaImage::from_fn(12, 9, |x, y| if x == y { Rgba([0; 4]) } else { Rgba(color) });
    let step = |at, image, milliseconds, disposal, is_blended| Step {
        at,
        image,
        milliseconds,
        disposal,
        is_blended,
    };
    let (red, green) = ([200, 30, 30, 255], [10, 180, 90, 255]);
    let third = if can_restore { Disposal::Restore } else { Disposal::Clear };
    vec![
        Step::whole(hard(drawing(90, 62)), 40),
        step((6, 4), square(red), 120, Disposal::Clear, true),
        step((40, 20), square(green), 0, third, true),
        step((78, 50), square(red), 10, Disposal::Stay, true),
        step((78, 50), square(red), 70, Disposal::Stay, true),
        step((20, 30), square(green), 500, Disposal::Clear, true),
        Step::whole(hard(drawing(90, 62)), 30),
    ]
}

/// A photograph that moves.
pub(crate) fn film(count: u32) -> Vec<Step> {
    let whole = photo(140 + count * 4, 90);
    let part = |at| image::imageops::crop_imm(&whole, at * 4, 0, 140, 90).to_image();
    (0..count).map(|at| Step::whole(part(at), 50)).collect()
}

pub(crate) fn apng(steps: &[Step], plays: u32, default: Option<&RgbaImage>) -> Vec<u8> {
    let (width, height) = steps[0].image.dimensions();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_animated(steps.len() as u32, plays).unwrap();
    encoder.set_sep_def_img(default.is_some()).unwrap();
    let mut writer = encoder.write_header().unwrap();
    if let Some(default) = default {
        writer.write_image_data(default).unwrap();
    }
    for step in steps {
        writer.reset_frame_position().unwrap();
        writer.set_frame_dimension(step.image.width(), step.image.height()).unwrap();
        writer.set_frame_position(step.at.0, step.at.1).unwrap();
        writer.set_frame_delay(step.milliseconds, 1000).unwrap();
        writer
            .set_dispose_op(match step.disposal {
                Disposal::Stay => png::DisposeOp::None,
                Disposal::Clear => png::DisposeOp::Background,
                Disposal::Restore => png::DisposeOp::Previous,
            })
            .unwrap();
        let blending = if step.is_blended { png::BlendOp::Over } else { png::BlendOp::Source };
        writer.set_blend_op(blending).unwrap();
        writer.write_image_data(&step.image).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

/// Of at most 127 colours. Each picture is mixed with what is there; `repeats` goes into Netscape's extension.
pub(crate) fn gif(steps: &[Step], repeats: Option<u16>) -> Vec<u8> {
    let mut colors = vec![[0, 0, 0, 0]];
    let mut parts = Vec::new();
    for step in steps {
        let numbers = step.image.pixels().map(|pixel| {
            let color = if pixel.0[3] == 0 { [0; 4] } else { pixel.0 };
            let known = colors.iter().position(|known| *known == color);
            known.unwrap_or_else(|| {
                colors.push(color);
                colors.len() - 1
            }) as u8
        });
        let packed =
            weezl::encode::Encoder::new(weezl::BitOrder::Lsb, 7).encode(&numbers.collect::<Vec<_>>());
        let disposal = match step.disposal {
            Disposal::Stay => 1,
            Disposal::Clear => 2,
            Disposal::Restore => 3,
        };
        let delay = (step.milliseconds / 10).to_le_bytes();
        parts.extend_from_slice(&[0x21, 0xf9, 4, disposal << 2 | 1, delay[0], delay[1], 0, 0, 0x2c]);
        let (width, height) = step.image.dimensions();
        for side in [step.at.0, step.at.1, width, height] {
            parts.extend_from_slice(&(side as u16).to_le_bytes());
        }
        parts.extend_from_slice(&[0, 7]);
        for block in packed.unwrap().chunks(255) {
            parts.push(block.len() as u8);
            parts.extend_from_slice(block);
        }
        parts.push(0);
    }
    colors.resize(128, [0; 4]);
    let (width, height) = steps[0].image.dimensions();
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend_from_slice(&[width as u8, 0, height as u8, 0, 0x86, 0, 0]);
    colors.iter().for_each(|color| bytes.extend_from_slice(&color[..3]));
    if let Some(repeats) = repeats {
        bytes.extend_from_slice(b"\x21\xff\x0bNETSCAPE2.0\x03\x01");
        bytes.extend_from_slice(&repeats.to_le_bytes());
        bytes.push(0);
    }
    [bytes, parts, vec![0x3b]].concat()
}

/// Without loss; places are even. `behind` are chunks that follow the frames.
pub(crate) fn webp(steps: &[Step], plays: u16, behind: &[u8]) -> Vec<u8> {
    let number = |number: u32| number.to_le_bytes()[..3].to_vec();
    let (width, height) = steps[0].image.dimensions();
    let flags = 0x12 | if behind.starts_with(b"EXIF") { 8 } else { 0 };
    let header = [vec![flags, 0, 0, 0], number(width - 1), number(height - 1)].concat();
    let mut chunks =
        [chunk(b"VP8X", &header), chunk(b"ANIM", &[&[0; 4][..], &plays.to_le_bytes()].concat())].concat();
    for step in steps {
        let (width, height) = step.image.dimensions();
        let flags = if step.is_blended { 0 } else { 2 } | u8::from(step.disposal == Disposal::Clear);
        let header =
            [step.at.0 / 2, step.at.1 / 2, width - 1, height - 1, step.milliseconds.into()].map(number);
        let picture = file(step.image.clone(), ImageFormat::WebP)[12..].to_vec();
        chunks.extend(chunk(b"ANMF", &[header.concat(), vec![flags], picture].concat()));
    }
    chunks.extend_from_slice(behind);
    [b"RIFF", &(chunks.len() as u32 + 4).to_le_bytes()[..], b"WEBP", &chunks].concat()
}

pub(crate) fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    [name, &(data.len() as u32).to_le_bytes()[..], data, &[0][..data.len() % 2]].concat()
}

/// What others show of a file.
pub(crate) fn shown(bytes: &[u8]) -> Shown {
    let input = Cursor::new(bytes);
    let frames = match image::guess_format(bytes).unwrap() {
        ImageFormat::Gif => GifDecoder::new(input).unwrap().into_frames(),
        ImageFormat::Png => PngDecoder::new(input).unwrap().apng().unwrap().into_frames(),
        _ => return shown_of_ours(bytes),
    };
    let frame = |frame: Result<image::Frame, _>| {
        let frame = frame.unwrap();
        let (numerator, denominator) = frame.delay().numer_denom_ms();
        (frame.into_buffer(), numerator / denominator)
    };
    frames.map(frame).collect()
}

/// What an animated WebP of ours shows: its frames are decoded by `image`, which mixes opaque pixels a level too dark,
/// so that they are laid on each other here. No other kind of pixel is ever mixed, and nothing disposed of.
fn shown_of_ours(webp: &[u8]) -> Shown {
    let number = |at: usize| u32::from_le_bytes([webp[at], webp[at + 1], webp[at + 2], 0]);
    let size = |at| u32::from_le_bytes(webp[at..at + 4].try_into().unwrap()) as usize;
    let (mut at, mut shown) = (12, Shown::new());
    let mut canvas = RgbaImage::new(number(24) + 1, number(27) + 1);
    while at < webp.len() {
        let data = at + 8;
        let end = data + size(at + 4);
        if webp[at..].starts_with(b"ANMF") {
            let (left, top, flags) = (number(data) * 2, number(data + 3) * 2, webp[data + 15]);
            let picture = frame_alone(&webp[data + 6..data + 12], &webp[data + 16..end]);
            assert_eq!(picture.dimensions(), (number(data + 6) + 1, number(data + 9) + 1));
            assert_eq!(flags & 1, 0, "nothing is disposed of");
            for (x, y, pixel) in picture.enumerate_pixels() {
                let is_blended = flags & 2 == 0;
                assert!(!is_blended || matches!(pixel.0[3], 0 | 255), "no other kind is mixed");
                if !is_blended || pixel.0[3] == 255 {
                    canvas.put_pixel(left + x, top + y, *pixel);
                }
            }
            shown.push((canvas.clone(), number(data + 12)));
        }
        at = end + end % 2;
    }
    shown
}

/// A frame as a file of its own.
fn frame_alone(sides: &[u8], chunks: &[u8]) -> RgbaImage {
    let header = if chunks.starts_with(b"ALPH") {
        chunk(b"VP8X", &[&[0x10, 0, 0, 0], sides].concat())
    } else {
        Vec::new()
    };
    let length = (4 + header.len() + chunks.len()) as u32;
    let bytes = [b"RIFF", &length.to_le_bytes()[..], b"WEBP", &header, chunks].concat();
    image::load_from_memory_with_format(&bytes, ImageFormat::WebP).unwrap().into_rgba8()
}

/// How many times an animated WebP says that it is played.
pub(crate) fn plays(webp: &[u8]) -> u16 {
    let at = webp.windows(4).position(|name| name == b"ANIM").unwrap();
    u16::from_le_bytes([webp[at + 12], webp[at + 13]])
}

pub(crate) fn assert_same(found: &Shown, expected: &Shown, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found.1, expected.1, "{what}, duration of frame {at}");
        assert!(seen(&found.0) == seen(&expected.0), "{what}, frame {at}");
    }
}
