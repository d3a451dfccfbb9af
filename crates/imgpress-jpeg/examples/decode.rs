//! Decodes JPEG files over and over: `decode ROUNDS WAY|all FILE…`. Prints megapixels a second of our planes,
//! our RGB, and RGB of zune-jpeg and of libjpeg without its SIMD code: medians of rounds that take turns.

#![allow(clippy::print_stdout, reason = "a program's output")]

use std::error::Error;
use std::hint::black_box;
use std::io::Cursor;
use std::time::Instant;

use imgpress_jpeg::{ColorTransform, DecodeLimits, Decoder};
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;

type Failure = Box<dyn Error>;

type Way = fn(&[u8]) -> Result<(), Failure>;

/// What is compared.
const WAYS: [(&str, Way); 4] = [("planes", planes), ("rgb", rgb), ("zune", zune), ("libjpeg", libjpeg)];

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rounds, only, files @ ..] = &arguments[..] else {
        return Err("usage: decode ROUNDS WAY|all FILE…".into());
    };
    let files = files.iter().map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    let mut megapixels = 0.0;
    for file in &files {
        let decoder = Decoder::new(file, &DecodeLimits::default())?;
        megapixels += f64::from(decoder.width()) * f64::from(decoder.height()) / 1e6;
    }
    let mut times = vec![Vec::new(); WAYS.len()];
    for _ in 0..rounds.parse()? {
        for ((name, way), times) in WAYS.iter().zip(&mut times) {
            if only != "all" && only != name {
                continue;
            }
            let start = Instant::now();
            for file in &files {
                way(file)?;
            }
            times.push(start.elapsed().as_secs_f64());
        }
    }
    for ((name, _), times) in WAYS.iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        if let Some(median) = times.get(times.len() / 2) {
            println!("{name:>8} {:7.1} MP/s", megapixels / median);
        }
    }
    Ok(())
}

fn planes(file: &[u8]) -> Result<(), Failure> {
    let decoder = Decoder::new(file, &DecodeLimits::default())?;
    let mut strips = decoder.strips()?;
    while let Some(strip) = strips.next_strip()? {
        black_box(&strip);
    }
    Ok(())
}

fn rgb(file: &[u8]) -> Result<(), Failure> {
    let decoder = Decoder::new(file, &DecodeLimits::default())?;
    black_box(decoder.decode(ColorTransform::YCbCr)?);
    Ok(())
}

fn zune(file: &[u8]) -> Result<(), Failure> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(Cursor::new(file), options);
    black_box(decoder.decode().map_err(|error| format!("{error:?}"))?);
    Ok(())
}

fn libjpeg(file: &[u8]) -> Result<(), Failure> {
    let mut started = mozjpeg::Decompress::new_mem(file)?.rgb()?;
    black_box(started.read_scanlines::<u8>()?);
    Ok(())
}
