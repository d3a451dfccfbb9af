//! AV1 to planes, through rav1d: a decoder in Rust, whose only interface is dav1d's in C.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

use rav1d::include::dav1d::data::Dav1dData;
use rav1d::include::dav1d::dav1d::{Dav1dContext, Dav1dSettings};
use rav1d::include::dav1d::headers::{
    DAV1D_PIXEL_LAYOUT_I400, DAV1D_PIXEL_LAYOUT_I420, DAV1D_PIXEL_LAYOUT_I422, DAV1D_PIXEL_LAYOUT_I444,
};
use rav1d::include::dav1d::picture::Dav1dPicture;
use rav1d::src::lib as dav1d;

use crate::planes::{Chroma, Depth, Planes};

/// What a picture may not exceed.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Pixels of a frame.
    pub max_pixels: u32,
}

/// Why there are no planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are no AV1, are damaged, or are more than the limits allow.
    #[error("the AV1 data cannot be decoded")]
    Malformed,
    /// The bytes end before there is a frame.
    #[error("the AV1 data hold no whole frame")]
    NoFrame,
}

/// Decodes the first frame that is to be shown. Film grain, where the frame asks for it, is laid over it.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Planes, DecodeError> {
    let mut decoder = Decoder::new(limits)?;
    let mut data = Data::copy(bytes)?;
    // A send may leave a rest when a picture has to be fetched first. Each round takes bytes or ends.
    while !data.is_empty() {
        let before = data.len();
        decoder.send(&mut data)?;
        if let Some(picture) = decoder.picture()? {
            return picture.planes();
        }
        if data.len() == before {
            return Err(DecodeError::Malformed);
        }
    }
    // Once more, now that it is known that nothing follows.
    decoder.picture()?.ok_or(DecodeError::NoFrame)?.planes()
}

/// A decoder that works on the thread that calls, closed when dropped.
struct Decoder {
    context: Option<Dav1dContext>,
}

impl Decoder {
    fn new(limits: &Limits) -> Result<Self, DecodeError> {
        let mut settings = MaybeUninit::<Dav1dSettings>::uninit();
        // SAFETY: a pointer to memory of its size, which is not null.
        unsafe { dav1d::dav1d_default_settings(NonNull::new_unchecked(settings.as_mut_ptr())) };
        // SAFETY: the call before has filled it in.
        let mut settings = unsafe { settings.assume_init() };
        settings.n_threads = 1;
        settings.max_frame_delay = 1;
        settings.frame_size_limit = limits.max_pixels;
        // Nothing is logged: what strangers' bytes bring about is told by the result.
        // SAFETY: the logger is two optional pointers, for which zero is none.
        unsafe { ptr::write_bytes(&raw mut settings.logger, 0, 1) };
        let mut context = None;
        // SAFETY: both are memory of their sizes, and nothing else refers to them during the call.
        let result = unsafe { dav1d::dav1d_open(Some(NonNull::from(&mut context)), Some(NonNull::from(&mut settings))) };
        if result.0 == 0 && context.is_some() { Ok(Self { context }) } else { Err(DecodeError::Malformed) }
    }

    /// Takes bytes off the front of the data; none where a picture has to be fetched first.
    fn send(&mut self, data: &mut Data) -> Result<(), DecodeError> {
        // SAFETY: the context is open, and the data are as `Data::copy` or the last send left them.
        let result = unsafe { dav1d::dav1d_send_data(self.context, Some(NonNull::from(&mut data.raw))) };
        if result.0 == 0 || is_again(result.0) { Ok(()) } else { Err(DecodeError::Malformed) }
    }

    fn picture(&mut self) -> Result<Option<Picture>, DecodeError> {
        let mut picture = Picture { raw: Dav1dPicture::default() };
        // SAFETY: the context is open, and the picture is an empty one.
        let result = unsafe { dav1d::dav1d_get_picture(self.context, Some(NonNull::from(&mut picture.raw))) };
        match result.0 {
            0 => Ok(Some(picture)),
            again if is_again(again) => Ok(None),
            _ => Err(DecodeError::Malformed),
        }
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: the context came from `dav1d_open`, and nothing uses it afterwards.
        unsafe { dav1d::dav1d_close(Some(NonNull::from(&mut self.context))) };
    }
}

fn is_again(result: c_int) -> bool {
    /// `EAGAIN` with its sign changed, as on Linux; on the BSDs and macOS it is 35.
    const AGAIN: c_int = if cfg!(any(target_os = "linux", target_os = "android", windows)) { -11 } else { -35 };
    result == AGAIN
}

/// Bytes in memory of the decoder's own.
struct Data {
    raw: Dav1dData,
}

impl Data {
    fn copy(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.is_empty() {
            return Err(DecodeError::NoFrame);
        }
        let mut raw = Dav1dData::default();
        // SAFETY: empty data, which are filled in; null is given where there is no memory.
        let memory = unsafe { dav1d::dav1d_data_create(Some(NonNull::from(&mut raw)), bytes.len()) };
        if memory.is_null() {
            return Err(DecodeError::Malformed);
        }
        // SAFETY: as many bytes of memory as there are, fresh, and so apart from them.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), memory, bytes.len()) };
        Ok(Self { raw })
    }

    fn len(&self) -> usize {
        self.raw.sz
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        // SAFETY: data that `dav1d_data_create` made, or what sending has left of them.
        unsafe { dav1d::dav1d_data_unref(Some(NonNull::from(&mut self.raw))) };
    }
}

/// A decoded picture in memory of the decoder's own.
struct Picture {
    raw: Dav1dPicture,
}

impl Picture {
    fn planes(&self) -> Result<Planes, DecodeError> {
        let (width, height) = (side(self.raw.p.w)?, side(self.raw.p.h)?);
        let chroma = match self.raw.p.layout {
            DAV1D_PIXEL_LAYOUT_I400 => Chroma::None,
            DAV1D_PIXEL_LAYOUT_I420 => Chroma::Half,
            DAV1D_PIXEL_LAYOUT_I422 => Chroma::HalfWide,
            DAV1D_PIXEL_LAYOUT_I444 => Chroma::Full,
            _ => return Err(DecodeError::Malformed),
        };
        let depth = match self.raw.p.bpc {
            8 => Depth::Eight,
            10 => Depth::Ten,
            12 => Depth::Twelve,
            _ => return Err(DecodeError::Malformed),
        };
        let planes = if chroma == Chroma::None { 0..1 } else { 0..3 };
        let samples = planes
            .map(|plane| self.samples(plane, chroma.size_of((width, height), plane), depth))
            .collect::<Result<_, _>>()?;
        Planes::new((width, height), chroma, depth, samples).map_err(|_| DecodeError::Malformed)
    }

    /// A plane's samples without the gaps between its rows.
    fn samples(&self, plane: usize, (columns, rows): (usize, usize), depth: Depth) -> Result<Vec<u16>, DecodeError> {
        let start = self.raw.data[plane].ok_or(DecodeError::Malformed)?;
        let stride = self.raw.stride[plane.min(1)];
        let mut samples = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            let offset = row.cast_signed().checked_mul(stride).ok_or(DecodeError::Malformed)?;
            // SAFETY: the decoder's picture has as many rows in this plane, `stride` bytes apart.
            let start = unsafe { start.as_ptr().byte_offset(offset) };
            if depth == Depth::Eight {
                // SAFETY: a row of a picture of eight bits has as many bytes, and lives as long as the picture.
                let row = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), columns) };
                samples.extend(row.iter().copied().map(u16::from));
            } else {
                // SAFETY: a row of a picture of more bits has as many samples of 16, aligned to 64 bytes.
                samples.extend_from_slice(unsafe { std::slice::from_raw_parts(start.cast::<u16>(), columns) });
            }
        }
        Ok(samples)
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: an empty picture, or one that the decoder filled in.
        unsafe { dav1d::dav1d_picture_unref(Some(NonNull::from(&mut self.raw))) };
    }
}

fn side(side: c_int) -> Result<usize, DecodeError> {
    usize::try_from(side).ok().filter(|side| *side > 0).ok_or(DecodeError::Malformed)
}
