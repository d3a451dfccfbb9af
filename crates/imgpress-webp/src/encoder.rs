//! The calls into libwebp.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice;

use libwebp_sys as ffi;

use crate::{Coding, Layout, Picture, Settings};

/// Why there is no file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `go_on` said no.
    #[error("stopped")]
    Stopped,
    /// libwebp gave up; in its words.
    #[error("libwebp: {0}")]
    Library(String),
}

/// Encodes a picture as a bare WebP file. `go_on` is asked some times on the way, a few hundredths of the work apart;
/// once it says no, the work ends.
///
/// Takes about two bytes a pixel beside the picture with loss, and about thirty without.
///
/// # Errors
/// [`Error::Stopped`], or libwebp's own, for want of memory.
pub fn encode(
    picture: &Picture<'_>,
    settings: &Settings,
    go_on: &dyn Fn() -> bool,
) -> Result<Vec<u8>, Error> {
    let config = config(settings)?;
    let mut job = Job { file: Vec::new(), go_on };
    let mut native = Native::new()?;
    native.0.width = side(picture.width());
    native.0.height = side(picture.height());
    native.0.use_argb = (!matches!(settings.coding, Coding::Lossy { .. })).into();
    native.import(picture)?;
    native.0.writer = Some(write);
    native.0.custom_ptr = (&raw mut job).cast();
    native.0.progress_hook = Some(progress);
    native.0.user_data = (&raw mut job).cast();
    // SAFETY: `config` was validated, and `native` holds a picture that libwebp allocated and filled. `write` and
    // `progress` get the pointer to `job`, which outlives the call and is not otherwise used during it; without
    // `thread_level` both are called on this thread, one at a time.
    let done = unsafe { ffi::WebPEncode(&raw const config, &raw mut native.0) };
    if done == 0 { Err(native.error()) } else { Ok(job.file) }
}

/// What the callbacks use.
struct Job<'a> {
    file: Vec<u8>,
    go_on: &'a dyn Fn() -> bool,
}

/// Takes a part of the file; 0 ends the work.
///
/// # Safety
/// `data` has `size` bytes, and `picture.custom_ptr` points to a [`Job`] that nothing else uses during the call.
unsafe extern "C" fn write(data: *const u8, size: usize, picture: *const ffi::WebPPicture) -> c_int {
    if size == 0 {
        return 1;
    }
    // SAFETY: as the caller promises.
    let (job, data) =
        unsafe { (&mut *(*picture).custom_ptr.cast::<Job<'_>>(), slice::from_raw_parts(data, size)) };
    if job.file.try_reserve(size).is_err() {
        return 0;
    }
    job.file.extend_from_slice(data);
    1
}

/// Says whether to go on; 0 ends the work.
///
/// # Safety
/// `picture.user_data` points to a [`Job`] that nothing else uses during the call.
unsafe extern "C" fn progress(_percent: c_int, picture: *const ffi::WebPPicture) -> c_int {
    // SAFETY: as the caller promises.
    let job = unsafe { &*(*picture).user_data.cast::<Job<'_>>() };
    // Nothing may unwind into C.
    catch_unwind(AssertUnwindSafe(|| (job.go_on)())).unwrap_or(false).into()
}

fn config(settings: &Settings) -> Result<ffi::WebPConfig, Error> {
    let failed = || Error::Library("its configuration was refused".to_owned());
    let mut config = ffi::WebPConfig::new().map_err(|()| failed())?;
    config.method = settings.method.get().into();
    config.alpha_quality = 100;
    match settings.coding {
        Coding::Lossy { quality } => config.quality = quality.clamp(0.0, 100.0),
        Coding::Lossless | Coding::NearLossless(_) => {
            config.lossless = 1;
            if let Coding::NearLossless(rounding) = settings.coding {
                config.near_lossless = rounding.get().into();
            }
            // How hard to look, where there is no loss.
            config.quality = LOOKS[usize::from(settings.method.get())];
        }
    }
    // SAFETY: a pointer to a whole configuration, which is only read.
    let valid = unsafe { ffi::WebPValidateConfig(&raw const config) } != 0;
    valid.then_some(config).ok_or_else(failed)
}

/// How hard lossless coding looks, by method: libwebp's own levels of effort pair them so (`kLosslessPresets`, in
/// config_enc.c), but for 100, where time grows and files hardly shrink.
const LOOKS: [f32; 7] = [0.0, 20.0, 25.0, 50.0, 75.0, 75.0, 90.0];

/// A picture of libwebp's, whose memory goes when it does.
struct Native(ffi::WebPPicture);

impl Native {
    fn new() -> Result<Self, Error> {
        let refused = |()| Error::Library("its version is another".to_owned());
        ffi::WebPPicture::new().map(Self).map_err(refused)
    }

    /// Copies the pixels, converted where they are to be encoded with loss.
    fn import(&mut self, picture: &Picture<'_>) -> Result<(), Error> {
        let pixels = picture.pixels().as_ptr();
        let stride = side(picture.width()) * if picture.layout() == Layout::Rgb { 3 } else { 4 };
        // SAFETY: `self` was initialised and has the picture's size, and `pixels` points to `height` rows of `stride`
        // bytes, as `Picture` promises; they are only read, and during the call.
        let done = unsafe {
            match picture.layout() {
                Layout::Rgb => ffi::WebPPictureImportRGB(&raw mut self.0, pixels, stride),
                Layout::Rgba => ffi::WebPPictureImportRGBA(&raw mut self.0, pixels, stride),
            }
        };
        if done == 0 { Err(self.error()) } else { Ok(()) }
    }

    fn error(&self) -> Error {
        match self.0.error_code {
            ffi::WebPEncodingError::VP8_ENC_ERROR_USER_ABORT => Error::Stopped,
            code => Error::Library(format!("{code:?}")),
        }
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        // SAFETY: it was initialised, and is freed once. What it frees is libwebp's own.
        unsafe { ffi::WebPPictureFree(&raw mut self.0) }
    }
}

/// A side, at most [`MAX_SIDE`](crate::MAX_SIDE).
fn side(pixels: u32) -> c_int {
    c_int::try_from(pixels).unwrap_or(c_int::MAX)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use image::RgbaImage;

    use super::*;
    use crate::{Method, Rounding};

    fn picture() -> RgbaImage {
        RgbaImage::from_fn(61, 47, |x, y| {
            let value = |factor: u32| u8::try_from((x * factor + y * y) % 256).unwrap();
            image::Rgba([value(3), value(5), value(7), if x > 30 { 255 } else { value(2) | 1 }])
        })
    }

    fn encoded(coding: Coding, method: u8, go_on: &dyn Fn() -> bool) -> Result<Vec<u8>, Error> {
        let image = picture();
        let picture = Picture::new(61, 47, Layout::Rgba, image.as_raw()).unwrap();
        encode(&picture, &Settings { coding, method: Method::new(method) }, go_on)
    }

    fn decoded(file: &[u8]) -> RgbaImage {
        image::load_from_memory_with_format(file, image::ImageFormat::WebP).unwrap().into_rgba8()
    }

    #[test]
    fn without_loss_every_pixel_comes_back() {
        for method in 0..=6 {
            let file = encoded(Coding::Lossless, method, &|| true).unwrap();
            assert!(decoded(&file) == picture(), "method {method}");
        }
    }

    #[test]
    fn what_is_rounded_is_off_by_no_more_than_is_said_and_smaller() {
        let noise = RgbaImage::from_fn(128, 96, |x, y| {
            let mixed = x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca77);
            let [red, green, blue, alpha] = (mixed ^ (mixed >> 15)).wrapping_mul(0xc2b2_ae3d).to_be_bytes();
            // The colour of pixels without any alpha is not kept.
            image::Rgba([red, green, blue, if x > 60 { 255 } else { alpha.max(64) }])
        });
        let picture = Picture::new(128, 96, Layout::Rgba, noise.as_raw()).unwrap();
        let encoded =
            |coding| encode(&picture, &Settings { coding, method: Method::new(4) }, &|| true).unwrap();
        let exact = encoded(Coding::Lossless).len();
        for (level, most) in [(100, 0), (80, 2), (60, 4), (40, 8), (20, 16), (0, 32)] {
            let rounding = Rounding::new(level);
            assert_eq!(rounding.most(), most);
            let file = encoded(Coding::NearLossless(rounding));
            let found = decoded(&file);
            let off = found.as_raw().iter().zip(noise.as_raw()).map(|(found, exact)| found.abs_diff(*exact));
            let worst = off.max().unwrap();
            assert!(worst <= most && (worst > 0) == (most > 0), "level {level}: off by {worst}");
            assert!(file.len() < exact || most == 0, "level {level}: {} bytes of {exact}", file.len());
        }
    }

    #[test]
    fn with_loss_alpha_is_exact_and_a_higher_quality_nearer() {
        let error = |quality| {
            let file = encoded(Coding::Lossy { quality }, 4, &|| true).unwrap();
            let pairs = decoded(&file).into_raw().into_iter().zip(picture().into_raw()).enumerate();
            pairs.fold(0_u32, |sum, (at, (found, expected))| {
                assert!(at % 4 != 3 || found == expected, "alpha at {at}");
                sum + u32::from(found.abs_diff(expected))
            })
        };
        assert!(error(95.0) < error(20.0));
        assert_eq!(error(100.0), error(300.0), "beyond the scale is its end");
    }

    #[test]
    fn work_ends_when_it_is_told_to() {
        for coding in [Coding::Lossless, Coding::Lossy { quality: 80.0 }] {
            assert_eq!(encoded(coding, 4, &|| false), Err(Error::Stopped));
            let asked = Cell::new(0);
            let twice = || asked.replace(asked.get() + 1) < 2;
            assert_eq!(encoded(coding, 4, &twice), Err(Error::Stopped));
            assert_eq!(asked.get(), 3);
        }
    }
}
