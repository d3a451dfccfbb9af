//! How every output is decoded before it is scored: as libjpeg-turbo does by default, so as most viewers do.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use mozjpeg::{DctMethod, Decompress};

use crate::picture;

/// Decodes an output to RGB, transparency flattened on white.
///
/// A JPEG is decoded with libjpeg's exact integer DCT (`islow`) and its triangle filter for subsampled colour ("fancy
/// upsampling"): mozjpeg's decompressor is libjpeg-turbo's. A WebP or PNG is decoded by the crate `image`, an AVIF by
/// libavif's `avifdec` (dav1d) and a JPEG XL by libjxl's `djxl`, which are not what the product decodes with.
///
/// # Errors
///
/// The bytes are no file of that size in one of these formats, or the program for it is not installed.
pub(crate) fn decode(file: &[u8], width: usize, height: usize) -> Result<Vec<u8>> {
    match file {
        [0xff, 0xd8, ..] => jpeg(file, width, height),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => {
            by_program(file, "avif", &["avifdec", "--depth", "8", "--png-compress", "0"], (width, height))
        }
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => {
            by_program(file, "jxl", &["djxl", "--bits_per_sample", "8"], (width, height))
        }
        _ => {
            let decoded = image::load_from_memory(file).context("the output is no file that is known")?;
            checked(&picture::rgb(decoded), (width, height))
        }
    }
}

fn by_program(file: &[u8], extension: &str, command: &[&str], size: (usize, usize)) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let (input, output) = (folder.path().join(format!("in.{extension}")), folder.path().join("out.png"));
    fs::write(&input, file)?;
    let (program, options) = command.split_first().context("a command has a program")?;
    let (before, after) = if extension == "avif" { (options, &[][..]) } else { (&[][..], options) };
    let ran = Command::new(program).args(before).args([&input, &output]).args(after).output();
    let ran = ran.with_context(|| format!("{program} is not installed, and decodes .{extension}"))?;
    ensure!(ran.status.success(), "{program}: {}", String::from_utf8_lossy(&ran.stderr).trim());
    checked(&picture::decode(Path::new(&output))?, size)
}

fn checked(decoded: &image::RgbImage, (width, height): (usize, usize)) -> Result<Vec<u8>> {
    ensure!(decoded.dimensions() == (width as u32, height as u32), "the output has another size");
    Ok(decoded.as_raw().clone())
}

fn jpeg(jpeg: &[u8], width: usize, height: usize) -> Result<Vec<u8>> {
    let mut decompress = Decompress::new_mem(jpeg).context("the output has no JPEG header")?;
    decompress.dct_method(DctMethod::IntegerSlow);
    decompress.do_fancy_upsampling(true);
    ensure!(decompress.size() == (width, height), "the output has another size than the picture");
    let mut started = decompress.rgb()?;
    let pixels = started.read_scanlines::<u8>()?;
    started.finish()?;
    Ok(pixels)
}
