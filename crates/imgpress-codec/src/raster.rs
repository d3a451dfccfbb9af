use crate::Orientation;
use crate::colors::Colors;

/// A decoded picture in memory: components interleaved, rows from the top without padding.
pub(crate) struct Raster {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) layout: Layout,
    /// `width * height * layout.channels()` components.
    pub(crate) pixels: Vec<u8>,
    /// Whether a component is of 16 bits, native-endian, and not of 8. Converting to sRGB makes it narrow.
    pub(crate) wide: bool,
    pub(crate) colors: Colors,
    pub(crate) orientation: Orientation,
    /// Whether it let something shine through before it was put on a background.
    pub(crate) flattened: bool,
}

/// What the components of a pixel are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Grey,
    GreyAlpha,
    Rgb,
    /// Alpha is not premultiplied.
    Rgba,
    /// 255 is full ink.
    Cmyk,
}

/// Most bytes of a colour profile that is used. Output profiles of presses reach 2 MB, while 512 KB of PNG can
/// inflate to half a gigabyte.
pub(crate) const MAX_ICC: usize = 4 << 20;

impl Layout {
    pub(crate) fn is_grey(self) -> bool {
        matches!(self, Self::Grey | Self::GreyAlpha)
    }

    pub(crate) fn has_alpha(self) -> bool {
        matches!(self, Self::GreyAlpha | Self::Rgba)
    }

    pub(crate) fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }
}

impl Raster {
    /// A picture of 8 bits a component, in sRGB, shown as it is stored.
    pub(crate) fn new(width: usize, height: usize, layout: Layout, pixels: Vec<u8>) -> Self {
        let orientation = Orientation::AS_STORED;
        let (wide, flattened) = (false, false);
        Self { width, height, layout, pixels, wide, colors: Colors::Srgb, orientation, flattened }
    }

    /// Width and height. Both passed the limits as 32-bit numbers.
    pub(crate) fn size(&self) -> (u32, u32) {
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        (side(self.width), side(self.height))
    }

    /// Replaces every pixel by one of another layout that has no more components, in place: pixel by pixel
    /// from the front, so that what is written never overtakes what is read.
    pub(crate) fn convert(&mut self, to: Layout, mut pixel: impl FnMut(&[u8]) -> [u8; 4]) {
        let (from, into) = (self.layout.channels(), to.channels());
        debug_assert!(into <= from, "a pixel must not grow in place");
        let count = self.width * self.height;
        for index in 0..count {
            let converted = pixel(&self.pixels[index * from..][..from]);
            self.pixels[index * into..][..into].copy_from_slice(&converted[..into]);
        }
        self.pixels.truncate(count * into);
        self.pixels.shrink_to_fit();
        self.layout = to;
    }
}

/// Scales native-endian 16-bit samples to 8 bits in place, to the nearest. Cutting off the low byte would be off by one for a
/// quarter of all values.
pub(crate) fn narrow_16(mut bytes: Vec<u8>) -> Vec<u8> {
    let count = bytes.len() / 2;
    for index in 0..count {
        bytes[index] = narrow(u16::from_ne_bytes([bytes[index * 2], bytes[index * 2 + 1]]));
    }
    bytes.truncate(count);
    bytes.shrink_to_fit();
    bytes
}

/// The nearest of 8 bits.
pub(crate) fn narrow(sample: u16) -> u8 {
    u8::try_from((u32::from(sample) * 255 + 32_767) / 65_535).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_become_the_nearest_eight() {
        for value in 0..=u16::MAX {
            let exact = f64::from(value) * 255.0 / 65_535.0;
            let narrowed = narrow_16(value.to_ne_bytes().to_vec())[0];
            assert!((f64::from(narrowed) - exact).abs() <= 0.5, "{value}: {narrowed}, exactly {exact}");
        }
    }
}
