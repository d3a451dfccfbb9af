//! The calls into libheif.

use std::ffi::{CStr, c_int};
use std::marker::PhantomData;
use std::{ptr, slice};

use crate::library::{self, Context, Handle, Image, Options, Status};
use crate::{Bounds, Error, Picture, Pixels};

/// Loads libheif's decoders, which may be files of their own: for who will not be able to open any later.
pub fn load() {
    // SAFETY: null asks for the usual plugins; called again it counts.
    let _ = unsafe { library::heif_init(ptr::null_mut()) };
}

/// Decodes the main picture of a file, turned and clipped as the file asks, on the calling thread and one of the decoder's.
///
/// # Errors
/// See [`Error`]; [`Error::Damaged`] too where the file holds another picture than was said, which is found before it is
/// decoded but for its size as shown.
pub fn decode(bytes: &[u8], picture: &Picture, bounds: &Bounds) -> Result<Pixels, Error> {
    let file = File::open(bytes, bounds)?;
    let is_as_said = file.stored() == Some(picture.stored) && file.has_alpha() == picture.has_alpha;
    if !is_as_said {
        return Err(other_picture());
    }
    let pixels = file.decode(picture)?.copied(picture)?;
    Ok(Pixels { is_premultiplied: picture.has_alpha && file.is_premultiplied(), ..pixels })
}

fn other_picture() -> Error {
    Error::Damaged("its picture is of another size than it says".into())
}

/// A file whose boxes have been read, and its main picture.
struct File<'a> {
    context: *mut Context,
    picture: *mut Handle,
    /// libheif reads them where they are.
    _bytes: PhantomData<&'a [u8]>,
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8], bounds: &Bounds) -> Result<Self, Error> {
        // SAFETY: takes nothing.
        let context = unsafe { library::heif_context_alloc() };
        if context.is_null() {
            return Err(no_memory());
        }
        let mut file = Self { context, picture: ptr::null_mut(), _bytes: PhantomData };
        file.bound(bounds);
        // SAFETY: the context is open. `bytes` are as many as are there, are only read, and outlive the context.
        let status = unsafe {
            library::heif_context_read_from_memory_without_copy(
                context,
                bytes.as_ptr().cast(),
                bytes.len(),
                ptr::null(),
            )
        };
        checked(&status)?;
        // SAFETY: the context is open, and libheif writes one pointer.
        let status =
            unsafe { library::heif_context_get_primary_image_handle(context, &raw mut file.picture) };
        checked(&status)?;
        if file.picture.is_null() { Err(other_picture()) } else { Ok(file) }
    }

    /// Sets what it may take, before it reads a byte.
    fn bound(&mut self, bounds: &Bounds) {
        let side = c_int::try_from(bounds.side).unwrap_or(c_int::MAX);
        // SAFETY: the context is open.
        unsafe { library::heif_context_set_maximum_image_size_limit(self.context, side) };
        // SAFETY: the context is open; 0 is for the thread that calls.
        unsafe { library::heif_context_set_max_decoding_threads(self.context, 0) };
        #[cfg(security_limits)]
        self.secure(bounds);
    }

    /// The limits that newer versions have.
    #[cfg(security_limits)]
    fn secure(&mut self, bounds: &Bounds) {
        // SAFETY: the context is open, and what is pointed to is its own.
        let limits = unsafe { library::heif_context_get_security_limits(self.context) };
        // SAFETY: it is there as long as the context, and nothing else refers to it meanwhile.
        let Some(limits) = (unsafe { limits.as_mut() }) else { return };
        // Not more than it has allowed itself; 0 would be without a limit.
        limits.max_image_size_pixels = bounds.pixels.max(1);
        limits.max_number_of_tiles = 256;
        limits.max_items = 2000;
        limits.max_memory_block_size = bounds.memory.max(1);
        if limits.version >= 2 {
            limits.max_total_memory = bounds.memory.max(1);
        }
    }

    /// Pixels across and down, before it is turned and clipped.
    fn stored(&self) -> Option<(u32, u32)> {
        // SAFETY: the picture is the open context's.
        let width = unsafe { library::heif_image_handle_get_ispe_width(self.picture) };
        // SAFETY: as above.
        let height = unsafe { library::heif_image_handle_get_ispe_height(self.picture) };
        u32::try_from(width).ok().zip(u32::try_from(height).ok())
    }

    fn has_alpha(&self) -> bool {
        // SAFETY: the picture is the open context's.
        unsafe { library::heif_image_handle_has_alpha_channel(self.picture) != 0 }
    }

    fn is_premultiplied(&self) -> bool {
        // SAFETY: the picture is the open context's.
        unsafe { library::heif_image_handle_is_premultiplied_alpha(self.picture) != 0 }
    }

    fn decode(&self, picture: &Picture) -> Result<Decoded, Error> {
        let chroma = match (picture.is_wide, picture.has_alpha) {
            (false, false) => library::INTERLEAVED_RGB,
            (false, true) => library::INTERLEAVED_RGBA,
            (true, false) => library::INTERLEAVED_RRGGBB_LE,
            (true, true) => library::INTERLEAVED_RRGGBBAA_LE,
        };
        let strict = Strict::new()?;
        let mut image = Decoded(ptr::null_mut());
        // SAFETY: the picture is the open context's, libheif writes one pointer, and the options are its own.
        let status = unsafe {
            library::heif_decode_image(
                self.picture,
                &raw mut image.0,
                library::COLORSPACE_RGB,
                chroma,
                strict.0,
            )
        };
        checked(&status)?;
        if image.0.is_null() { Err(other_picture()) } else { Ok(image) }
    }
}

impl Drop for File<'_> {
    fn drop(&mut self) {
        if !self.picture.is_null() {
            // SAFETY: the open context's, and nothing uses it afterwards.
            unsafe { library::heif_image_handle_release(self.picture) };
        }
        // SAFETY: open, and nothing uses it afterwards.
        unsafe { library::heif_context_free(self.context) };
    }
}

/// Options by which what is wrong in a picture is an error and not a warning, as far as libheif knows.
struct Strict(*mut Options);

impl Strict {
    fn new() -> Result<Self, Error> {
        // SAFETY: takes nothing.
        let options = unsafe { library::heif_decoding_options_alloc() };
        let strict = Self(options);
        // SAFETY: null, or made by libheif, which has filled it; nothing else refers to it.
        let options = unsafe { options.as_mut() }.ok_or_else(no_memory)?;
        // Since 1.14.
        if options.version >= 3 {
            options.strict_decoding = 1;
        }
        Ok(strict)
    }
}

impl Drop for Strict {
    fn drop(&mut self) {
        // SAFETY: null, or made by libheif, and nothing uses it afterwards.
        unsafe { library::heif_decoding_options_free(self.0) };
    }
}

/// A decoded picture of libheif's, which goes when it does.
struct Decoded(*mut Image);

impl Decoded {
    /// Its pixels without padding.
    fn copied(&self, picture: &Picture) -> Result<Pixels, Error> {
        let channel = library::INTERLEAVED;
        // SAFETY: the image is there.
        let width = unsafe { library::heif_image_get_width(self.0, channel) };
        // SAFETY: as above.
        let height = unsafe { library::heif_image_get_height(self.0, channel) };
        // SAFETY: as above.
        let bits = unsafe { library::heif_image_get_bits_per_pixel_range(self.0, channel) };
        let mut stride = 0;
        // SAFETY: as above, and libheif writes one number.
        let plane = unsafe { library::heif_image_get_plane_readonly(self.0, channel, &raw mut stride) };
        let number = |number: c_int| usize::try_from(number).unwrap_or(0);
        let (rows, stride) = (number(height), number(stride));
        let pixel = if picture.has_alpha { 4 } else { 3 } * if picture.is_wide { 2 } else { 1 };
        let row = number(width).saturating_mul(pixel);
        let is_as_said = u32::try_from(width).ok().zip(u32::try_from(height).ok()) == Some(picture.shown);
        let has_bits = if picture.is_wide { (8..=16).contains(&bits) } else { bits == 8 };
        if plane.is_null() || !is_as_said || stride < row || !has_bits {
            return Err(other_picture());
        }
        let mut bytes = Vec::with_capacity(row.saturating_mul(rows));
        for index in 0..rows {
            // SAFETY: libheif's plane has `rows` rows, `stride` bytes apart, each of which has at least `row`.
            let start = unsafe { plane.add(index * stride) };
            // SAFETY: as above; it is only read, and stays as long as the image.
            bytes.extend_from_slice(unsafe { slice::from_raw_parts(start, row) });
        }
        Ok(Pixels { bits: bits.unsigned_abs(), bytes, is_premultiplied: false })
    }
}

impl Drop for Decoded {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: made by libheif, and nothing uses it afterwards.
            unsafe { library::heif_image_release(self.0) };
        }
    }
}

fn no_memory() -> Error {
    Error::Memory("no memory".into())
}

fn checked(status: &Status) -> Result<(), Error> {
    if status.code == 0 {
        return Ok(());
    }
    let words = if status.message.is_null() {
        String::new()
    } else {
        // SAFETY: a string that ends in a zero byte, and stays until the next call.
        unsafe { CStr::from_ptr(status.message) }.to_string_lossy().into_owned()
    };
    Err(match (status.code, status.subcode) {
        (library::MEMORY, _) | (_, library::SECURITY_LIMIT) => Error::Memory(words),
        (library::UNSUPPORTED_TYPE | library::UNSUPPORTED_FEATURE, _) => Error::Unsupported(words),
        _ => Error::Damaged(words),
    })
}
