//! Animated outputs, read by the decoder that reads inputs.

use super::files::{check_pixels, generous};
use super::{Closeness, Verify, failed};
use crate::container::riff::{Moving, Strip};
use crate::decode::animation::{Canvas, Patch, Patches};
use crate::options::ImageFormat;
use crate::raster::{Layout, Raster};
use crate::{Error, decode};

impl Verify {
    /// Checks the file that was made of `pixels` in all of the pictures that `next` gives, each with its duration: that
    /// it has as many, for as long, each as [`check_file`](Self::check_file) has it.
    ///
    /// # Errors
    /// As [`check`](Self::check), and those of `next`.
    pub(crate) fn check_animation(
        self,
        file: &[u8],
        pixels: u64,
        closeness: Closeness,
        mut next: impl FnMut() -> Result<Option<(Raster, u32)>, Error>,
    ) -> Result<(), Error> {
        if !self.takes(usize::try_from(pixels).unwrap_or(usize::MAX), file.len()) {
            return Ok(());
        }
        let limits = generous();
        let info = decode::probe(ImageFormat::Webp, file, &limits).map_err(|error| failed(&error))?;
        let (width, height) = (info.width as usize, info.height as usize);
        let mut patches = Patches::new(file, &info, &limits).map_err(|error| failed(&error))?;
        let mut canvas = Canvas::new((info.width, info.height));
        while let Some((expected, expected_duration)) = next()? {
            let patch = patches.next().map_err(|error| failed(&error))?;
            let patch = patch.ok_or_else(|| failed("a frame is missing"))?;
            let Patch { place, raster, is_blended, disposal, duration } = patch;
            canvas.draw(place, &raster, is_blended, disposal);
            let found = Raster::new(width, height, Layout::Rgba, canvas.pixels().to_vec());
            check_pixels(&found, &expected, closeness)?;
            if duration != expected_duration.min(Moving::MAX_DURATION) {
                return Err(failed("a frame is shown for another time"));
            }
        }
        let rest = patches.next().map_err(|error| failed(&error))?;
        if rest.is_none() { Ok(()) } else { Err(failed("it has a frame too many")) }
    }

    /// Checks that a kept file has every one of these frames, which are known to be whole.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub(crate) fn check_kept_animation(self, file: &[u8], frames: &Strip) -> Result<(), Error> {
        if self != Self::Always {
            return Ok(());
        }
        let kept = Moving::read(file).map_err(|error| failed(&error))?;
        if kept.strip() == *frames { Ok(()) } else { Err(failed("the kept file has other frames")) }
    }
}
