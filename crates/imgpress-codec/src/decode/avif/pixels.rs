//! From planes of luma and chroma to pixels (ITU-T H.273, 8.3).

use rusty_av1d::{PixelLayout, PlanarImageComponent};
use zenavif_parse::ColorInformation;

use super::frame::Frame;
use crate::Error;
use crate::error::{Corrupt, Unsupported};
use crate::raster::{Layout, Raster};

/// What samples mean, by the numbers of H.273.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cicp {
    pub(crate) primaries: u16,
    pub(crate) transfer: u16,
    pub(crate) matrix: u16,
    pub(crate) full_range: bool,
}

impl Cicp {
    /// What the file says, which goes before what the stream does.
    pub(crate) fn stated(information: Option<&ColorInformation>) -> Option<Self> {
        match information {
            Some(&ColorInformation::Nclx {
                color_primaries,
                transfer_characteristics,
                matrix_coefficients,
                full_range,
            }) => {
                let (primaries, transfer) = (color_primaries, transfer_characteristics);
                Some(Self { primaries, transfer, matrix: matrix_coefficients, full_range })
            }
            _ => None,
        }
    }

    /// As a cICP chunk of a PNG says it. What is unspecified is sRGB, and the curves of television are taken for its
    /// curve, as browsers do.
    pub(super) fn chunk(self) -> [u8; 4] {
        let narrow = |number: u16| u8::try_from(number).unwrap_or(0);
        let primaries = if self.primaries == 2 { 1 } else { narrow(self.primaries) };
        let transfer = if matches!(self.transfer, 1 | 2 | 6 | 14 | 15) { 13 } else { narrow(self.transfer) };
        [primaries, transfer, 0, 1]
    }
}

/// How samples become red, green and blue.
#[derive(Clone, Copy)]
enum Matrix {
    /// They are green, blue and red.
    Identity,
    YCgCo,
    /// The shares of red and of blue in luma.
    Luma(f32, f32),
}

impl Matrix {
    /// What the colours say (ITU-T H.273, table 4).
    fn of(colors: &Cicp) -> Result<Self, Unsupported> {
        Ok(match colors.matrix {
            0 => Self::Identity,
            1 => Self::Luma(0.2126, 0.0722),
            4 => Self::Luma(0.30, 0.11),
            // Unspecified too.
            2 | 5 | 6 => Self::Luma(0.299, 0.114),
            7 => Self::Luma(0.212, 0.087),
            8 => Self::YCgCo,
            9 => Self::Luma(0.2627, 0.0593),
            // The shares follow from the primaries (equations 32 to 37).
            12 if matches!(colors.primaries, 1 | 2) => Self::Luma(0.2126, 0.0722),
            12 if colors.primaries == 9 => Self::Luma(0.2627, 0.0593),
            12 if colors.primaries == 12 => Self::Luma(0.22897, 0.07929),
            _ => return Err(Unsupported::Known("AVIF with these matrix coefficients")),
        })
    }

    /// From luma of 0 to 1 and chroma about 0.
    fn rgb(self, y: f32, cb: f32, cr: f32) -> [f32; 3] {
        match self {
            Self::Identity => [cr, y, cb],
            Self::YCgCo => [y - cb + cr, y + cb, y - cb - cr],
            Self::Luma(red, blue) => {
                let (r, b) = (y + 2.0 * (1.0 - red) * cr, y + 2.0 * (1.0 - blue) * cb);
                [r, (y - red * r - blue * b) / (1.0 - red - blue), b]
            }
        }
    }
}

/// A picture that is being painted: of one or three components, and alpha where there is any.
pub(super) struct Pixels {
    width: usize,
    height: usize,
    layout: Layout,
    /// Whether a component has 16 bits, in the machine's order of bytes.
    wide: bool,
    bytes: Vec<u8>,
}

impl Pixels {
    pub(super) fn new((width, height): (usize, usize), grey: bool, alpha: bool, wide: bool) -> Self {
        let layout = match (grey, alpha) {
            (true, false) => Layout::Grey,
            (true, true) => Layout::GreyAlpha,
            (false, false) => Layout::Rgb,
            (false, true) => Layout::Rgba,
        };
        let bytes = vec![0; width * height * layout.channels() * if wide { 2 } else { 1 }];
        Self { width, height, layout, wide, bytes }
    }

    /// Paints a piece with its upper left corner at `(left, top)`; what is outside of the picture is left out.
    pub(super) fn paint(
        &mut self,
        frame: &Frame,
        (left, top): (usize, usize),
        colors: &Cicp,
    ) -> Result<(), Error> {
        if self.layout.is_grey() != (frame.layout == PixelLayout::I400) {
            return Err(Corrupt::malformed("its tiles are of different kinds").into());
        }
        let (width, height) = frame.size();
        let matrix = Matrix::of(colors)?;
        let range = Range::of(frame.bits, colors.full_range, matches!(matrix, Matrix::Identity));
        let mut rows = Rows::new(frame);
        for y in 0..height.min(self.height.saturating_sub(top)) {
            let [luma, cb, cr] = rows.read(y);
            for x in 0..width.min(self.width.saturating_sub(left)) {
                let value = range.luma(luma[x]);
                if self.layout.is_grey() {
                    self.set((left + x, top + y), 0, value);
                    continue;
                }
                let rgb = matrix.rgb(value, range.chroma(cb[x]), range.chroma(cr[x]));
                rgb.into_iter()
                    .enumerate()
                    .for_each(|(channel, value)| self.set((left + x, top + y), channel, value));
            }
        }
        Ok(())
    }

    /// Takes the alpha of every pixel, and what was multiplied by it back.
    pub(super) fn set_alpha(&mut self, frame: &Frame, premultiplied: bool) {
        let range = Range::of(frame.bits, frame.is_full_range(), false);
        let last = self.layout.channels() - 1;
        let mut row = vec![0.0; self.width];
        for y in 0..self.height {
            frame.read_row(PlanarImageComponent::Y, y, &mut row);
            for (x, sample) in row.iter().enumerate() {
                let alpha = range.luma(*sample).clamp(0.0, 1.0);
                self.set((x, y), last, alpha);
                for channel in (0..last).filter(|_| premultiplied && alpha > 0.0) {
                    let value = self.get((x, y), channel) / alpha;
                    self.set((x, y), channel, value);
                }
            }
        }
    }

    /// What a rectangle leaves of the picture: left, top, width and height.
    pub(super) fn clipped(mut self, (left, top, width, height): (usize, usize, u32, u32)) -> Raster {
        let (width, height) = (width as usize, height as usize);
        if (width, height) != (self.width, self.height) {
            let pixel = self.layout.channels() * if self.wide { 2 } else { 1 };
            for y in 0..height {
                let from = ((top + y) * self.width + left) * pixel;
                self.bytes.copy_within(from..from + width * pixel, y * width * pixel);
            }
            self.bytes.truncate(width * height * pixel);
            self.bytes.shrink_to_fit();
        }
        Raster { wide: self.wide, ..Raster::new(width, height, self.layout, self.bytes) }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped; NaN becomes 0")]
    fn set(&mut self, (x, y): (usize, usize), channel: usize, value: f32) {
        let at = (y * self.width + x) * self.layout.channels() + channel;
        let value = value.clamp(0.0, 1.0);
        if self.wide {
            let sample = (value * 65_535.0 + 0.5) as u16;
            self.bytes[2 * at..2 * at + 2].copy_from_slice(&sample.to_ne_bytes());
        } else {
            self.bytes[at] = (value * 255.0 + 0.5) as u8;
        }
    }

    fn get(&self, (x, y): (usize, usize), channel: usize) -> f32 {
        let at = (y * self.width + x) * self.layout.channels() + channel;
        if self.wide {
            f32::from(u16::from_ne_bytes([self.bytes[2 * at], self.bytes[2 * at + 1]])) / 65_535.0
        } else {
            f32::from(self.bytes[at]) / 255.0
        }
    }
}

/// Where samples lie between their least and their largest value.
struct Range {
    black: f32,
    luma: f32,
    middle: f32,
    chroma: f32,
}

impl Range {
    fn of(bits: u32, full: bool, identity: bool) -> Self {
        let unit = f32::from(1_u16 << (bits - 8));
        let largest = 256.0 * unit - 1.0;
        let (black, luma, chroma) =
            if full { (0.0, largest, largest) } else { (16.0 * unit, 219.0 * unit, 224.0 * unit) };
        if identity {
            return Self { black, luma, middle: black, chroma: luma };
        }
        Self { black, luma, middle: 128.0 * unit, chroma }
    }

    fn luma(&self, sample: f32) -> f32 {
        (sample - self.black) / self.luma
    }

    fn chroma(&self, sample: f32) -> f32 {
        (sample - self.middle) / self.chroma
    }
}

/// Rows of the three planes at the size of luma. Chroma is interpolated linearly between the middles of its pixels, as
/// browsers do.
struct Rows<'a> {
    frame: &'a Frame,
    planes: [Vec<f32>; 3],
    near: Vec<f32>,
    far: Vec<f32>,
}

impl<'a> Rows<'a> {
    fn new(frame: &'a Frame) -> Self {
        let (width, _) = frame.size();
        let row = || vec![0.0; width];
        Self { frame, planes: [row(), row(), row()], near: row(), far: row() }
    }

    fn read(&mut self, y: usize) -> &[Vec<f32>; 3] {
        let (width, height) = self.frame.size();
        self.frame.read_row(PlanarImageComponent::Y, y, &mut self.planes[0]);
        let (across, down) = match self.frame.layout {
            PixelLayout::I400 => return &self.planes,
            PixelLayout::I420 => (true, true),
            PixelLayout::I422 => (true, false),
            PixelLayout::I444 => (false, false),
        };
        for (plane, component) in [(1, PlanarImageComponent::U), (2, PlanarImageComponent::V)] {
            if !across {
                self.frame.read_row(component, y, &mut self.planes[plane]);
                continue;
            }
            let columns = width.div_ceil(2);
            let near = if down { y / 2 } else { y };
            self.frame.read_row(component, near, &mut self.near[..columns]);
            if down {
                let last = height.div_ceil(2) - 1;
                let far = if y.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(last) };
                self.frame.read_row(component, far, &mut self.far[..columns]);
                self.near.iter_mut().zip(&self.far).for_each(|(near, far)| *near = 0.75 * *near + 0.25 * far);
            }
            for (x, sample) in self.planes[plane].iter_mut().enumerate() {
                let near = x / 2;
                let far =
                    if x.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(columns - 1) };
                *sample = 0.75 * self.near[near] + 0.25 * self.near[far];
            }
        }
        &self.planes
    }
}

#[cfg(test)]
mod tests {
    use super::{Cicp, Matrix};

    #[test]
    fn the_shares_of_red_and_blue_may_follow_from_the_primaries() {
        let of = |primaries, matrix| {
            let matrix = Matrix::of(&Cicp { primaries, transfer: 13, matrix, full_range: true });
            matrix.map(|matrix| matrix.rgb(0.5, 0.25, -0.125))
        };
        assert_eq!(of(1, 12), of(1, 1));
        assert_eq!(of(9, 12), of(9, 9));
        let [red, green, blue] = of(12, 12).unwrap();
        let luma = 0.2290 * red + 0.6917 * green + 0.0793 * blue;
        assert!((luma - 0.5).abs() < 1e-3, "{luma}: the luma of Display P3, as in SMPTE EG 432-1");
        assert!(of(4, 12).is_err() && of(9, 10).is_err());
    }
}
