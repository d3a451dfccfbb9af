//! From the bits of an unpacked row to the components of decoded pixels.

use crate::raster::narrow;

use super::directory::Order;
use super::header::{Header, Ink, Predictor};

/// Reads rows of samples, and knows what is to be done with them.
pub(super) struct Samples<'a> {
    header: &'a Header<'a>,
    /// Of a pixel, in a row.
    per_pixel: usize,
    bits: usize,
    palette: Vec<[u8; 3]>,
    row: Vec<u16>,
    bytes: Vec<u8>,
}

impl<'a> Samples<'a> {
    pub(super) fn new(header: &'a Header<'a>) -> Self {
        let palette =
            if let Ink::Palette(map) = &header.ink { colors(map, 1 << header.bits) } else { Vec::new() };
        // YCbCr is red, green and blue by now.
        let per_pixel = header.samples_in_part();
        Self { header, per_pixel, bits: header.bits, palette, row: Vec::new(), bytes: Vec::new() }
    }

    /// The samples of a row of so many stored pixels: 0 to [`most`](Self::most).
    pub(super) fn read(&mut self, row: &[u8], pixels: usize) -> &[u16] {
        let (count, order) = (pixels * self.per_pixel, self.header.order);
        self.row.clear();
        match self.bits {
            8 => self.row.extend(row.iter().take(count).map(|&byte| u16::from(byte))),
            16 => self.row.extend(row.as_chunks::<2>().0.iter().take(count).map(|pair| match order {
                Order::Little => u16::from_le_bytes(*pair),
                Order::Big => u16::from_be_bytes(*pair),
            })),
            32 => self.floats(row, count),
            bits => self.row.extend((0..count).map(|index| bits_at(row, index * bits, bits))),
        }
        if self.header.predictor == Predictor::Horizontal && self.bits != 32 {
            let most = self.most();
            for index in self.per_pixel..self.row.len() {
                self.row[index] = self.row[index].wrapping_add(self.row[index - self.per_pixel]) & most;
            }
        }
        &self.row
    }

    /// The number of a sample that is full.
    pub(super) fn most(&self) -> u16 {
        if self.bits >= 16 { if self.bits == 32 { 255 } else { u16::MAX } } else { (1 << self.bits) - 1 }
    }

    /// Components of decoded pixels, from `channel` on, of as many as fit into `row`: those that were just read, of
    /// which the picture has `pixels`.
    pub(super) fn write(&self, into: &mut [u8], channels: usize, channel: usize, pixels: usize) {
        let invert = matches!(self.header.ink, Ink::Grey { white_is_zero: true });
        let most = self.most();
        let (taken, wide) = (self.per_pixel.min(channels - channel), self.header.wide());
        let stored = self.row.chunks_exact(self.per_pixel).take(pixels);
        if !self.palette.is_empty() {
            return self.write_palette(into, channels, channel, pixels);
        }
        let size = if wide { 2 } else { 1 };
        for (pixel, into) in stored.zip(into.chunks_exact_mut(channels * size)) {
            for (index, &sample) in pixel[..taken].iter().enumerate() {
                let channel = channel + index;
                let sample = if invert && channel == 0 { most - sample } else { sample };
                if wide {
                    into[channel * 2..][..2].copy_from_slice(&widened(sample, most).to_ne_bytes());
                } else {
                    into[channel] = narrowed(sample, most);
                }
            }
        }
    }

    /// As [`write`](Self::write), where what is stored is the number of a colour and, after it, alpha.
    fn write_palette(&self, into: &mut [u8], channels: usize, plane: usize, pixels: usize) {
        let most = self.most();
        let stored = self.row.chunks_exact(self.per_pixel).take(pixels);
        for (pixel, into) in stored.zip(into.chunks_exact_mut(channels)) {
            for (index, &sample) in pixel.iter().enumerate() {
                match plane + index {
                    0 => into[..3].copy_from_slice(&self.palette[usize::from(sample)]),
                    1 if channels == 4 => into[3] = narrowed(sample, most),
                    _ => {}
                }
            }
        }
    }

    /// Floating point of 32 bits, 0.0 to 1.0, as the nearest of 0 to 255.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped; NaN becomes 0")]
    fn floats(&mut self, row: &[u8], count: usize) {
        let (order, step) = (self.header.order, self.per_pixel);
        let number = |bytes: [u8; 4], order| match order {
            Order::Little => f32::from_le_bytes(bytes),
            Order::Big => f32::from_be_bytes(bytes),
        };
        let level = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u16;
        if self.header.predictor != Predictor::Float {
            let mut values: Vec<u32> = Vec::new();
            values.extend(
                row.as_chunks::<4>().0.iter().take(count).map(|bytes| number(*bytes, order).to_bits()),
            );
            if self.header.predictor == Predictor::Horizontal {
                for index in step..values.len() {
                    values[index] = values[index].wrapping_add(values[index - step]);
                }
            }
            self.row.extend(values.into_iter().map(|bits| level(f32::from_bits(bits))));
            return;
        }
        // All first bytes of the numbers, then all second ones, the highest first; each less that of the pixel before.
        self.bytes.clear();
        self.bytes.extend_from_slice(&row[..count * 4]);
        for index in step..self.bytes.len() {
            self.bytes[index] = self.bytes[index].wrapping_add(self.bytes[index - step]);
        }
        let byte = |index: usize, place: usize| self.bytes[place * count + index];
        let values = (0..count).map(|index| [0, 1, 2, 3].map(|place| byte(index, place)));
        self.row.extend(values.map(|bytes| level(number(bytes, Order::Big))));
    }
}

/// So many bits of a row, the highest first; 0 past its end.
fn bits_at(row: &[u8], at: usize, bits: usize) -> u16 {
    let byte = |index: usize| u32::from(row.get(at / 8 + index).copied().unwrap_or(0));
    let window = byte(0) << 16 | byte(1) << 8 | byte(2);
    let value = window >> (24 - at % 8 - bits) & ((1 << bits) - 1);
    u16::try_from(value).unwrap_or(0)
}

fn widened(sample: u16, most: u16) -> u16 {
    if most == u16::MAX {
        return sample;
    }
    let most = u32::from(most);
    u16::try_from((u32::from(sample) * 65_535 + most / 2) / most).unwrap_or(u16::MAX)
}

fn narrowed(sample: u16, most: u16) -> u8 {
    match most {
        255 => u8::try_from(sample).unwrap_or(u8::MAX),
        u16::MAX => narrow(sample),
        _ => {
            let most = u32::from(most);
            u8::try_from((u32::from(sample) * 255 + most / 2) / most).unwrap_or(u8::MAX)
        }
    }
}

/// The colours of a palette: all reds, all greens, all blues, of 16 bits. Some writers gave 8, which then are all below
/// 256, and readers have taken them for it ever since.
fn colors(map: &super::directory::Values<'_>, count: usize) -> Vec<[u8; 3]> {
    let value = |index: usize| map.get(index).and_then(|value| u16::try_from(value).ok()).unwrap_or(0);
    let low = (0..3 * count).all(|index| value(index) < 256);
    let level = |value: u16| if low { u8::try_from(value).unwrap_or(u8::MAX) } else { narrow(value) };
    (0..count).map(|index| [0, 1, 2].map(|color| level(value(color * count + index)))).collect()
}
