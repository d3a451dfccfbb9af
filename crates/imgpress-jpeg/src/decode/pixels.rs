//! Full-size pixels, a strip of rows at a time.

use fearless_simd::{Level, Simd, dispatch};

use super::Checkpoint;
use super::color::{self, ColorTransform};
use super::error::DecodeError;
use super::frame::Frame;
use super::header::Header;
use super::strips::{Plane, Rows};
use super::upsample::{Upsampler, View};

/// Hands out a picture's pixels from the top, one byte a channel.
pub struct Pixels<'a> {
    rows: Rows<'a>,
    frame: &'a Frame,
    level: Level,
    maker: Maker,
    /// The strip that pixels are made from …
    current: Vec<Plane>,
    /// … and the one after it, where filters reach into it; else empty.
    next: Vec<Plane>,
    /// The strip that comes next.
    row: usize,
    buffer: Vec<u8>,
}

/// Makes pixels of planes.
struct Maker {
    transform: ColorTransform,
    upsamplers: Vec<Upsampler>,
    /// By component, the last row of the strip before.
    above: Vec<Vec<u8>>,
    /// A row of red, green and blue on their way to inks.
    rgb: Vec<u8>,
}

impl<'a> Pixels<'a> {
    pub(super) fn new(
        header: &'a Header<'a>,
        transform: ColorTransform,
        level: Level,
        go_on: Checkpoint<'a>,
    ) -> Result<Self, DecodeError> {
        let frame = &header.frame;
        let maker = Maker::new(frame, transform);
        let looks_ahead = maker.upsamplers.iter().any(Upsampler::needs_surroundings);
        let next = if looks_ahead { Plane::all(frame) } else { Vec::new() };
        let rows = Rows::new(header, level, go_on)?;
        let current = Plane::all(frame);
        Ok(Self { rows, frame, level, maker, current, next, row: 0, buffer: Vec::new() })
    }

    /// Bytes of a pixel: as many as there are components.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.frame.components.len()
    }

    /// The next rows, at least one; `None` after the last. As many come at once as a row of interleaved units
    /// is high: 8 to 32, and fewer at the bottom.
    ///
    /// # Errors
    /// As [`Strips::next_strip`](super::Strips::next_strip).
    pub fn next_rows(&mut self) -> Result<Option<&[u8]>, DecodeError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.resize(self.strip_bytes(), 0);
        let read = self.fill(&mut buffer);
        self.buffer = buffer;
        let length = read?;
        Ok(Some(&self.buffer[..length]).filter(|rows| !rows.is_empty()))
    }

    /// The rest of the picture.
    pub(super) fn all(mut self) -> Result<Vec<u8>, DecodeError> {
        let size = self.frame.width as usize * self.frame.height as usize * self.channels();
        let mut pixels = vec![0; size];
        let mut at = 0;
        while at < size {
            at += self.fill(&mut pixels[at..])?;
        }
        Ok(pixels)
    }

    /// Bytes of a strip that is not the last.
    fn strip_bytes(&self) -> usize {
        8 * self.frame.max_sampling.1 * self.frame.width as usize * self.channels()
    }

    /// Puts the next strip's pixels to the start of `out` and gives their number of bytes, 0 after the last.
    fn fill(&mut self, out: &mut [u8]) -> Result<usize, DecodeError> {
        let row = self.row;
        let count = self.frame.units.1;
        if row == count {
            return Ok(0);
        }
        if self.next.is_empty() {
            self.rows.read(row, &mut self.current)?;
        } else {
            if row == 0 {
                self.rows.read(0, &mut self.current)?;
            } else {
                std::mem::swap(&mut self.current, &mut self.next);
            }
            if row + 1 < count {
                self.rows.read(row + 1, &mut self.next)?;
            }
        }
        self.row += 1;
        let height = 8 * self.frame.max_sampling.1;
        let height = height.min(self.frame.height as usize - row * height);
        let bytes = height * self.frame.width as usize * self.channels();
        let out = &mut out[..bytes];
        let (maker, frame, current) = (&mut self.maker, self.frame, self.current.as_slice());
        let next = self.next.as_slice();
        dispatch!(self.level, simd => maker.strip(simd, frame, row, current, next, out));
        maker.keep_last(current);
        Ok(bytes)
    }
}

impl Maker {
    fn new(frame: &Frame, transform: ColorTransform) -> Self {
        let width = frame.width as usize;
        let components = &frame.components;
        let upsamplers: Vec<_> =
            components.iter().map(|component| Upsampler::new(component, frame.max_sampling, width)).collect();
        let inks = transform == ColorTransform::YCbCr && components.len() == 4;
        Self {
            transform,
            above: components.iter().map(|_| Vec::new()).collect(),
            upsamplers,
            rgb: vec![0; if inks { 3 * width } else { 0 }],
        }
    }

    /// Remembers what the next strip finds above it.
    fn keep_last(&mut self, planes: &[Plane]) {
        for ((above, plane), upsampler) in self.above.iter_mut().zip(planes).zip(&self.upsamplers) {
            if upsampler.needs_surroundings() {
                above.clear();
                above.extend_from_slice(plane.row(plane.rows - 1));
            }
        }
    }

    #[inline(always)]
    fn strip<S: Simd>(
        &mut self,
        simd: S,
        frame: &Frame,
        row: usize,
        planes: &[Plane],
        next: &[Plane],
        out: &mut [u8],
    ) {
        let channels = planes.len();
        let bytes = frame.width as usize * channels;
        for (y, out) in out.chunks_exact_mut(bytes).enumerate() {
            let mut rows: [&[u8]; 4] = [&[]; 4];
            let parts = self.upsamplers.iter_mut().zip(&self.above).zip(planes).zip(&frame.components);
            for (c, (((upsampler, above), plane), component)) in parts.enumerate() {
                let height = (component.size.1 - row * plane.rows).min(plane.rows);
                let view = View {
                    plane,
                    height,
                    above: if row == 0 { plane.row(0) } else { above },
                    below: match next.get(c) {
                        Some(next) if row + 1 < frame.units.1 => next.row(0),
                        _ => plane.row(height - 1),
                    },
                };
                rows[c & 3] = upsampler.row(simd, view, y);
            }
            let [a, b, c, d] = rows;
            match (channels, self.transform) {
                (1, _) => out.copy_from_slice(&a[..bytes]),
                (3, transform) => color::three(simd, transform, [a, b, c], out),
                (4, ColorTransform::YCbCr) => {
                    color::three(simd, self.transform, [a, b, c], &mut self.rgb);
                    color::inks(&self.rgb, d, out);
                }
                _ => color::interleave(&rows[..channels], out),
            }
        }
    }
}
