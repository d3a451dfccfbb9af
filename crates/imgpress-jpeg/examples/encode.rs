//! Encodes a PNG as JPEG: `encode IN.png OUT.jpg [--distance 1.3] [--effort fast|balanced|max] [--444]
//! [--sequential] [--repeat N]`. Prints the size and the encoder's best time.

#![allow(clippy::print_stdout, reason = "a program's output")]

use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::time::{Duration, Instant};

use imgpress_jpeg::{ColorType, Distance, Effort, Encoder, Mode, Settings, Subsampling};

type Failure = Box<dyn Error>;

/// Rows handed over at once.
const ROWS: usize = 16;

struct Picture {
    width: u32,
    height: u32,
    color: ColorType,
    pixels: Vec<u8>,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, options @ ..] = &arguments[..] else {
        return Err("usage: encode IN.png OUT.jpg".into());
    };
    let picture = read(input)?;
    let (settings, repeat) = settings(options)?;
    let mut best = Duration::MAX;
    let mut jpeg = Vec::new();
    for _ in 0..repeat {
        let start = Instant::now();
        jpeg = encode(&picture, settings.clone())?;
        best = best.min(start.elapsed());
    }
    std::fs::write(output, &jpeg)?;
    let megapixels = f64::from(picture.width) * f64::from(picture.height) / 1e6;
    let speed = best.as_secs_f64() * 1e3 / megapixels;
    println!("{} bytes, {speed:.2} ms/MP", jpeg.len());
    Ok(())
}

fn encode(picture: &Picture, settings: Settings) -> Result<Vec<u8>, Failure> {
    let mut encoder = Encoder::new(picture.width, picture.height, picture.color, settings)?;
    let row = picture.width as usize * picture.color.bytes_per_pixel();
    for rows in picture.pixels.chunks(ROWS * row) {
        encoder.write_rows(rows)?;
    }
    let mut jpeg = Vec::new();
    encoder.finish(&mut jpeg)?;
    Ok(jpeg)
}

fn settings(options: &[String]) -> Result<(Settings, usize), Failure> {
    let mut settings = Settings::new(Distance::new(1.3)?);
    let mut repeat = 1;
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let mut value = || options.next().ok_or("a value is missing");
        settings = match option.as_str() {
            "--distance" => settings.with_distance(Distance::new(value()?.parse()?)?),
            "--effort" => settings.with_effort(effort(value()?)?),
            "--444" => settings.with_subsampling(Subsampling::S444),
            "--sequential" => settings.with_mode(Mode::Sequential),
            "--repeat" => {
                repeat = value()?.parse()?;
                settings
            }
            _ => return Err(format!("unknown option {option}").into()),
        };
    }
    Ok((settings, repeat))
}

fn effort(name: &str) -> Result<Effort, Failure> {
    match name {
        "fast" => Ok(Effort::Fast),
        "balanced" => Ok(Effort::Balanced),
        "max" => Ok(Effort::Max),
        _ => Err(format!("unknown effort {name}").into()),
    }
}

fn read(path: &str) -> Result<Picture, Failure> {
    let mut decoder = png::Decoder::new(BufReader::new(File::open(path)?));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("the picture is too large")?];
    let info = reader.next_frame(&mut pixels)?;
    let color = match info.color_type {
        png::ColorType::Rgb => ColorType::Rgb,
        png::ColorType::Rgba => ColorType::Rgba { background: [255; 3] },
        png::ColorType::Grayscale => ColorType::Grey,
        other => return Err(format!("{other:?} pictures are not read by this example").into()),
    };
    Ok(Picture { width: info.width, height: info.height, color, pixels })
}
