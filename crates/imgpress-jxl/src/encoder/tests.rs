//! What comes out is read by `jxl`, which has no part in making it.

use std::cell::Cell;

use jxl::api::{
    Event, JxlColorType, JxlDataFormat, JxlDecoder, JxlDecoderOptions, JxlOutputBuffer, JxlPixelFormat,
};

use super::*;
use crate::{Distance, KEEPS_ALPHA, Layout};

const SIZE: (u32, u32) = (61, 47);

fn pixels(layout: Layout) -> Vec<u8> {
    let (width, height) = SIZE;
    let value = |x: u32, y: u32, channel: u32| u8::try_from((x * (3 + channel * 2) + y * y) % 256).unwrap();
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    places.flat_map(|(x, y)| (0..layout.channels()).map(move |channel| value(x, y, channel))).collect()
}

fn encoded(layout: Layout, coding: Coding, go_on: &dyn Fn() -> bool) -> Result<Vec<u8>, Error> {
    let pixels = pixels(layout);
    let picture = Picture::new(SIZE.0, SIZE.1, layout, &pixels).unwrap();
    encode(&picture, &Settings { coding, effort: Effort::new(3), colors: Colors::Srgb }, go_on)
}

fn decoded(file: &[u8], layout: Layout) -> Vec<u8> {
    let mut decoder = JxlDecoder::new(JxlDecoderOptions::default());
    let mut rest = file;
    assert_eq!(decoder.process(&mut rest, None, None).unwrap(), Event::BasicInfo);
    let info = decoder.basic_info().unwrap();
    assert_eq!(info.size, (SIZE.0 as usize, SIZE.1 as usize));
    let extra = info.extra_channels.len();
    let color_type = match layout {
        Layout::Grey => JxlColorType::Grayscale,
        Layout::GreyAlpha => JxlColorType::GrayscaleAlpha,
        Layout::Rgb => JxlColorType::Rgb,
        Layout::Rgba => JxlColorType::Rgba,
    };
    let format = JxlPixelFormat {
        color_type,
        color_data_format: Some(JxlDataFormat::U8 { bit_depth: 8 }),
        extra_channel_format: vec![None; extra],
    };
    decoder.set_pixel_format(format).unwrap();
    let row = SIZE.0 as usize * layout.channels() as usize;
    let mut pixels = vec![0; row * SIZE.1 as usize];
    loop {
        let buffer = JxlOutputBuffer::new(&mut pixels, SIZE.1 as usize, row);
        match decoder.process(&mut rest, Some(&mut [buffer]), None).unwrap() {
            Event::Complete => return pixels,
            Event::NeedMoreInput { .. } => panic!("it ends early"),
            _ => {}
        }
    }
}

const LAYOUTS: [Layout; 4] = [Layout::Grey, Layout::GreyAlpha, Layout::Rgb, Layout::Rgba];

#[test]
fn without_loss_every_pixel_comes_back() {
    for layout in LAYOUTS {
        let file = encoded(layout, Coding::Lossless, &|| true).unwrap();
        assert!(decoded(&file, layout) == pixels(layout), "{layout:?}");
    }
}

#[test]
fn with_loss_alpha_is_as_near_as_said_and_a_smaller_distance_nearer() {
    for layout in LAYOUTS {
        let error = |distance| {
            let file = encoded(layout, Coding::Lossy(Distance::new(distance)), &|| true).unwrap();
            let channels = layout.channels() as usize;
            let pairs = decoded(&file, layout).into_iter().zip(pixels(layout)).enumerate();
            pairs.fold(0_u32, |sum, (at, (found, expected))| {
                let is_alpha = layout.has_alpha() && at % channels == channels - 1;
                let most = if KEEPS_ALPHA { 0 } else { 6 };
                assert!(!is_alpha || found.abs_diff(expected) <= most, "alpha at {at}");
                sum + u32::from(found.abs_diff(expected))
            })
        };
        assert!(error(0.5) < error(8.0), "{layout:?}");
    }
}

#[test]
fn work_ends_when_it_is_told_to() {
    for coding in [Coding::Lossless, Coding::Lossy(Distance::new(1.0))] {
        assert_eq!(encoded(Layout::Rgb, coding, &|| false), Err(Error::Stopped));
        let asked = Cell::new(0);
        let twice = || asked.replace(asked.get() + 1) < 2;
        assert_eq!(encoded(Layout::Rgb, coding, &twice), Err(Error::Stopped));
    }
}

#[test]
fn what_is_no_jpeg_and_no_profile_is_refused() {
    for jpeg in [&b""[..], b"\xff\xd8\xff\xd9", b"no JPEG at all"] {
        let refused = recompress(jpeg, SIZE, 1, Effort::new(3), &|| true).unwrap_err();
        assert!(matches!(refused, Error::Library { .. }), "{refused}");
    }
    let pixels = pixels(Layout::Rgb);
    let picture = Picture::new(SIZE.0, SIZE.1, Layout::Rgb, &pixels).unwrap();
    let colors = Colors::Icc(b"no profile");
    let settings = Settings { coding: Coding::Lossless, effort: Effort::new(1), colors };
    assert!(matches!(encode(&picture, &settings, &|| true), Err(Error::Library { .. })));
}
