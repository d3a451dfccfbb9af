/// Longest side that is encoded, in pixels: level 5 of the format ends at 262,144 (ISO/IEC 18181-1, annex M).
pub const MAX_SIDE: u32 = 262_144;

/// What the components of a pixel are, of 8 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Grey.
    Grey,
    /// Grey and alpha, which it is not multiplied by.
    GreyAlpha,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, alpha, which is not premultiplied.
    Rgba,
}

impl Layout {
    /// Bytes of a pixel.
    #[must_use]
    pub fn channels(self) -> u32 {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }

    pub(crate) fn is_grey(self) -> bool {
        self.channels() < 3
    }

    pub(crate) fn has_alpha(self) -> bool {
        self.channels().is_multiple_of(2)
    }
}

/// A picture in memory: rows from the top, without padding.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    width: u32,
    height: u32,
    layout: Layout,
    pixels: &'a [u8],
}

/// What is no [`Picture`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a picture has sides of 1 to {MAX_SIDE} pixels, and as many bytes as its pixels have")]
pub struct PictureError;

impl<'a> Picture<'a> {
    /// A picture of `width * height` pixels, sides of 1 to [`MAX_SIDE`].
    ///
    /// # Errors
    /// A side is out of range, or there are more or fewer bytes.
    pub fn new(width: u32, height: u32, layout: Layout, pixels: &'a [u8]) -> Result<Self, PictureError> {
        let sides = [width, height, layout.channels()];
        let bytes = sides.iter().try_fold(1_usize, |product, side| {
            let side = usize::try_from(*side).ok().filter(|_| (1..=MAX_SIDE).contains(side))?;
            product.checked_mul(side)
        });
        let whole = bytes == Some(pixels.len());
        whole.then_some(Self { width, height, layout, pixels }).ok_or(PictureError)
    }

    pub(crate) fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    pub(crate) fn pixels(&self) -> &'a [u8] {
        self.pixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_pictures_within_the_formats_sides_are_taken() {
        assert!(Picture::new(2, 1, Layout::Rgb, &[0; 6]).is_ok());
        assert!(Picture::new(262_144, 1, Layout::Grey, &vec![0; 262_144]).is_ok());
        for (width, height, bytes) in
            [(2, 1, 5), (2, 1, 7), (0, 1, 0), (1, 0, 0), (262_145, 1, 262_145 * 3), (u32::MAX, u32::MAX, 3)]
        {
            assert!(Picture::new(width, height, Layout::Rgb, &vec![0; bytes]).is_err(), "{width}×{height}");
        }
    }
}
