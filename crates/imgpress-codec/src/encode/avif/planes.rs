//! From pixels to planes of luma and chroma (ITU-T H.273, 8.3, matrix 6, full range).

use imgpress_av1::{Chroma, Depth, Planes};

use crate::Error;
use crate::raster::{Layout, Raster};

/// Shares of red and of blue in luma, BT.601.
const RED: f32 = 0.299;
const BLUE: f32 = 0.114;

/// Bits a sample. Ten: with eight the steps of luma alone cost five points of the size. Eight beside alpha, which has to have
/// as many (MIAF has it so, and libavif, which browsers use, refuses a file of two depths) and would be 20 to 90 % larger
/// with ten.
fn depth(raster: &Raster) -> Depth {
    if raster.layout.has_alpha() { Depth::Eight } else { Depth::Ten }
}

/// The picture without its alpha: chroma at full size, or none of a grey one.
pub(super) fn color(raster: &Raster) -> Result<Planes, Error> {
    let depth = depth(raster);
    let scale = f32::from(depth.largest()) / 255.0;
    // Where chroma has its zero: 512 of 1023, or 128 of 255.
    let middle = f32::from(depth.largest() / 2 + 1) / scale;
    let sample = |value: f32| sample(value * scale, depth.largest());
    let pixels = raster.pixels.chunks_exact(raster.layout.channels());
    let (chroma, samples) = match raster.layout {
        Layout::Grey | Layout::GreyAlpha => {
            let luma = pixels.map(|pixel| sample(f32::from(pixel[0]))).collect();
            (Chroma::None, vec![luma])
        }
        Layout::Rgb | Layout::Rgba => {
            let mut planes = [(); 3].map(|()| Vec::with_capacity(raster.width * raster.height));
            for pixel in pixels {
                let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(f32::from);
                let luma = RED * r + (1.0 - RED - BLUE) * g + BLUE * b;
                planes[0].push(sample(luma));
                planes[1].push(sample((b - luma) / (2.0 * (1.0 - BLUE)) + middle));
                planes[2].push(sample((r - luma) / (2.0 * (1.0 - RED)) + middle));
            }
            (Chroma::Full, planes.into())
        }
        Layout::Cmyk => return Err(Error::Encoder("inks are converted before they are encoded".into())),
    };
    planes(raster, chroma, depth, samples)
}

/// Its alpha alone.
pub(super) fn alpha(raster: &Raster) -> Result<Option<Planes>, Error> {
    if !raster.layout.has_alpha() {
        return Ok(None);
    }
    let channels = raster.layout.channels();
    let alpha = raster.pixels.chunks_exact(channels).map(|pixel| u16::from(pixel[channels - 1])).collect();
    planes(raster, Chroma::None, depth(raster), vec![alpha]).map(Some)
}

fn planes(raster: &Raster, chroma: Chroma, depth: Depth, samples: Vec<Vec<u16>>) -> Result<Planes, Error> {
    Planes::new((raster.width, raster.height), chroma, depth, samples)
        .map_err(|error| Error::Encoder(error.to_string()))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
fn sample(value: f32, largest: u16) -> u16 {
    (value + 0.5).clamp(0.0, f32::from(largest)) as u16
}
