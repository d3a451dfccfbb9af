//! Any pixels with any settings make a file that two decoders read to the same size.
//!
//! The input is ten bytes of settings and then samples, which are repeated until the picture is full.

use std::num::NonZeroU16;

use imgpress_jpeg::{
    ColorType, DecodeLimits, Decoder, Distance, Effort, Encoder, Mode, PlaneRows, Planes, Settings,
    Subsampling,
};
use zune_core::options::DecoderOptions;

/// Pixels a side, at most.
const LARGEST: u32 = 80;

const FULL_CHROMA: u8 = 1;
const SEQUENTIAL: u8 = 2;
const BY_PLANES: u8 = 4;

pub(crate) fn check(input: &[u8]) {
    let Some((&[width, height, color, effort, flags, restart, d0, d1, d2, d3], samples)) =
        input.split_first_chunk()
    else {
        return;
    };
    let Ok(distance) = Distance::new(f32::from_le_bytes([d0, d1, d2, d3])) else { return };
    let background = [color, width, height];
    let (width, height) = (1 + u32::from(width) % LARGEST, 1 + u32::from(height) % LARGEST);
    let color = match color % 4 {
        0 => ColorType::Rgb,
        1 => ColorType::Rgba { background },
        2 => ColorType::Grey,
        _ => ColorType::YCbCr,
    };
    let is = |flag| flags & flag != 0;
    let pixels = width as usize * height as usize;
    let samples: Vec<u8> =
        samples.iter().copied().chain([flags]).cycle().take(pixels * color.bytes_per_pixel()).collect();
    let settings = Settings::new(distance)
        .with_effort([Effort::Fast, Effort::Balanced, Effort::Max][usize::from(effort % 3)])
        .with_mode(if is(SEQUENTIAL) { Mode::Sequential } else { Mode::Progressive })
        .with_subsampling(if is(FULL_CHROMA) { Subsampling::S444 } else { Subsampling::S420 })
        .with_restart_interval(NonZeroU16::new(restart.into()))
        .with_subsampling_for(color, width, &samples);
    let mut encoder = Encoder::new(width, height, color, settings).expect("the size is legal");
    if is(BY_PLANES) && matches!(color, ColorType::Grey | ColorType::YCbCr) {
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
}
