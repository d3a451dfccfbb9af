//! Pictures side by side under their names, enlarged without smoothing.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _, RgbImage};
use plotters::prelude::*;

use crate::plot;

/// How often each pixel is repeated, both ways.
const ENLARGED: usize = 2;
/// Rows for the words above each picture.
const LABEL: usize = 36;
/// Between pictures.
const GAP: usize = 8;
/// A light grey, in which white pictures are seen to end.
const GROUND: u8 = 228;

/// One picture with two lines above it.
pub(crate) struct Panel {
    /// The lines.
    pub(crate) label: [String; 2],
    /// The picture, of the same size in all panels.
    pub(crate) image: RgbImage,
}

/// Writes rows of panels as a PNG.
///
/// # Errors
///
/// There is no panel, or the file cannot be written.
pub(crate) fn save(path: &Path, rows: &[Vec<Panel>]) -> Result<()> {
    let first = rows.iter().flatten().next().context("no picture to show")?;
    let cell = (first.image.width() as usize * ENLARGED, first.image.height() as usize * ENLARGED);
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = columns * (cell.0 + GAP) - GAP;
    let height = rows.len() * (cell.1 + LABEL);
    let mut pixels = vec![GROUND; width * height * 3];
    let place = |row: usize, column: usize| (column * (cell.0 + GAP), row * (cell.1 + LABEL));
    for (row, panels) in rows.iter().enumerate() {
        for (column, panel) in panels.iter().enumerate() {
            let (left, top) = place(row, column);
            paste(&mut pixels, width, (left, top + LABEL), &panel.image);
        }
    }
    {
        plot::font()?;
        let size = (width as u32, height as u32);
        let area = BitMapBackend::with_buffer(&mut pixels, size).into_drawing_area();
        let failed = |error| anyhow!("the words cannot be drawn: {error}");
        for (row, panels) in rows.iter().enumerate() {
            for (column, panel) in panels.iter().enumerate() {
                let (left, top) = place(row, column);
                for (line, text) in panel.label.iter().enumerate() {
                    let at = (left as i32 + 2, (top + 5 + 15 * line) as i32);
                    area.draw(&Text::new(text.as_str(), at, ("sans-serif", 14))).map_err(failed)?;
                }
            }
        }
        area.present().map_err(failed)?;
    }
    let file =
        BufWriter::new(File::create(path).with_context(|| format!("cannot write {}", path.display()))?);
    let encoder = PngEncoder::new_with_quality(file, CompressionType::Best, FilterType::Adaptive);
    Ok(encoder.write_image(&pixels, width as u32, height as u32, ExtendedColorType::Rgb8)?)
}

fn paste(pixels: &mut [u8], width: usize, (left, top): (usize, usize), image: &RgbImage) {
    for (x, y, pixel) in image.enumerate_pixels() {
        let (x, y) = (left + x as usize * ENLARGED, top + y as usize * ENLARGED);
        for row in y..y + ENLARGED {
            let start = 3 * (row * width + x);
            pixels[start..start + 3 * ENLARGED].copy_from_slice(&pixel.0.repeat(ENLARGED));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pixel_becomes_a_square_below_the_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet.png");
        let image = RgbImage::from_fn(3, 2, |x, y| image::Rgb([x as u8, y as u8, 200]));
        let panel = |name: &str| Panel { label: [name.to_owned(), String::new()], image: image.clone() };
        save(&path, &[vec![panel(""), panel("")]]).unwrap();
        let sheet = image::open(&path).unwrap().into_rgb8();
        assert_eq!(sheet.dimensions(), (2 * 6 + GAP as u32, 4 + LABEL as u32));
        let second = 6 + GAP as u32;
        for (dx, dy) in [(0, 0), (1, 1)] {
            assert_eq!(sheet.get_pixel(second + 4 + dx, LABEL as u32 + 2 + dy).0, [2, 1, 200]);
        }
    }
}
