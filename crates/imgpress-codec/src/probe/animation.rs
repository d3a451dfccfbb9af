//! What the headers of an animation's frames say, and what of it is allowed.

use crate::error::TooLarge;
use crate::geometry::Geometry;
use crate::options::{ImageFormat, Options, OutputFormat};
use crate::{Error, ImageInfo, Limits, encode};

/// The frames of a file that shows more than its still picture, and whose frames can all be decoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Animation {
    /// Pixels of the largest as it is stored.
    pub(crate) largest: u64,
    /// Pixels of all as they are stored.
    pub(crate) stored: u64,
    /// Its sides, for who asks.
    largest_size: (u32, u32),
}

impl Animation {
    /// Takes another frame.
    pub(crate) fn add(&mut self, width: u32, height: u32) {
        let pixels = u64::from(width) * u64::from(height);
        self.stored = self.stored.saturating_add(pixels);
        if pixels >= self.largest {
            (self.largest, self.largest_size) = (pixels, (width, height));
        }
    }

    /// `None` where these frames are a still picture.
    pub(crate) fn of(self, is_animated: bool) -> Option<Self> {
        is_animated.then_some(self)
    }
}

impl ImageInfo {
    /// Whether the file is an animation whose frames can all be decoded: of GIF, PNG and WebP.
    #[must_use]
    pub fn is_animated(&self) -> bool {
        self.animation.is_some()
    }

    /// Whether the options make an animation of it again: only WebP is written as one.
    #[must_use]
    pub fn stays_animated(&self, options: &Options) -> bool {
        let is_asked = match options.format {
            OutputFormat::Webp | OutputFormat::Auto => true,
            OutputFormat::Same => self.format == ImageFormat::Webp,
            OutputFormat::Jpeg | OutputFormat::Avif | OutputFormat::Jxl | OutputFormat::Png => false,
        };
        is_asked && self.is_animated() && encode::is_built(ImageFormat::Webp)
    }

    /// Pixels of all frames as they are shown, before they are resized or after, whichever are more.
    pub(crate) fn animation_pixels(&self, geometry: &Geometry) -> u64 {
        self.pixels().max(geometry.pixels()).saturating_mul(self.frames.into())
    }

    /// Whether an animation may be as long and as large as it is, if all of it is to be worked on.
    pub(super) fn check_animation(
        &self,
        options: &Options,
        geometry: &Geometry,
        limits: &Limits,
    ) -> Result<(), Error> {
        let Some(animation) = self.animation.filter(|_| self.stays_animated(options)) else { return Ok(()) };
        if self.frames > limits.max_animation_frames {
            return Err(TooLarge::Frames { limit: limits.max_animation_frames }.into());
        }
        if animation.largest > limits.max_pixels {
            let (width, height) = animation.largest_size;
            return Err(TooLarge::Pixels { width, height, limit: limits.max_pixels }.into());
        }
        let (pixels, limit) = (self.animation_pixels(geometry), limits.max_animation_pixels);
        if pixels > limit {
            return Err(TooLarge::AnimationPixels { pixels, limit }.into());
        }
        Ok(())
    }
}
