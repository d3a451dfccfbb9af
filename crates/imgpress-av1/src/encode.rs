//! Planes to AV1, through libaom.

use std::ffi::{CStr, CString};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr;

use libaom_sys as aom;

use crate::planes::{Chroma, Depth, Planes};

/// The longest side there is (AV1 specification, 5.5.1: 16 bits hold it less one).
pub const MAX_SIDE: u32 = 65_536;

/// How coarsely to quantise: 0 is finest, 63 coarsest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantizer(u8);

impl Quantizer {
    /// The coarsest.
    pub const COARSEST: u8 = 63;

    /// The quantiser of a number, or the coarsest for a number above 63.
    #[must_use]
    pub fn new(number: u8) -> Self {
        Self(number.min(Self::COARSEST))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// The base quantiser index, 0 to 255, that libaom writes for it (`quantizer_to_qindex` in its rate control).
    #[must_use]
    pub fn index(self) -> u8 {
        match self.0 {
            62 => 249,
            Self::COARSEST => u8::MAX,
            number => number * 4,
        }
    }
}

/// How much time to spend: 0 most, 9 least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speed(u8);

impl Speed {
    /// The speed of a number, or 9 for a number above it: the highest for still pictures.
    #[must_use]
    pub fn new(number: u8) -> Self {
        Self(number.min(9))
    }
}

/// What samples mean, by the numbers of ITU-T H.273.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colors {
    /// Colour primaries.
    pub primaries: u8,
    /// Transfer characteristics.
    pub transfer: u8,
    /// Matrix coefficients.
    pub matrix: u8,
    /// Whether samples span all values of their depth, or leave head and foot room.
    pub full_range: bool,
}

/// How a picture is to be encoded.
#[derive(Debug, Clone, Copy)]
pub struct Encoding<'a> {
    /// How coarse.
    pub quantizer: Quantizer,
    /// How long.
    pub speed: Speed,
    /// What the samples mean.
    pub colors: Colors,
    /// Settings of libaom by its own names, such as `("tune", "ssim")`.
    pub options: &'a [(&'a str, &'a str)],
}

/// Why there is no AV1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A side is longer than the format can say.
    #[error("a picture of {width} × {height} pixels is too large for AV1: a side may have 65,536")]
    TooLarge {
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
    },
    /// The library says so.
    #[error("libaom cannot {doing}: {reason}")]
    Library {
        /// What it was asked for.
        doing: &'static str,
        /// In its own words.
        reason: String,
    },
}

/// Encodes one picture as a key frame: a sequence header and a frame, as an AVIF item holds them.
///
/// # Errors
/// See [`EncodeError`].
pub fn encode(planes: &Planes, how: &Encoding<'_>) -> Result<Vec<u8>, EncodeError> {
    let image = Image::of(planes, how.colors.full_range)?;
    let mut encoder = Encoder::new(planes, how)?;
    encoder.send(Some(&image))?;
    let mut bytes = Vec::new();
    // Once more after nothing is left to send: libaom hands out at the end what it has held back.
    encoder.receive(&mut bytes);
    encoder.send(None)?;
    encoder.receive(&mut bytes);
    Ok(bytes)
}

/// libaom's encoder, closed when dropped.
struct Encoder {
    context: aom::aom_codec_ctx_t,
}

impl Encoder {
    fn new(planes: &Planes, how: &Encoding<'_>) -> Result<Self, EncodeError> {
        let config = config_of(planes)?;
        let flags =
            if planes.depth() == Depth::Eight { 0 } else { i64::from(aom::AOM_CODEC_USE_HIGHBITDEPTH) };
        let mut context = MaybeUninit::<aom::aom_codec_ctx_t>::zeroed();
        // SAFETY: takes nothing, and gives a pointer to a static.
        let interface = unsafe { aom::aom_codec_av1_cx() };
        // SAFETY: the context is memory of its size, the interface is libaom's own and the configuration is one
        // that it filled in; neither is kept beyond the call but the interface, which is static.
        let status = unsafe {
            aom::aom_codec_enc_init_ver(
                context.as_mut_ptr(),
                interface,
                &raw const config,
                flags,
                aom::AOM_ENCODER_ABI_VERSION.cast_signed(),
            )
        };
        if status != aom::AOM_CODEC_OK {
            return Err(EncodeError::Library { doing: "begin", reason: in_words(status) });
        }
        // SAFETY: zeroed is a legal value of this structure of numbers and pointers, and libaom has filled it in.
        let mut encoder = Self { context: unsafe { context.assume_init() } };
        encoder.set("cpu-used", &how.speed.0.to_string())?;
        encoder.set("cq-level", &how.quantizer.0.to_string())?;
        encoder.control(aom::AV1E_SET_COLOR_PRIMARIES, how.colors.primaries.into())?;
        encoder.control(aom::AV1E_SET_TRANSFER_CHARACTERISTICS, how.colors.transfer.into())?;
        encoder.control(aom::AV1E_SET_MATRIX_COEFFICIENTS, how.colors.matrix.into())?;
        encoder.control(aom::AV1E_SET_COLOR_RANGE, how.colors.full_range.into())?;
        for (name, value) in how.options {
            encoder.set(name, value)?;
        }
        Ok(encoder)
    }

    /// Sets one of those that take an `int`.
    fn control(&mut self, setting: aom::aome_enc_control_id, value: i32) -> Result<(), EncodeError> {
        // SAFETY: the context is open, and each setting that this is called with takes one `int`.
        let status = unsafe { aom::aom_codec_control(&raw mut self.context, setting.cast_signed(), value) };
        self.check(status, "set what samples mean")
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), EncodeError> {
        let text = |text: &str| {
            CString::new(text).map_err(|_| EncodeError::Library {
                doing: "set an option",
                reason: "it holds a zero byte".into(),
            })
        };
        let (name, value) = (text(name)?, text(value)?);
        // SAFETY: the context is open, and both are strings that end in a zero byte and outlive the call.
        let status =
            unsafe { aom::aom_codec_set_option(&raw mut self.context, name.as_ptr(), value.as_ptr()) };
        self.check(status, "set an option")
    }

    fn send(&mut self, image: Option<&Image<'_>>) -> Result<(), EncodeError> {
        let image = image.map_or(ptr::null(), |image| &raw const image.raw);
        // SAFETY: the context is open; the image is null, or its planes are borrowed for as long as it lives, of the
        // sizes that it says (see `Image::of`), and libaom copies them before it returns.
        let status = unsafe { aom::aom_codec_encode(&raw mut self.context, image, 0, 1, 0) };
        self.check(status, "encode the picture")
    }

    /// Appends what libaom has ready.
    fn receive(&mut self, bytes: &mut Vec<u8>) {
        let mut position: aom::aom_codec_iter_t = ptr::null();
        loop {
            // SAFETY: the context is open, and the position is libaom's own from the call before, or null.
            let packet = unsafe { aom::aom_codec_get_cx_data(&raw mut self.context, &raw mut position) };
            // SAFETY: null, or a packet that stays until the next call with this context.
            let Some(packet) = (unsafe { packet.as_ref() }) else { return };
            if packet.kind == aom::AOM_CODEC_CX_FRAME_PKT {
                // SAFETY: a packet of this kind holds a frame.
                let frame = unsafe { packet.data.frame };
                // SAFETY: libaom's buffer has this many bytes, and stays until the next call with this context.
                bytes.extend_from_slice(unsafe {
                    std::slice::from_raw_parts(frame.buf.cast::<u8>(), frame.sz)
                });
            }
        }
    }

    fn check(&self, status: aom::aom_codec_err_t, doing: &'static str) -> Result<(), EncodeError> {
        if status == aom::AOM_CODEC_OK {
            return Ok(());
        }
        // SAFETY: the context is open; null, or a string that ends in a zero byte and stays until the next call.
        let detail = unsafe { aom::aom_codec_error_detail(&raw const self.context) };
        let reason = if detail.is_null() {
            in_words(status)
        } else {
            // SAFETY: as above, and not null.
            unsafe { CStr::from_ptr(detail) }.to_string_lossy().into_owned()
        };
        Err(EncodeError::Library { doing, reason })
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: the context is open, and nothing uses it afterwards.
        let _ = unsafe { aom::aom_codec_destroy(&raw mut self.context) };
    }
}

/// One still picture at constant quality, on the thread that calls.
fn config_of(planes: &Planes) -> Result<aom::aom_codec_enc_cfg_t, EncodeError> {
    let mut config = MaybeUninit::<aom::aom_codec_enc_cfg_t>::zeroed();
    // SAFETY: takes nothing, and gives a pointer to a static.
    let interface = unsafe { aom::aom_codec_av1_cx() };
    // SAFETY: the interface is libaom's own and the configuration is memory of its size.
    let status = unsafe {
        aom::aom_codec_enc_config_default(interface, config.as_mut_ptr(), aom::AOM_USAGE_ALL_INTRA)
    };
    if status != aom::AOM_CODEC_OK {
        return Err(EncodeError::Library { doing: "begin", reason: in_words(status) });
    }
    // SAFETY: zeroed is a legal value of this structure of numbers, and libaom has filled it in.
    let mut config = unsafe { config.assume_init() };
    let (width, height) = sides(planes)?;
    config.g_w = width;
    config.g_h = height;
    config.g_threads = 1;
    config.g_limit = 1;
    config.g_lag_in_frames = 0;
    // Profiles of AV1 (7.2 of the specification, "Profiles"): 0 has 4:2:0 and grey, 1 has 4:4:4, both up to ten
    // bits; 2 has the rest.
    config.g_profile = match (planes.chroma(), planes.depth()) {
        (Chroma::HalfWide, _) | (_, Depth::Twelve) => 2,
        (Chroma::Full, _) => 1,
        (Chroma::None | Chroma::Half, _) => 0,
    };
    config.g_bit_depth = planes.depth().bits();
    config.g_input_bit_depth = planes.depth().bits();
    config.monochrome = u32::from(planes.chroma() == Chroma::None);
    config.rc_end_usage = aom::AOM_Q;
    config.rc_min_quantizer = 0;
    config.rc_max_quantizer = u32::from(Quantizer::COARSEST);
    Ok(config)
}

/// A picture in the form that libaom takes.
struct Image<'a> {
    raw: aom::aom_image_t,
    /// Samples of eight bits as bytes, for as long as `raw` points to them; those of more bits stay where they are.
    _narrow: Vec<Vec<u8>>,
    /// Chroma of a grey picture, which libaom may copy before it forgets it.
    _filler: Vec<u16>,
    _samples: PhantomData<&'a Planes>,
}

impl<'a> Image<'a> {
    fn of(planes: &'a Planes, full_range: bool) -> Result<Self, EncodeError> {
        let (width, height) = sides(planes)?;
        // SAFETY: zero is a legal value of every number, and null of every pointer, of this structure.
        let mut raw: aom::aom_image_t = unsafe { MaybeUninit::zeroed().assume_init() };
        let wide = planes.depth() != Depth::Eight;
        let (format, across, down) = match planes.chroma() {
            Chroma::None | Chroma::Half => (aom::AOM_IMG_FMT_I420, 1, 1),
            Chroma::HalfWide => (aom::AOM_IMG_FMT_I422, 1, 0),
            Chroma::Full => (aom::AOM_IMG_FMT_I444, 0, 0),
        };
        raw.fmt = if wide { format | aom::AOM_IMG_FMT_HIGHBITDEPTH } else { format };
        (raw.w, raw.h, raw.d_w, raw.d_h) = (width, height, width, height);
        (raw.x_chroma_shift, raw.y_chroma_shift) = (across, down);
        raw.bit_depth = if wide { 16 } else { 8 };
        raw.monochrome = i32::from(planes.chroma() == Chroma::None);
        raw.range = if full_range { aom::AOM_CR_FULL_RANGE } else { aom::AOM_CR_STUDIO_RANGE };
        #[expect(clippy::cast_possible_truncation, reason = "samples of eight bits are below 256")]
        let narrow: Vec<Vec<u8>> = if wide {
            Vec::new()
        } else {
            planes.samples().iter().map(|plane| plane.iter().map(|&sample| sample as u8).collect()).collect()
        };
        for (plane, samples) in planes.samples().iter().enumerate() {
            let stride = i32::try_from(planes.size_of(plane).0).unwrap_or(i32::MAX);
            // libaom only reads through these.
            (raw.planes[plane], raw.stride[plane]) = match narrow.get(plane) {
                Some(bytes) => (bytes.as_ptr().cast_mut(), stride),
                None => (samples.as_ptr().cast::<u8>().cast_mut(), 2 * stride),
            };
        }
        let mut filler = Vec::new();
        if planes.chroma() == Chroma::None {
            let (columns, rows) = (planes.size().0.div_ceil(2), planes.size().1.div_ceil(2));
            filler = vec![0x8080; columns * rows];
            let stride = i32::try_from(columns).unwrap_or(i32::MAX) * if wide { 2 } else { 1 };
            for plane in [1, 2] {
                (raw.planes[plane], raw.stride[plane]) = (filler.as_ptr().cast::<u8>().cast_mut(), stride);
            }
        }
        Ok(Self { raw, _narrow: narrow, _filler: filler, _samples: PhantomData })
    }
}

/// What libaom takes: up to 65,536 pixels a side (5.5.1 of the specification).
fn sides(planes: &Planes) -> Result<(u32, u32), EncodeError> {
    let (width, height) = planes.size();
    match (u32::try_from(width), u32::try_from(height)) {
        (Ok(w @ ..=MAX_SIDE), Ok(h @ ..=MAX_SIDE)) => Ok((w, h)),
        _ => Err(EncodeError::TooLarge { width, height }),
    }
}

fn in_words(status: aom::aom_codec_err_t) -> String {
    // SAFETY: gives a static string that ends in a zero byte for every status.
    let text = unsafe { aom::aom_codec_err_to_string(status) };
    // SAFETY: as above.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
