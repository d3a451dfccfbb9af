//! The calls into libjxl.

mod library;

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use self::library as ffi;
use crate::{Coding, Colors, Effort, Picture, Settings};

/// Why there is no file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `go_on` said no.
    #[error("stopped")]
    Stopped,
    /// libjxl gave up; in its words.
    #[error("libjxl cannot {doing}: {reason}")]
    Library {
        /// What it was asked for.
        doing: &'static str,
        /// In words.
        reason: String,
    },
}

/// Encodes a picture as a bare codestream. `go_on` is asked many times on the way; once it says no, the work ends.
///
/// # Errors
/// [`Error::Stopped`], or libjxl's own: for want of memory, or for a profile that it cannot use.
pub fn encode(
    picture: &Picture<'_>,
    settings: &Settings<'_>,
    go_on: &dyn Fn() -> bool,
) -> Result<Vec<u8>, Error> {
    let asker = Asker { go_on };
    let mut encoder = Encoder::new(&asker)?;
    let is_lossless = settings.coding == Coding::Lossless;
    encoder.describe(picture, is_lossless)?;
    match settings.colors {
        Colors::Srgb => encoder.set_srgb(picture.layout().is_grey())?,
        Colors::Icc(icc) => encoder.set_icc(icc)?,
    }
    encoder.set_option(ffi::EFFORT, settings.effort.get().into())?;
    encoder.set_coding(settings.coding, picture.layout().has_alpha())?;
    encoder.add_picture(picture)?;
    encoder.finish()
}

/// Codes a JPEG anew without loss: a container whose codestream has its coefficients, and with which its bytes can be made
/// again. For JPEGs that the caller wrote or has found whole, of this size, and without EXIF and XMP; the picture is shown as the
/// `orientation` says, the tag of EXIF, 1 to 8.
///
/// # Errors
/// As [`encode`]; a JPEG of four components cannot be coded so.
pub fn recompress(
    jpeg: &[u8],
    size: (u32, u32),
    orientation: u8,
    effort: Effort,
    go_on: &dyn Fn() -> bool,
) -> Result<Vec<u8>, Error> {
    let asker = Asker { go_on };
    let mut encoder = Encoder::new(&asker)?;
    encoder.describe_jpeg(size, orientation)?;
    encoder.set_option(ffi::EFFORT, effort.get().into())?;
    encoder.add_jpeg(jpeg)?;
    encoder.finish()
}

/// Whom to ask.
struct Asker<'a> {
    go_on: &'a dyn Fn() -> bool,
}

impl Asker<'_> {
    /// Nothing may unwind into C.
    fn goes_on(&self) -> bool {
        catch_unwind(AssertUnwindSafe(|| (self.go_on)())).unwrap_or(false)
    }
}

/// Runs libjxl's tasks one after the other, on the thread that calls, and asks before each whether to go on.
///
/// # Safety
/// `asker` points to an [`Asker`]; the rest is as libjxl passes it.
unsafe extern "C" fn run(
    asker: *mut c_void,
    tasks: *mut c_void,
    init: Option<ffi::Init>,
    function: Option<ffi::Function>,
    start: u32,
    end: u32,
) -> c_int {
    // SAFETY: as the caller promises.
    let asker = unsafe { &*asker.cast::<Asker<'_>>() };
    let (Some(init), Some(function)) = (init, function) else { return ffi::RUNNER_ERROR };
    // SAFETY: libjxl's own function, with its own state, for one thread.
    let ready = unsafe { init(tasks, 1) };
    if ready != 0 {
        return ready;
    }
    for task in start..end {
        if !asker.goes_on() {
            return ffi::RUNNER_ERROR;
        }
        // SAFETY: libjxl's own function, with its own state; a task from its range, on its only thread.
        unsafe { function(tasks, task, 0) };
    }
    0
}

/// libjxl's encoder of one picture, closed when dropped.
struct Encoder<'a> {
    handle: *mut ffi::JxlEncoder,
    /// Owned by the encoder.
    frame: *mut ffi::JxlEncoderFrameSettings,
    asker: &'a Asker<'a>,
}

impl<'a> Encoder<'a> {
    fn new(asker: &'a Asker<'a>) -> Result<Self, Error> {
        // SAFETY: null asks for the usual memory management.
        let handle = unsafe { ffi::JxlEncoderCreate(ptr::null()) };
        if handle.is_null() {
            return Err(Error::Library { doing: "begin", reason: "no memory".into() });
        }
        // SAFETY: the encoder is open; null asks for the usual settings.
        let frame = unsafe { ffi::JxlEncoderFrameSettingsCreate(handle, ptr::null()) };
        let encoder = Self { handle, frame, asker };
        if frame.is_null() {
            return Err(Error::Library { doing: "begin", reason: "no memory".into() });
        }
        let opaque = ptr::from_ref(asker).cast_mut().cast();
        // SAFETY: the encoder is open. `run` gets the pointer to `asker`, which outlives the encoder and is only read.
        let status = unsafe { ffi::JxlEncoderSetParallelRunner(handle, Some(run), opaque) };
        encoder.check(status, "begin")?;
        Ok(encoder)
    }

    fn describe(&mut self, picture: &Picture<'_>, is_lossless: bool) -> Result<(), Error> {
        let mut info = usual_info();
        (info.xsize, info.ysize) = picture.size();
        info.bits_per_sample = 8;
        info.num_color_channels = if picture.layout().is_grey() { 1 } else { 3 };
        if picture.layout().has_alpha() {
            (info.num_extra_channels, info.alpha_bits) = (1, 8);
        }
        info.uses_original_profile = is_lossless.into();
        self.set_info(&info)
    }

    fn describe_jpeg(&mut self, size: (u32, u32), orientation: u8) -> Result<(), Error> {
        let mut info = usual_info();
        (info.xsize, info.ysize) = size;
        info.uses_original_profile = 1;
        info.orientation = c_int::from(orientation.clamp(1, 8));
        self.set_info(&info)
    }

    fn set_info(&mut self, info: &ffi::JxlBasicInfo) -> Result<(), Error> {
        // SAFETY: the encoder is open, and the structure is whole and only read.
        let status = unsafe { ffi::JxlEncoderSetBasicInfo(self.handle, ptr::from_ref(info)) };
        self.check(status, "take the size")
    }

    fn set_srgb(&mut self, is_grey: bool) -> Result<(), Error> {
        let mut colors = MaybeUninit::<ffi::JxlColorEncoding>::zeroed();
        // SAFETY: memory of its size, which libjxl fills.
        unsafe { ffi::JxlColorEncodingSetToSRGB(colors.as_mut_ptr(), is_grey.into()) };
        // SAFETY: the encoder is open, and libjxl has filled the structure, which is only read.
        let status = unsafe { ffi::JxlEncoderSetColorEncoding(self.handle, colors.as_ptr()) };
        self.check(status, "take the colours")
    }

    fn set_icc(&mut self, icc: &[u8]) -> Result<(), Error> {
        // SAFETY: the encoder is open, and copies as many bytes as are there.
        let status = unsafe { ffi::JxlEncoderSetICCProfile(self.handle, icc.as_ptr(), icc.len()) };
        self.check(status, "take the profile")
    }

    fn set_option(&mut self, option: c_int, value: i64) -> Result<(), Error> {
        // SAFETY: the settings are the open encoder's.
        let status = unsafe { ffi::JxlEncoderFrameSettingsSetOption(self.frame, option, value) };
        self.check(status, "take an option")
    }

    fn set_coding(&mut self, coding: Coding, has_alpha: bool) -> Result<(), Error> {
        let distance = match coding {
            Coding::Lossless => {
                // SAFETY: the settings are the open encoder's.
                let status = unsafe { ffi::JxlEncoderSetFrameLossless(self.frame, 1) };
                return self.check(status, "code without loss");
            }
            Coding::Lossy(distance) => distance.get(),
        };
        // SAFETY: the settings are the open encoder's.
        let status = unsafe { ffi::JxlEncoderSetFrameDistance(self.frame, distance) };
        self.check(status, "take the distance")?;
        #[cfg(distance_of_channels)]
        if has_alpha {
            // SAFETY: as above; alpha is the first of the extra channels, which was announced.
            let status = unsafe { ffi::JxlEncoderSetExtraChannelDistance(self.frame, 0, 0.0) };
            return self.check(status, "take the distance of alpha");
        }
        #[cfg(not(distance_of_channels))]
        if has_alpha {
            return self.set_option(ffi::RESPONSIVE, 0);
        }
        Ok(())
    }

    fn add_picture(&mut self, picture: &Picture<'_>) -> Result<(), Error> {
        let format = ffi::JxlPixelFormat {
            num_channels: picture.layout().channels(),
            data_type: ffi::UINT8,
            endianness: ffi::NATIVE_ENDIAN,
            align: 0,
        };
        let pixels = picture.pixels();
        // SAFETY: the settings are the open encoder's. `pixels` are as many bytes as a picture of this size and format
        // has, as `Picture` promises, are copied or only read, and outlive the encoder.
        let status = unsafe {
            ffi::JxlEncoderAddImageFrame(self.frame, &raw const format, pixels.as_ptr().cast(), pixels.len())
        };
        self.check(status, "encode the picture")
    }

    fn add_jpeg(&mut self, jpeg: &[u8]) -> Result<(), Error> {
        // SAFETY: the encoder is open.
        let status = unsafe { ffi::JxlEncoderStoreJPEGMetadata(self.handle, 1) };
        self.check(status, "keep what the JPEG is made again from")?;
        // SAFETY: the settings are the open encoder's; as many bytes as are there are read during the call.
        let status = unsafe { ffi::JxlEncoderAddJPEGFrame(self.frame, jpeg.as_ptr(), jpeg.len()) };
        self.check(status, "take the JPEG")
    }

    /// Takes the file out.
    fn finish(self) -> Result<Vec<u8>, Error> {
        // SAFETY: the encoder is open.
        unsafe { ffi::JxlEncoderCloseInput(self.handle) };
        let mut file = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let (mut next, mut left) = (buffer.as_mut_ptr(), buffer.len());
            // SAFETY: the encoder is open; `next` points to as many bytes as `left` says, which it writes to at most.
            let status = unsafe { ffi::JxlEncoderProcessOutput(self.handle, &raw mut next, &raw mut left) };
            file.extend_from_slice(&buffer[..buffer.len() - left.min(buffer.len())]);
            match status {
                ffi::NEED_MORE_OUTPUT => {}
                status => {
                    self.check(status, "encode the picture")?;
                    return Ok(file);
                }
            }
        }
    }

    fn check(&self, status: ffi::Status, doing: &'static str) -> Result<(), Error> {
        if status == ffi::SUCCESS {
            return Ok(());
        }
        if !self.asker.goes_on() {
            return Err(Error::Stopped);
        }
        // SAFETY: the encoder is open.
        let error = unsafe { ffi::JxlEncoderGetError(self.handle) };
        Err(Error::Library { doing, reason: named(error).into() })
    }
}

impl Drop for Encoder<'_> {
    fn drop(&mut self) {
        // SAFETY: the encoder is open, and nothing uses it, or the settings that it owns, afterwards.
        unsafe { ffi::JxlEncoderDestroy(self.handle) };
    }
}

/// `JxlEncoderError` in words.
fn named(error: c_int) -> &'static str {
    match error {
        2 => "no memory",
        3 => "what a JPEG is made again from cannot be coded",
        4 => "what came in is unusable",
        0x80 => "it does not do that",
        0x81 => "it was used wrongly",
        _ => "it does not say why",
    }
}

/// What libjxl takes a picture for that nothing was said of.
fn usual_info() -> ffi::JxlBasicInfo {
    let mut info = MaybeUninit::<ffi::JxlBasicInfo>::zeroed();
    // SAFETY: memory of its size, which libjxl fills.
    unsafe { ffi::JxlEncoderInitBasicInfo(info.as_mut_ptr()) };
    // SAFETY: libjxl has filled it in.
    unsafe { info.assume_init() }
}

#[cfg(test)]
mod tests;
