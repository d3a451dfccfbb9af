//! The calls into libheif (libheif/heif.h of 1.15, whose functions and structures later versions still have).

use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::{ptr, slice};

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file contradicts its format, or ends early; in libheif's words.
    #[error("{0}")]
    Damaged(String),
    /// It is of a kind that this libheif, or what it decodes with, does not have.
    #[error("{0}")]
    Unsupported(String),
    /// There is not enough memory, or more would be needed than is allowed.
    #[error("{0}")]
    Memory(String),
}

/// What the values of a picture mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Colors {
    /// Nothing is said.
    Unstated,
    /// An ICC profile.
    Icc(Vec<u8>),
    /// Colour primaries and transfer characteristics by the numbers of ITU-T H.273.
    Coded {
        /// Of the primaries.
        primaries: u16,
        /// Of the curve.
        transfer: u16,
    },
}

/// A decoded picture: red, green and blue, and alpha where there is any, rows from the top without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Bits of a component: 8, or up to 16, which take two bytes each, the lower first.
    pub bits: u32,
    /// All components.
    pub bytes: Vec<u8>,
}

/// A file whose boxes have been read, and its main picture. Turns and clipping that it asks for are in its sizes, and in the
/// pixels that come of it.
pub struct File<'a> {
    context: *mut Context,
    picture: *mut Handle,
    /// libheif reads them where they are.
    _bytes: PhantomData<&'a [u8]>,
}

/// Loads libheif's decoders, which may be files of their own: for who will not be able to open any later.
pub fn load() {
    // SAFETY: null asks for the usual plugins; called again it counts.
    let _ = unsafe { heif_init(ptr::null_mut()) };
}

impl<'a> File<'a> {
    /// Reads the boxes. No picture with a side of more than `max_side` will be decoded.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn open(bytes: &'a [u8], max_side: u32) -> Result<Self, Error> {
        // SAFETY: takes nothing.
        let context = unsafe { heif_context_alloc() };
        if context.is_null() {
            return Err(Error::Memory("no memory".into()));
        }
        let mut file = Self { context, picture: ptr::null_mut(), _bytes: PhantomData };
        let max_side = c_int::try_from(max_side).unwrap_or(c_int::MAX);
        // SAFETY: the context is open.
        unsafe { heif_context_set_maximum_image_size_limit(context, max_side) };
        // SAFETY: the context is open; 0 is for the thread that calls.
        unsafe { heif_context_set_max_decoding_threads(context, 0) };
        // SAFETY: the context is open. `bytes` are as many as are there, are only read, and outlive the context.
        let status = unsafe {
            heif_context_read_from_memory_without_copy(
                context,
                bytes.as_ptr().cast(),
                bytes.len(),
                ptr::null(),
            )
        };
        checked(status)?;
        // SAFETY: the context is open, and libheif writes one pointer.
        let status = unsafe { heif_context_get_primary_image_handle(context, &raw mut file.picture) };
        checked(status)?;
        Ok(file)
    }

    /// Pixels across and down, as shown.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        // SAFETY: the picture is the open context's.
        let width = unsafe { heif_image_handle_get_width(self.picture) };
        // SAFETY: as above.
        let height = unsafe { heif_image_handle_get_height(self.picture) };
        (u32::try_from(width).unwrap_or(0), u32::try_from(height).unwrap_or(0))
    }

    /// Whether it is to be seen through in places.
    #[must_use]
    pub fn has_alpha(&self) -> bool {
        // SAFETY: the picture is the open context's.
        unsafe { heif_image_handle_has_alpha_channel(self.picture) != 0 }
    }

    /// Whether its colours are multiplied by its alpha.
    #[must_use]
    pub fn is_premultiplied(&self) -> bool {
        // SAFETY: the picture is the open context's.
        unsafe { heif_image_handle_is_premultiplied_alpha(self.picture) != 0 }
    }

    /// Bits of a component as it is coded; 8 where that is not said.
    #[must_use]
    pub fn bits(&self) -> u32 {
        // SAFETY: the picture is the open context's.
        let bits = unsafe { heif_image_handle_get_luma_bits_per_pixel(self.picture) };
        u32::try_from(bits).ok().filter(|bits| (1..=16).contains(bits)).unwrap_or(8)
    }

    /// How many pictures there are, thumbnails and parts left out.
    #[must_use]
    pub fn pictures(&self) -> u32 {
        // SAFETY: the context is open.
        let count = unsafe { heif_context_get_number_of_top_level_images(self.context) };
        u32::try_from(count).unwrap_or(1).max(1)
    }

    /// What its values mean. A profile of more than `max_profile` bytes is none.
    #[must_use]
    pub fn colors(&self, max_profile: usize) -> Colors {
        // SAFETY: the picture is the open context's.
        let length = unsafe { heif_image_handle_get_raw_color_profile_size(self.picture) };
        if (1..=max_profile).contains(&length) {
            let mut icc = vec![0_u8; length];
            // SAFETY: as above; libheif writes as many bytes as it said.
            let status =
                unsafe { heif_image_handle_get_raw_color_profile(self.picture, icc.as_mut_ptr().cast()) };
            if checked(status).is_ok() {
                return Colors::Icc(icc);
            }
        }
        let mut stated = ptr::null_mut::<Nclx>();
        // SAFETY: the picture is the open context's, and libheif writes one pointer.
        let status = unsafe { heif_image_handle_get_nclx_color_profile(self.picture, &raw mut stated) };
        if checked(status).is_err() || stated.is_null() {
            return Colors::Unstated;
        }
        // SAFETY: libheif has made a structure that begins so, and it is there until it is freed.
        let Nclx { primaries, transfer, .. } = unsafe { stated.read() };
        // SAFETY: made by libheif, and freed once.
        unsafe { heif_nclx_color_profile_free(stated) };
        let number = |number: c_int| u16::try_from(number).unwrap_or(2);
        Colors::Coded { primaries: number(primaries), transfer: number(transfer) }
    }

    /// Decodes the picture.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::Damaged`] too where it is of another size than was said.
    pub fn decode(&self) -> Result<Pixels, Error> {
        let (is_wide, channels) = (self.bits() > 8, if self.has_alpha() { 4 } else { 3 });
        let chroma = match (is_wide, channels) {
            (false, 3) => INTERLEAVED_RGB,
            (false, _) => INTERLEAVED_RGBA,
            (true, 3) => INTERLEAVED_RRGGBB_LE,
            (true, _) => INTERLEAVED_RRGGBBAA_LE,
        };
        let mut image = Image(ptr::null_mut());
        // SAFETY: the picture is the open context's, libheif writes one pointer, and null asks for the usual options.
        let status =
            unsafe { heif_decode_image(self.picture, &raw mut image.0, COLORSPACE_RGB, chroma, ptr::null()) };
        checked(status)?;
        image.pixels(self.size(), channels * if is_wide { 2 } else { 1 })
    }
}

impl Drop for File<'_> {
    fn drop(&mut self) {
        if !self.picture.is_null() {
            // SAFETY: the open context's, and nothing uses it afterwards.
            unsafe { heif_image_handle_release(self.picture) };
        }
        // SAFETY: open, and nothing uses it afterwards.
        unsafe { heif_context_free(self.context) };
    }
}

/// A decoded picture of libheif's, which goes when it does.
struct Image(*mut Decoded);

impl Image {
    /// Copies rows of so many bytes a pixel.
    fn pixels(&self, size: (u32, u32), pixel: usize) -> Result<Pixels, Error> {
        // SAFETY: the image is there.
        let width = unsafe { heif_image_get_width(self.0, INTERLEAVED) };
        // SAFETY: as above.
        let height = unsafe { heif_image_get_height(self.0, INTERLEAVED) };
        // SAFETY: as above.
        let bits = unsafe { heif_image_get_bits_per_pixel_range(self.0, INTERLEAVED) };
        let mut stride = 0;
        // SAFETY: as above, and libheif writes one number.
        let plane = unsafe { heif_image_get_plane_readonly(self.0, INTERLEAVED, &raw mut stride) };
        let number = |number: c_int| usize::try_from(number).unwrap_or(0);
        let (columns, rows, stride) = (number(width), number(height), number(stride));
        let is_as_said = u32::try_from(width) == Ok(size.0) && u32::try_from(height) == Ok(size.1);
        let row = columns.saturating_mul(pixel);
        if plane.is_null() || !is_as_said || stride < row || !(1..=16).contains(&bits) {
            return Err(Error::Damaged("its picture is of another size than it says".into()));
        }
        let mut bytes = Vec::with_capacity(row.saturating_mul(rows));
        for index in 0..rows {
            // SAFETY: libheif's plane has `rows` rows, `stride` bytes apart, each of which has at least `row`.
            let start = unsafe { plane.add(index * stride) };
            // SAFETY: as above; it is only read, and stays as long as the image.
            bytes.extend_from_slice(unsafe { slice::from_raw_parts(start, row) });
        }
        Ok(Pixels { width: columns, height: rows, bits: bits.unsigned_abs(), bytes })
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: made by libheif, and nothing uses it afterwards.
            unsafe { heif_image_release(self.0) };
        }
    }
}

fn checked(status: Status) -> Result<(), Error> {
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
        (MEMORY, _) | (_, SECURITY_LIMIT) => Error::Memory(words),
        (UNSUPPORTED_TYPE | UNSUPPORTED_FEATURE, _) => Error::Unsupported(words),
        _ => Error::Damaged(words),
    })
}

/// `heif_error_code` and `heif_suberror_code`.
const UNSUPPORTED_TYPE: c_int = 3;
const UNSUPPORTED_FEATURE: c_int = 4;
const MEMORY: c_int = 6;
const SECURITY_LIMIT: c_int = 1000;

/// `heif_colorspace`, `heif_channel` and `heif_chroma`.
const COLORSPACE_RGB: c_int = 1;
const INTERLEAVED: c_int = 10;
const INTERLEAVED_RGB: c_int = 10;
const INTERLEAVED_RGBA: c_int = 11;
const INTERLEAVED_RRGGBB_LE: c_int = 14;
const INTERLEAVED_RRGGBBAA_LE: c_int = 15;

#[repr(C)]
struct Status {
    code: c_int,
    subcode: c_int,
    message: *const c_char,
}

/// How a `heif_color_profile_nclx` begins; what follows is not used.
#[repr(C)]
struct Nclx {
    version: u8,
    primaries: c_int,
    transfer: c_int,
}

#[repr(C)]
struct Context {
    _opaque: [u8; 0],
}

#[repr(C)]
struct Handle {
    _opaque: [u8; 0],
}

#[repr(C)]
struct Decoded {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    fn heif_init(parameters: *mut c_void) -> Status;
    fn heif_context_alloc() -> *mut Context;
    fn heif_context_free(context: *mut Context);
    fn heif_context_set_maximum_image_size_limit(context: *mut Context, maximum: c_int);
    fn heif_context_set_max_decoding_threads(context: *mut Context, threads: c_int);
    fn heif_context_read_from_memory_without_copy(
        context: *mut Context,
        memory: *const c_void,
        size: usize,
        options: *const c_void,
    ) -> Status;
    fn heif_context_get_primary_image_handle(context: *mut Context, handle: *mut *mut Handle) -> Status;
    fn heif_context_get_number_of_top_level_images(context: *mut Context) -> c_int;
    fn heif_image_handle_release(handle: *const Handle);
    fn heif_image_handle_get_width(handle: *const Handle) -> c_int;
    fn heif_image_handle_get_height(handle: *const Handle) -> c_int;
    fn heif_image_handle_has_alpha_channel(handle: *const Handle) -> c_int;
    fn heif_image_handle_is_premultiplied_alpha(handle: *const Handle) -> c_int;
    fn heif_image_handle_get_luma_bits_per_pixel(handle: *const Handle) -> c_int;
    fn heif_image_handle_get_raw_color_profile_size(handle: *const Handle) -> usize;
    fn heif_image_handle_get_raw_color_profile(handle: *const Handle, out: *mut c_void) -> Status;
    fn heif_image_handle_get_nclx_color_profile(handle: *const Handle, out: *mut *mut Nclx) -> Status;
    fn heif_nclx_color_profile_free(profile: *mut Nclx);
    fn heif_decode_image(
        handle: *const Handle,
        out: *mut *mut Decoded,
        colorspace: c_int,
        chroma: c_int,
        options: *const c_void,
    ) -> Status;
    fn heif_image_get_width(image: *const Decoded, channel: c_int) -> c_int;
    fn heif_image_get_height(image: *const Decoded, channel: c_int) -> c_int;
    fn heif_image_get_bits_per_pixel_range(image: *const Decoded, channel: c_int) -> c_int;
    fn heif_image_get_plane_readonly(image: *const Decoded, channel: c_int, stride: *mut c_int) -> *const u8;
    fn heif_image_release(image: *const Decoded);
}
