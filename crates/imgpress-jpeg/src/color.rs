//! From rows of pixels to luma and chroma in fixed point.

use fearless_simd::{Simd, prelude::*, u8x16};

use crate::strip::Strip;

/// The scale of luma as a shift.
pub(crate) const LUMA_SHIFT: u32 = 6;
const CHROMA_SHIFT: u32 = 5;
/// Luma, blue and red chroma.
const SHIFTS: [u32; 3] = [LUMA_SHIFT, CHROMA_SHIFT, CHROMA_SHIFT];

/// How the bytes given to the encoder make up a pixel, eight bits a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorType {
    /// Red, green, blue: a colour JPEG.
    Rgb,
    /// Red, green, blue and straight alpha, laid over a background: a colour JPEG.
    Rgba {
        /// Red, green and blue of what shows through.
        background: [u8; 3],
    },
    /// One channel: a grey JPEG.
    Grey,
    /// Luma and chroma as JFIF defines them (full range), at full size: a colour JPEG. The only one besides grey
    /// that can come in [planes](crate::Planes).
    YCbCr,
}

impl ColorType {
    /// Bytes of a pixel.
    #[must_use]
    pub fn bytes_per_pixel(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb | Self::YCbCr => 3,
            Self::Rgba { .. } => 4,
        }
    }
}

/// Luma is held as (Y − 128) · 2^6 …
pub(crate) const LUMA_SCALE: f32 = 64.0;
/// … and chroma as (C − 128) · 2^5: what 16 bits and one high multiplication leave room for.
pub(crate) const CHROMA_SCALE: f32 = 32.0;

/// Pixels converted at once; planes are padded to whole groups.
pub(crate) const GROUP: usize = 32;

type Lanes = [i16; GROUP];

/// Converts one row of pixels into row `y` of the strip, repeating the last pixel to the strip's full width.
#[inline(always)]
pub(crate) fn convert_row<S: Simd>(simd: S, color: ColorType, row: &[u8], strip: &mut Strip, y: usize) {
    match color {
        ColorType::Rgb => groups(row, strip, y, &Rgb(simd)),
        ColorType::Rgba { background } => groups(row, strip, y, &Rgba(simd, background)),
        ColorType::YCbCr => groups(row, strip, y, &YCbCr(simd)),
        ColorType::Grey => grey(row, strip, y),
    }
}

/// A conversion of a group of pixels. (A trait and not a closure, because only a method can be made to be
/// compiled for its caller's instruction set.)
trait Convert<const CHANNELS: usize> {
    fn convert(&self, pixels: &[[u8; CHANNELS]; GROUP]) -> [Lanes; 3];
}

struct Rgb<S>(S);
struct Rgba<S>(S, [u8; 3]);
struct YCbCr<S>(S);

impl<S: Simd> Convert<3> for Rgb<S> {
    #[inline(always)]
    fn convert(&self, pixels: &[[u8; 3]; GROUP]) -> [Lanes; 3] {
        ycc(split(self.0, pixels))
    }
}

impl<S: Simd> Convert<4> for Rgba<S> {
    #[inline(always)]
    fn convert(&self, pixels: &[[u8; 4]; GROUP]) -> [Lanes; 3] {
        let mut channels = [[0; GROUP]; 4];
        let (halves, _) = pixels.as_flattened().as_chunks::<64>();
        for (half, bytes) in halves.iter().enumerate() {
            let vectors = self.0.load_four_interleaved_u8x16(bytes);
            for (channel, vector) in channels.iter_mut().zip(vectors) {
                widen(vector, &mut channel.as_chunks_mut().0[half]);
            }
        }
        let ([r, g, b, alpha], background) = (channels, self.1);
        ycc([blend(r, alpha, background[0]), blend(g, alpha, background[1]), blend(b, alpha, background[2])])
    }
}

impl<S: Simd> Convert<3> for YCbCr<S> {
    #[inline(always)]
    fn convert(&self, pixels: &[[u8; 3]; GROUP]) -> [Lanes; 3] {
        let mut out = split(self.0, pixels);
        for (plane, shift) in out.iter_mut().zip(SHIFTS) {
            for sample in plane {
                *sample = (*sample - 128) << shift;
            }
        }
        out
    }
}

/// Runs the conversion over whole groups of pixels, the last one filled up with its last pixel.
#[inline(always)]
fn groups<const CHANNELS: usize>(
    row: &[u8],
    strip: &mut Strip,
    y: usize,
    conversion: &impl Convert<CHANNELS>,
) {
    let [luma, cb, cr] = strip.rows_mut(y);
    let (pixels, _) = row.as_chunks::<CHANNELS>();
    let outputs = luma.as_chunks_mut().0.iter_mut().zip(cb.as_chunks_mut().0).zip(cr.as_chunks_mut().0);
    for (pixels, ((luma, cb), cr)) in pixels.chunks(GROUP).zip(outputs) {
        [*luma, *cb, *cr] = if let Ok(pixels) = pixels.try_into() {
            conversion.convert(pixels)
        } else {
            let last = pixels.last().copied().unwrap_or([0; CHANNELS]);
            let mut padded = [last; GROUP];
            padded[..pixels.len()].copy_from_slice(pixels);
            conversion.convert(&padded)
        };
    }
}

#[inline(always)]
fn grey(row: &[u8], strip: &mut Strip, y: usize) {
    let [luma, ..] = strip.rows_mut(y);
    widen_row(row, LUMA_SHIFT, luma);
}

/// Takes row `y` of the strip from a row of each plane, which are all as wide as the picture.
#[inline(always)]
pub(crate) fn planar_row(planes: [&[u8]; 3], strip: &mut Strip, y: usize) {
    for ((out, row), shift) in strip.rows_mut(y).into_iter().zip(planes).zip(SHIFTS) {
        if !out.is_empty() {
            widen_row(row, shift, out);
        }
    }
}

/// Brings samples about 128 to fixed point and repeats the last of them to the end of the output.
#[inline(always)]
pub(crate) fn widen_row(row: &[u8], shift: u32, out: &mut [i16]) {
    for (out, &sample) in out.iter_mut().zip(row) {
        *out = (i16::from(sample) - 128) << shift;
    }
    if let Some((written, rest)) = out.split_at_mut_checked(row.len())
        && let Some(&last) = written.last()
    {
        rest.fill(last);
    }
}

/// Bytes of a vector.
const BYTES: usize = 16;

/// For each channel and each of the three vectors that sixteen pixels fill: which of the vector's bytes is
/// which pixel's, and a number out of range, which gives zero, where it holds none.
const PLACES: [[[u8; BYTES]; 3]; 3] = places();

const fn places() -> [[[u8; BYTES]; 3]; 3] {
    let mut places = [[[255; BYTES]; 3]; 3];
    let mut byte = 0;
    while byte < 3 * BYTES {
        places[byte % 3][byte / BYTES][byte / 3] = (byte % BYTES) as u8;
        byte += 1;
    }
    places
}

/// The three channels of a group.
#[inline(always)]
fn split<S: Simd>(simd: S, pixels: &[[u8; 3]; GROUP]) -> [Lanes; 3] {
    let mut channels = [[0; GROUP]; 3];
    let (vectors, _) = pixels.as_flattened().as_chunks::<BYTES>();
    for half in 0..GROUP / BYTES {
        for channel in 0..3 {
            let mut gathered = u8x16::splat(simd, 0);
            for part in 0..3 {
                let vector = u8x16::simd_from(simd, vectors[3 * half + part]);
                let places = u8x16::simd_from(simd, PLACES[channel][part]);
                gathered |= simd.swizzle_dyn_precise_u8x16(vector, places);
            }
            widen(gathered, &mut channels[channel].as_chunks_mut().0[half]);
        }
    }
    channels
}

#[inline(always)]
fn widen<S: Simd>(bytes: u8x16<S>, out: &mut [i16; BYTES]) {
    let bytes = bytes.to_array();
    for i in 0..BYTES {
        out[i] = i16::from(bytes[i]);
    }
}

/// `color` over `background` at this opacity, rounded.
#[inline(always)]
fn blend(color: Lanes, alpha: Lanes, background: u8) -> Lanes {
    let mut out = [0; GROUP];
    for i in 0..GROUP {
        let (c, a, b) = (color[i] as u16, alpha[i] as u16, u16::from(background));
        // At most 255² + 128, which 16 bits hold; then exact division by 255.
        let sum = c * a + b * (255 - a) + 128;
        out[i] = ((sum + (sum >> 8)) >> 8) as i16;
    }
    out
}

/// The upper half of a product: one instruction for sixteen lanes.
#[inline(always)]
fn high(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b)) >> 16) as i16
}

/// JFIF's conversion (ITU-T T.871) in 16-bit fixed point, within 1/16 of a level.
#[inline(always)]
fn ycc([r, g, b]: [Lanes; 3]) -> [Lanes; 3] {
    // 0.299, 0.587 and 0.114 as parts of 2^15; they sum to it, so that grey stays grey.
    const R: i16 = 9798;
    const G: i16 = 19235;
    const B: i16 = 3735;
    // 1 / 1.772 and 1 / 1.402 as parts of 2^15.
    const CB: i16 = 18492;
    const CR: i16 = 23372;
    let (mut luma, mut cb, mut cr) = ([0; GROUP], [0; GROUP], [0; GROUP]);
    for i in 0..GROUP {
        // Each of the three truncations loses half a unit on average.
        let y = high(r[i] << 7, R) + high(g[i] << 7, G) + high(b[i] << 7, B) + 1;
        luma[i] = y - (128 << 6);
        cb[i] = high((b[i] << 6) - y, CB);
        cr[i] = high((r[i] << 6) - y, CR);
    }
    [luma, cb, cr]
}
