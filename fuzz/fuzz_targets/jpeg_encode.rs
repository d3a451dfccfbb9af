//! Any pixels with any settings make a file that two decoders read to the same size.
#![no_main]

use std::num::NonZeroU16;

use arbitrary::Arbitrary;
use imgpress_jpeg::{
    ColorType, DecodeLimits, Decoder, Distance, Effort, Encoder, Mode, PlaneRows, Planes, Settings, Subsampling,
};
use libfuzzer_sys::fuzz_target;
use zune_core::options::DecoderOptions;

/// Pixels a side, at most.
const LARGEST: u32 = 80;

#[derive(Debug, Arbitrary)]
struct Case {
    width: u8,
    height: u8,
    color: u8,
    effort: u8,
    full_chroma: bool,
    sequential: bool,
    distance: f32,
    restart: Option<NonZeroU16>,
    by_planes: bool,
    /// Repeated until the picture is full.
    samples: Vec<u8>,
}

fuzz_target!(|case: Case| {
    let Ok(distance) = Distance::new(case.distance) else { return };
    let (width, height) = (1 + u32::from(case.width) % LARGEST, 1 + u32::from(case.height) % LARGEST);
    let color = match case.color % 4 {
        0 => ColorType::Rgb,
        1 => ColorType::Rgba { background: [case.color, case.width, case.height] },
        2 => ColorType::Grey,
        _ => ColorType::YCbCr,
    };
    let pixels = width as usize * height as usize;
    let samples: Vec<u8> =
        case.samples.iter().copied().chain([case.color]).cycle().take(pixels * color.bytes_per_pixel()).collect();
    let settings = Settings::new(distance)
        .with_effort([Effort::Fast, Effort::Balanced, Effort::Max][usize::from(case.effort % 3)])
        .with_mode(if case.sequential { Mode::Sequential } else { Mode::Progressive })
        .with_subsampling(if case.full_chroma { Subsampling::S444 } else { Subsampling::S420 })
        .with_restart_interval(case.restart)
        .with_subsampling_for(color, width, &samples);
    let mut encoder = Encoder::new(width, height, color, settings).expect("the size is legal");
    if case.by_planes && matches!(color, ColorType::Grey | ColorType::YCbCr) {
        let plane = PlaneRows { samples: &samples, stride: width as usize };
        let planes = if color == ColorType::Grey { Planes::Grey(plane) } else { Planes::Full([plane; 3]) };
        encoder.write_planes(&planes, height).expect("the planes fit");
    } else {
        encoder.write_rows(&samples).expect("the rows fit");
    }
    let mut jpeg = Vec::new();
    encoder.finish(&mut jpeg).expect("memory takes all bytes");

    let ours = Decoder::new(&jpeg, &DecodeLimits::default()).expect("our decoder reads the headers");
    assert_eq!((ours.width(), ours.height()), (width, height));
    ours.coefficients().expect("our decoder finds the picture whole");
    let options = DecoderOptions::default().set_strict_mode(true);
    let mut zune = zune_jpeg::JpegDecoder::new_with_options(std::io::Cursor::new(&jpeg), options);
    zune.decode().expect("zune-jpeg reads the picture");
    assert_eq!(zune.dimensions(), Some((width as usize, height as usize)));
});
