//! All pixels of an output against those that were encoded.

use super::{failed, open};
use crate::Error;
use crate::options::Quality;
use crate::raster::{Layout, Raster};

/// Side of the squares that are compared, in pixels.
const REGION: usize = 64;

/// Compares luma in each square: its mean error may be what quantisation can do to detail, and by how many levels luma
/// is corrected, and not more.
///
/// # Errors
/// [`Error::Encoder`] as for [`Verify::check`](super::Verify::check).
pub(super) fn check(file: &[u8], raster: &Raster, quality: Quality, correction: f32) -> Result<(), Error> {
    let decoder = open(file, (raster.width, raster.height), raster.layout.channels())?;
    let mut strips = decoder.strips().map_err(|error| failed(&error))?;
    let mut regions = Regions::new(raster);
    let mut y = 0;
    while let Some(strip) = strips.next_strip().map_err(|error| failed(&error))? {
        for row in strip.planes().next().into_iter().flat_map(imgpress_jpeg::PlaneStrip::rows) {
            regions.add(y, row);
            y += 1;
        }
    }
    regions.check(quality, correction)
}

/// Fewer pixels than a quarter of a square has.
const FEW: f32 = 1024.0;

/// Sums of each square.
struct Regions<'a> {
    raster: &'a Raster,
    across: usize,
    /// Difference of the file's luma from the picture's.
    errors: Vec<f32>,
    /// Difference of the picture's luma from the mean of its block: detail that may go.
    detail: Vec<f32>,
    pixels: Vec<f32>,
    /// Of the blocks in the row that comes.
    means: Vec<f32>,
}

impl<'a> Regions<'a> {
    fn new(raster: &'a Raster) -> Self {
        let across = raster.width.div_ceil(REGION);
        let count = across * raster.height.div_ceil(REGION);
        let sums = || vec![0.0; count];
        Self { raster, across, errors: sums(), detail: sums(), pixels: sums(), means: Vec::new() }
    }

    fn add(&mut self, y: usize, found: &[u8]) {
        let channels = self.raster.layout.channels();
        let row = self.raster.width * channels;
        let Some(expected) = self.raster.pixels.get(y * row..(y + 1) * row) else { return };
        if y.is_multiple_of(8) {
            self.means = self.block_means(y);
        }
        let layout = self.raster.layout;
        let blocks = expected.chunks(8 * channels).zip(found.chunks(8)).zip(&self.means);
        for (x, ((expected, found), mean)) in blocks.enumerate() {
            let region = y / REGION * self.across + x * 8 / REGION;
            for (expected, found) in expected.chunks_exact(channels).zip(found) {
                let expected = luma(layout, expected);
                self.errors[region] += (expected - f32::from(*found)).abs();
                self.detail[region] += (expected - mean).abs();
                self.pixels[region] += 1.0;
            }
        }
    }

    /// The mean luma of each block of the row of blocks that begins here, those that stand out of the picture too.
    fn block_means(&self, y: usize) -> Vec<f32> {
        let Raster { width, layout, ref pixels, .. } = *self.raster;
        let channels = layout.channels();
        let mut sums = vec![(0.0, 0.0); width.div_ceil(8)];
        for row in pixels.chunks_exact(width * channels).skip(y).take(8) {
            for (x, pixel) in row.chunks_exact(channels).enumerate() {
                let (sum, count) = &mut sums[x / 8];
                (*sum, *count) = (*sum + luma(layout, pixel), *count + 1.0);
            }
        }
        sums.into_iter().map(|(sum, count): (f32, f32)| sum / count.max(1.0)).collect()
    }

    fn check(&self, quality: Quality, correction: f32) -> Result<(), Error> {
        // Twice what was measured on pictures of every kind, at 100, 80, 50, 30 and 1.
        let (allowed, of_detail) = match quality.get() {
            95.. => (4.0, 0.2),
            75.. => (4.0, 0.9),
            30.. => (6.0, 1.1),
            _ => (32.0, 1.1),
        };
        let squares = self.errors.iter().zip(&self.detail).zip(&self.pixels);
        for ((error, detail), pixels) in squares {
            let (error, detail) = (error / pixels.max(1.0), detail / pixels.max(1.0));
            // In a corner of a picture a single edge weighs more.
            let allowed = if *pixels < FEW { 3.0 * allowed } else { allowed };
            if error > allowed + of_detail * detail + correction {
                return Err(failed(&format!(
                    "a square is off by {error:.1}, with detail of {detail:.1} in it"
                )));
            }
        }
        Ok(())
    }
}

fn luma(layout: Layout, pixel: &[u8]) -> f32 {
    match (layout, pixel) {
        (Layout::Rgb, &[red, green, blue]) => {
            0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
        }
        (_, [grey, ..]) => f32::from(*grey),
        _ => 0.0,
    }
}
