//! What the engine sets aside for a picture is what compressing it takes. Alone in its process, because the
//! allocator counts for all of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test and its fixtures fail by panicking")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "small numbers"
)]

#[allow(dead_code, reason = "shared with the other tests")]
#[path = "codec/fixtures.rs"]
mod fixtures;
#[allow(dead_code, reason = "shared with the other tests")]
#[path = "codec/tiffs.rs"]
mod tiffs;

use std::sync::Mutex;

use imgpress_codec::options::{Options, Side};
use imgpress_codec::{Budget, Limits, compress, probe};
use jpeg_encoder::{ColorType, SamplingFactor};
use peak_alloc::PeakAlloc;

use crate::fixtures::{Coding, Picture};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Soft gradients with as much grain as a photograph in good light has.
fn photo() -> Picture {
    Picture::new(1800, 1200, |x, y| {
        let wave = |step: f32, phase: f32| (f32::from(x) * step + f32::from(y) * 0.013 + phase).sin() * 90.0;
        let hash = (u32::from(x) * 7919 + u32::from(y) * 104_729).wrapping_mul(2_654_435_761) >> 16;
        let grain = (hash % 9) as f32;
        let detail = (f32::from(x) * 0.21).sin() * (f32::from(y) * 0.17).cos() * 14.0;
        [0.0, 1.0, 2.5].map(|phase| (128.0 + wave(0.009, phase) + grain + detail).clamp(0.0, 255.0) as u8)
    })
}

/// Flat areas with sharp edges.
fn graphic() -> Picture {
    Picture::new(1800, 1200, |x, y| match (x / 40 + y / 25) % 5 {
        0 => [20, 40, 60],
        1 => [240, 240, 235],
        _ if x % 97 < 2 || y % 61 < 2 => [200, 30, 30],
        _ => [255, 255, 255],
    })
}

/// How far the estimate may be off, of a picture in a file of this kind.
fn bounds(name: &str, file: &str) -> (f64, f64) {
    match name {
        // Of few colours: the file's size says nothing of the edges between them.
        _ if file.contains("palette") => (0.55, 1.65),
        // What a JPEG has lost already is not there to be encoded, above all at a high quality.
        "noise" if file.contains("jpeg") => (0.8, 1.8),
        "graphic" if file.contains("jpeg") || file.contains("grey") => (0.8, 2.25),
        _ => (0.75, 1.25),
    }
}

/// Peak and estimate, in bytes.
fn measure(input: &[u8], options: &Options) -> (u64, u64) {
    let limits = Limits::default();
    let estimate = probe(input, &limits).unwrap().working_set_for(options, &limits).unwrap();
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let output = compress(input, options, &limits, &Budget::unlimited()).unwrap();
    let peak = ALLOCATOR.peak_usage() - before;
    drop(output);
    (peak as u64, estimate)
}

fn quality(number: u8) -> Options {
    Options { quality: number.try_into().unwrap(), ..Options::default() }
}

fn wide(samples: &[u8]) -> Vec<u8> {
    samples.iter().flat_map(|&sample| [sample, sample.wrapping_mul(31)]).collect()
}

/// The picture in every format and kind, with its name.
fn files(picture: &Picture, name: &str) -> Vec<(String, Vec<u8>)> {
    let size = picture.size();
    let jpeg = |coding| fixtures::jpeg(picture, Coding { quality: 90, ..coding });
    let plain = Coding::default();
    let full = Coding { sampling: SamplingFactor::F_1_1, ..plain };
    let inks: Vec<u8> = picture.rgba(|_| 20).iter().map(|ink| 255 - ink).collect();
    let srgb = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let turned = [b"Exif\0\0".as_slice(), &fixtures::exif(6)].concat();
    let profile = [b"ICC_PROFILE\0\x01\x01".as_slice(), &srgb].concat();
    let deep = |info: &mut png::Info<'_>| info.bit_depth = png::BitDepth::Sixteen;
    let palette: Vec<u8> = picture.grey().iter().map(|grey| grey >> 4).collect();
    let colors: Vec<u8> = (0..16).flat_map(|step| [step * 16, 255 - step * 16, 90]).collect();
    let files = [
        ("jpeg 4:2:0", jpeg(plain)),
        ("jpeg 4:2:0 progressive", jpeg(Coding { progressive: true, ..plain })),
        ("jpeg 4:4:4", jpeg(full)),
        ("jpeg 4:4:4 progressive", jpeg(Coding { progressive: true, ..full })),
        ("jpeg grey", fixtures::jpeg_of(&picture.grey(), picture, ColorType::Luma, plain)),
        ("jpeg inks", fixtures::jpeg_of(&inks, picture, ColorType::Cmyk, plain)),
        ("jpeg turned", fixtures::with_segment(&jpeg(plain), 0xe1, &turned)),
        ("jpeg with profile", fixtures::with_segment(&jpeg(plain), 0xe2, &profile)),
        ("jpeg 4:4:4 turned", fixtures::with_segment(&jpeg(full), 0xe1, &turned)),
        ("png", fixtures::png_rgb(picture)),
        ("png with profile", fixtures::png_with_icc(picture, &srgb)),
        ("png alpha", fixtures::png(size, png::ColorType::Rgba, &picture.rgba(|_| 200), |_| {})),
        ("png grey", fixtures::png(size, png::ColorType::Grayscale, &picture.grey(), |_| {})),
        ("png 16", fixtures::png(size, png::ColorType::Rgb, &wide(&picture.rgb), deep)),
        (
            "png palette",
            fixtures::png(size, png::ColorType::Indexed, &palette, |info| info.palette = Some(colors.into())),
        ),
        ("webp", fixtures::webp(picture, &fixtures::exif(1))),
        ("gif", fixtures::gif(picture, |_| 255)),
        ("bmp", fixtures::bmp(picture)),
        ("tiff", fixtures::tiff(picture, 1)),
        ("tiff turned", fixtures::tiff(picture, 6)),
        ("tiff deflated", tiffs::file(picture, 8, &tiffs::deflated(&picture.rgb))),
        ("qoi", fixtures::qoi(picture)),
        ("pnm", fixtures::pnm(picture)),
        ("avif", avif(&fixtures::png_rgb(picture))),
    ];
    files.into_iter().map(|(kind, bytes)| (format!("{name}, {kind}"), bytes)).collect()
}

fn avif(png: &[u8]) -> Vec<u8> {
    let options = Options { format: "avif".parse().unwrap(), ..quality(80) };
    compress(png, &options, &Limits::default(), &Budget::unlimited()).unwrap().bytes
}

/// The allocator counts for one at a time.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn what_is_set_aside_is_what_it_takes() {
    let _alone = ALONE.lock().unwrap();
    let small = Options { width: Side::try_from(600).ok(), ..quality(80) };
    let mut wrong = Vec::new();
    for (picture, name) in [(photo(), "photo"), (graphic(), "graphic"), (Picture::noise(1800, 1200), "noise")]
    {
        for (file, input) in files(&picture, name) {
            let pixels = picture.rgb.len() as f64 / 3.0;
            let bits = input.len() as f64 * 8.0 / pixels;
            for (options, how) in
                [(quality(50), "50"), (quality(80), "80"), (quality(95), "95"), (small, "resized")]
            {
                let (peak, estimate) = measure(&input, &options);
                let ratio = estimate as f64 / peak as f64;
                println!(
                    "{file}, {how}: {:.2} bytes a pixel, {:.2} set aside, {ratio:.2}; {bits:.2} bits",
                    peak as f64 / pixels,
                    estimate as f64 / pixels
                );
                let (least, most) = bounds(name, &file);
                if !(least..=most).contains(&ratio) {
                    wrong.push(format!("{file}, {how}: {ratio:.2}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_set_aside_for_a_look_is_what_it_takes() {
    let _alone = ALONE.lock().unwrap();
    let kinds = ["jpeg 4:2:0", "jpeg 4:4:4 progressive", "jpeg grey", "jpeg turned", "png", "png 16", "pnm"];
    let look = Options { quality: "auto".parse().unwrap(), ..Options::default() };
    let mut wrong = Vec::new();
    for (picture, name) in [(photo(), "photo"), (small(), "small photo")] {
        let asked = |file: &String| kinds.iter().any(|kind| file.ends_with(&format!(", {kind}")));
        for (file, input) in files(&picture, name).into_iter().filter(|(file, _)| asked(file)) {
            let (peak, estimate) = measure(&input, &look);
            let ratio = estimate as f64 / peak as f64;
            println!("{file}: {peak} bytes, {estimate} set aside, {ratio:.2}");
            if !(0.8..=1.6).contains(&ratio) {
                wrong.push(format!("{file}: {ratio:.2}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// One that is compared as a whole.
fn small() -> Picture {
    Picture::photo(640, 480)
}
