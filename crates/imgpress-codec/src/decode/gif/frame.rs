//! One frame of a GIF: LZW data (GIF89a, appendix F) to colours.

use weezl::{BitOrder, LzwStatus, decode::Decoder};

use super::Blocks;
#[cfg(feature = "webp")]
use crate::decode::animation::Place;
use crate::error::Corrupt;
#[cfg(feature = "webp")]
use crate::raster::{Layout, Raster};

/// A frame whose pixels are all there.
pub(super) struct Frame<'a> {
    /// From the left and the top of the screen.
    place: (usize, usize),
    width: usize,
    /// Numbers of colours, row by row as they are stored.
    pixels: Vec<u8>,
    interlaced: bool,
    colors: &'a [[u8; 3]],
    transparent: Option<u8>,
}

impl<'a> Frame<'a> {
    /// Reads a frame from its header on. Its size has been checked against the limits.
    ///
    /// # Errors
    /// It has no colours, or its data hold fewer or more pixels than it has.
    pub(super) fn read(
        blocks: &mut Blocks<'a>,
        global: &'a [[u8; 3]],
        transparent: Option<u8>,
    ) -> Result<Self, Corrupt> {
        let &[x0, x1, y0, y1, w0, w1, h0, h1, flags] = blocks.take()?;
        let side = |low, high| usize::from(u16::from_le_bytes([low, high]));
        let local = blocks.color_table(flags)?;
        let colors = if local.is_empty() { global } else { local };
        if colors.is_empty() {
            return Err(Corrupt::malformed("it has no table of colours"));
        }
        let [code_size] = *blocks.take()?;
        let (width, height) = (side(w0, w1), side(h0, h1));
        let pixels = unpack(blocks, code_size, width * height)?;
        let (place, interlaced) = ((side(x0, x1), side(y0, y1)), flags & 0x40 != 0);
        Ok(Self { place, width, pixels, interlaced, colors, transparent })
    }

    /// Red, green, blue and alpha of the whole screen, which is large enough for the frame.
    pub(super) fn on_screen(&self, width: usize, height: usize) -> Vec<u8> {
        let mut screen = vec![0; width * height * 4];
        let (left, top) = self.place;
        if self.width == 0 || left >= width {
            return screen;
        }
        let rows = self.pixels.len() / self.width;
        for (from, row) in self.pixels.chunks_exact(self.width).zip(self.order(rows)) {
            let Some(start) = Some(top + row).filter(|y| *y < height).map(|y| (y * width + left) * 4) else {
                continue;
            };
            let into = screen[start..].as_chunks_mut::<4>().0;
            for (into, number) in into.iter_mut().take(width - left).zip(from) {
                // A number without a colour is shown as nothing, as browsers do.
                if let Some(&[red, green, blue]) = self.colors.get(usize::from(*number))
                    && self.transparent != Some(*number)
                {
                    *into = [red, green, blue, 255];
                }
            }
        }
        screen
    }

    /// Where it goes, and its own pixels.
    #[cfg(feature = "webp")]
    pub(super) fn into_patch(mut self) -> (Place, Raster) {
        let ((left, top), width) = (std::mem::take(&mut self.place), self.width);
        let height = self.pixels.len() / width.max(1);
        let raster = Raster::new(width, height, Layout::Rgba, self.on_screen(width, height));
        (Place { left, top, width, height }, raster)
    }

    /// Which row of the frame each stored row is (GIF89a, appendix E).
    fn order(&self, rows: usize) -> Box<dyn Iterator<Item = usize>> {
        if !self.interlaced {
            return Box::new(0..rows);
        }
        let passes = [(0, 8), (4, 8), (2, 4), (1, 2)];
        Box::new(passes.into_iter().flat_map(move |(first, step)| (first..rows).step_by(step)))
    }
}

/// The numbers of `count` pixels.
fn unpack(blocks: &mut Blocks<'_>, code_size: u8, count: usize) -> Result<Vec<u8>, Corrupt> {
    if !(1..=11).contains(&code_size) {
        return Err(Corrupt::malformed("its codes have a size that GIF has not"));
    }
    let mut decoder = Decoder::new(BitOrder::Lsb, code_size);
    let mut pixels = vec![0; count];
    let (mut at, mut ended) = (0, false);
    while let Some(mut data) = blocks.data()? {
        while !ended && !data.is_empty() {
            let mut excess = [0];
            let whole = at == count;
            let out = if whole { &mut excess[..] } else { &mut pixels[at..] };
            let step = decoder.decode_bytes(data, out);
            if whole && step.consumed_out > 0 {
                return Err(Corrupt::malformed("its data go on behind its last pixel"));
            }
            at += step.consumed_out;
            data = &data[step.consumed_in..];
            match step.status {
                Ok(LzwStatus::Done) => ended = true,
                Ok(LzwStatus::NoProgress) => break,
                Ok(LzwStatus::Ok) => {}
                Err(_) => return Err(Corrupt::malformed("its data hold a code that was never defined")),
            }
        }
    }
    finish(&mut decoder, &mut pixels, at, ended)?;
    Ok(pixels)
}

/// Takes what the decoder still holds when the data have ended. An end code is not asked for.
fn finish(decoder: &mut Decoder, pixels: &mut [u8], mut at: usize, ended: bool) -> Result<(), Corrupt> {
    while !ended && at < pixels.len() {
        let step = decoder.decode_bytes(&[], &mut pixels[at..]);
        if step.status.is_err() || step.consumed_out == 0 {
            break;
        }
        at += step.consumed_out;
    }
    if at < pixels.len() { Err(Corrupt::malformed("a part of the picture is missing")) } else { Ok(()) }
}
