//! CPU time of decoding alone, a file in memory to samples in memory.

use std::hint::black_box;
use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use imgpress_jpeg::{ColorTransform, DecodeLimits, Decoder};
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;

use crate::cli::{Decode, Folders};
use crate::clock::thread_time;
use crate::encoder;
use crate::measure;
use crate::picture::Picture;
use crate::statistics::median;
use crate::table::Table;

/// What is compared, each with its name.
const WAYS: [(&str, Way); 4] =
    [("ours, planes", planes), ("ours, RGB", rgb), (ZUNE, zune), ("libjpeg-turbo, RGB", libjpeg)];

/// What the others are compared with.
const ZUNE: &str = "zune-jpeg, RGB";

type Way = fn(&[u8]) -> Result<()>;

/// A file, and what is told about it.
struct File {
    bytes: Vec<u8>,
    progressive: bool,
    megapixels: f64,
}

/// Measures, and prints the table: megapixels a second over all files of a kind.
///
/// # Errors
///
/// A folder, a set or a picture cannot be read, or a decoder fails.
pub(crate) fn run(folders: &Folders, options: &Decode) -> Result<()> {
    let files = match &options.files {
        Some(folder) => stored(folder)?,
        None => encoded(folders, options)?,
    };
    ensure!(!files.is_empty(), "no file to measure");
    let times = times(&files, options.rounds)?;
    let mut table = Table::new(["decoder", "sequential", "÷ zune-jpeg", "progressive", "÷ zune-jpeg"]);
    for (way, (name, _)) in WAYS.iter().enumerate() {
        let mut row = vec![(*name).to_owned()];
        for progressive in [false, true] {
            let speeds = WAYS.map(|(name, _)| (name, way_speed(&files, &times, name, progressive)));
            let zune = speeds.iter().find(|(name, _)| *name == ZUNE).map_or(f64::NAN, |(_, speed)| *speed);
            row.push(format!("{:.0} MP/s", speeds[way].1));
            row.push(format!("{:.2}", speeds[way].1 / zune));
        }
        table.push(row);
    }
    println!("{table}");
    Ok(())
}

/// The JPEG files of a folder.
fn stored(folder: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jpg" || extension == "jpeg") {
            let bytes = std::fs::read(&path)?;
            files.push(File::new(bytes).with_context(|| path.display().to_string())?);
        }
    }
    Ok(files)
}

/// A sequential and a progressive file of each picture, made by libjpeg-turbo's coder.
fn encoded(folders: &Folders, options: &Decode) -> Result<Vec<File>> {
    let mut files = Vec::new();
    for source in measure::sources(&folders.corpus, &options.pictures.set, &folders.sets)? {
        let picture = Picture::load(&source, options.pictures.crop())?;
        for name in ["mozjpeg-fastest", "mozjpeg-progressive"] {
            let bytes = encoder::by_name(name, &folders.peers)?.encode(&picture, options.quality)?;
            files.push(File::new(bytes).with_context(|| source.label())?);
        }
    }
    Ok(files)
}

impl File {
    fn new(bytes: Vec<u8>) -> Result<Self> {
        let decoder = Decoder::new(&bytes, &DecodeLimits::default())?;
        let megapixels = f64::from(decoder.width()) * f64::from(decoder.height()) / 1e6;
        let progressive = decoder.is_progressive();
        Ok(Self { bytes, progressive, megapixels })
    }
}

/// By file and by decoder the median time in seconds. Each round runs all decoders, one after the other, so that
/// what else the machine does falls on all alike.
fn times(files: &[File], rounds: usize) -> Result<Vec<[f64; WAYS.len()]>> {
    let mut medians = Vec::new();
    for file in files {
        let mut samples = [const { Vec::new() }; WAYS.len()];
        for _ in 0..rounds.max(1) {
            for ((_, way), samples) in WAYS.iter().zip(&mut samples) {
                let start = thread_time();
                way(&file.bytes)?;
                samples.push((thread_time() - start).as_secs_f64());
            }
        }
        medians.push(samples.map(|samples| median(&samples).unwrap_or(f64::NAN)));
    }
    Ok(medians)
}

/// Megapixels a second of one decoder over the files of one kind.
fn way_speed(files: &[File], times: &[[f64; WAYS.len()]], name: &str, progressive: bool) -> f64 {
    let way = WAYS.iter().position(|(known, _)| *known == name).unwrap_or(0);
    let of_kind = files.iter().zip(times).filter(|(file, _)| file.progressive == progressive);
    let (pixels, seconds) = of_kind.fold((0.0, 0.0), |(pixels, seconds), (file, times)| {
        (pixels + file.megapixels, seconds + times[way])
    });
    pixels / seconds
}

fn planes(file: &[u8]) -> Result<()> {
    let decoder = Decoder::new(file, &DecodeLimits::default())?;
    let mut strips = decoder.strips()?;
    while let Some(strip) = strips.next_strip()? {
        black_box(&strip);
    }
    Ok(())
}

fn rgb(file: &[u8]) -> Result<()> {
    let decoder = Decoder::new(file, &DecodeLimits::default())?;
    black_box(decoder.decode(ColorTransform::YCbCr)?);
    Ok(())
}

fn zune(file: &[u8]) -> Result<()> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(Cursor::new(file), options);
    black_box(decoder.decode().map_err(|error| anyhow!("zune-jpeg: {error:?}"))?);
    Ok(())
}

fn libjpeg(file: &[u8]) -> Result<()> {
    let mut started = mozjpeg::Decompress::new_mem(file)?.rgb()?;
    black_box(started.read_scanlines::<u8>()?);
    Ok(())
}
