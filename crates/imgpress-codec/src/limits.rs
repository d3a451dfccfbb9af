use crate::error::TooLarge;

/// What an image may be at most. Checked against its header, before a pixel is allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Width times height, in pixels. Default: 50 million, as imgproxy's.
    pub max_pixels: u64,
    /// The longer side, in pixels. Default: 16384.
    pub max_side: u32,
    /// [`ImageInfo::working_set`](crate::ImageInfo::working_set), in bytes. Default: 500 MB.
    pub max_image_memory: u64,
    /// Scans of a JPEG. Each costs a pass over the whole picture: 20,000 of them in 1.1 MB kept libjpeg busy
    /// for 19 seconds. Default: 100; ordinary progressive files have about ten.
    pub max_scans: u32,
    /// Frames, or pages, that a file may announce. Default: 10,000.
    pub max_frames: u32,
    /// Frames of an animation that stays one. Default: 1,000.
    pub max_animation_frames: u32,
    /// Pixels of all frames of such an animation together, of the size that it has or of the size that it gets, whichever
    /// is larger. Default: 150 million.
    pub max_animation_pixels: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_pixels: 50_000_000,
            max_side: 16_384,
            max_image_memory: 500_000_000,
            max_scans: 100,
            max_frames: 10_000,
            max_animation_frames: 1_000,
            max_animation_pixels: 150_000_000,
        }
    }
}

impl Limits {
    /// The longest side that is allowed and that a JPEG can have in libjpeg (65,500, its `JPEG_MAX_DIMENSION`).
    pub(crate) fn longest_side(&self) -> u32 {
        self.max_side.min(65_500)
    }

    /// Whether a picture may be this large.
    pub(crate) fn check_size(&self, width: u32, height: u32) -> Result<(), TooLarge> {
        let limit = self.longest_side();
        if width.max(height) > limit {
            return Err(TooLarge::Side { width, height, limit });
        }
        let limit = self.max_pixels;
        if u64::from(width) * u64::from(height) > limit {
            return Err(TooLarge::Pixels { width, height, limit });
        }
        Ok(())
    }
}
