/// Longest side of a WebP picture, in pixels: VP8 and VP8L have 14 bits for it, and libwebp takes none of 16384.
pub const MAX_SIDE: u32 = 16_383;

/// What the components of a pixel are, of 8 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, alpha, which is not premultiplied.
    Rgba,
}

impl Layout {
    /// Bytes of a pixel.
    #[must_use]
    pub fn channels(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
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
        let sides = [width, height];
        let bytes = sides.iter().try_fold(layout.channels(), |product, side| {
            let side = usize::try_from(*side).ok().filter(|_| (1..=MAX_SIDE).contains(side))?;
            product.checked_mul(side)
        });
        let whole = bytes == Some(pixels.len());
        whole.then_some(Self { width, height, layout, pixels }).ok_or(PictureError)
    }

    /// Pixels across, 1 to [`MAX_SIDE`].
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels down, 1 to [`MAX_SIDE`].
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// What a pixel is.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// `width * height` pixels.
    #[must_use]
    pub fn pixels(&self) -> &'a [u8] {
        self.pixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_pictures_within_the_formats_sides_are_taken() {
        assert!(Picture::new(2, 1, Layout::Rgb, &[0; 6]).is_ok());
        assert!(Picture::new(16_383, 1, Layout::Rgba, &[0; 16_383 * 4]).is_ok());
        for (width, height, bytes) in
            [(2, 1, 5), (2, 1, 7), (0, 1, 0), (1, 0, 0), (16_384, 1, 16_384 * 3), (u32::MAX, u32::MAX, 3)]
        {
            assert!(Picture::new(width, height, Layout::Rgb, &vec![0; bytes]).is_err(), "{width}×{height}");
        }
    }
}
