//! Rows of planes made into rows of pixels.

use fearless_simd::{Simd, i8x32, i16x16, prelude::*, u8x16, u8x32};

/// What the first three components are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorTransform {
    /// Whatever is wanted: grey, RGB, CMYK. Samples come as they are stored.
    None,
    /// Luma and chroma as JFIF defines them (ITU-T T.871), converted as libjpeg does. Three components become
    /// red, green and blue. Of four ("YCCK") the first three become cyan, magenta and yellow, which are 255
    /// less red, green and blue, and the fourth stays as it is: that is CMYK as a file without this transform
    /// stores it. Pictures of one or two components come as they are stored.
    YCbCr,
}

/// Pixels made at once.
const GROUP: usize = 32;
/// Bytes of a vector.
const BYTES: usize = 16;

/// For each channel and each of the three vectors that sixteen pixels fill: which pixel's byte goes where, and
/// a number out of range, which gives zero, where it is another channel's place.
const PLACES: [[[u8; BYTES]; 3]; 3] = places();

const fn places() -> [[[u8; BYTES]; 3]; 3] {
    let mut places = [[[255; BYTES]; 3]; 3];
    let mut byte = 0;
    while byte < 3 * BYTES {
        places[byte % 3][byte / BYTES][byte % BYTES] = (byte / 3) as u8;
        byte += 1;
    }
    places
}

/// Three rows of samples, of whole groups, as one of pixels.
#[inline(always)]
pub(super) fn three<S: Simd>(simd: S, transform: ColorTransform, rows: [&[u8]; 3], out: &mut [u8]) {
    let (mut groups, rest) = out.as_chunks_mut::<{ 3 * GROUP }>();
    let samples = rows[0].as_chunks().0.iter().zip(rows[1].as_chunks().0).zip(rows[2].as_chunks().0);
    for ((a, b), c) in samples {
        let pixels = group(simd, transform, [a, b, c]);
        if let Some((first, others)) = groups.split_first_mut() {
            *first = pixels;
            groups = others;
        } else {
            rest.copy_from_slice(&pixels[..rest.len()]);
            return;
        }
    }
}

/// Any number of rows of samples as one of pixels, as they are.
#[inline(always)]
pub(super) fn interleave(rows: &[&[u8]], out: &mut [u8]) {
    for (c, row) in rows.iter().enumerate() {
        for (out, sample) in out[c..].iter_mut().step_by(rows.len()).zip(*row) {
            *out = *sample;
        }
    }
}

/// Red, green and blue in the first three of four channels, made into their complements.
#[inline(always)]
pub(super) fn inks(rgb: &[u8], black: &[u8], out: &mut [u8]) {
    let (pixels, _) = out.as_chunks_mut::<4>();
    for ((out, [r, g, b]), k) in pixels.iter_mut().zip(rgb.as_chunks().0).zip(black) {
        *out = [!r, !g, !b, *k];
    }
}

#[inline(always)]
fn group<S: Simd>(simd: S, transform: ColorTransform, samples: [&[u8; GROUP]; 3]) -> [u8; 3 * GROUP] {
    let mut vectors = [u8x32::splat(simd, 0); 3];
    for i in 0..3 {
        vectors[i] = u8x32::simd_from(simd, *samples[i]);
    }
    if transform == ColorTransform::YCbCr {
        vectors = rgb(simd, vectors);
    }
    let mut out = [0; 3 * GROUP];
    let ((r0, r1), (g0, g1), (b0, b1)) = (vectors[0].split(), vectors[1].split(), vectors[2].split());
    let (halves, _) = out.as_chunks_mut::<{ 3 * BYTES }>();
    halves[0] = weave(simd, [r0, g0, b0]);
    halves[1] = weave(simd, [r1, g1, b1]);
    out
}

/// Sixteen pixels of three channels.
#[inline(always)]
fn weave<S: Simd>(simd: S, channels: [u8x16<S>; 3]) -> [u8; 3 * BYTES] {
    let mut out = [0; 3 * BYTES];
    let (parts, _) = out.as_chunks_mut::<BYTES>();
    for part in 0..3 {
        let mut gathered = u8x16::splat(simd, 0);
        for channel in 0..3 {
            let places = u8x16::simd_from(simd, PLACES[channel][part]);
            gathered |= simd.swizzle_dyn_precise_u8x16(channels[channel], places);
        }
        parts[part] = gathered.to_array();
    }
    out
}

#[inline(always)]
fn rgb<S: Simd>(simd: S, [y, cb, cr]: [u8x32<S>; 3]) -> [u8x32<S>; 3] {
    let ((y0, y1), (cb0, cb1), (cr0, cr1)) = (y.widen(), cb.widen(), cr.widen());
    let [r0, g0, b0] = rgb_half(simd, [y0.bitcast(), cb0.bitcast(), cr0.bitcast()]);
    let [r1, g1, b1] = rgb_half(simd, [y1.bitcast(), cb1.bitcast(), cr1.bitcast()]);
    [unsigned(simd, r0, r1), unsigned(simd, g0, g1), unsigned(simd, b0, b1)]
}

/// Channels less 128, before they are clipped.
///
/// Each is luma plus a multiple of chroma rounded to 16 fractional bits, as libjpeg's tables have it; whole
/// parts are taken out of the factors, so that what is left of them fits 16 bits.
#[inline(always)]
fn rgb_half<S: Simd>(simd: S, [y, cb, cr]: [i16x16<S>; 3]) -> [i16x16<S>; 3] {
    let (y, cb, cr) = (y - 128, cb - 128, cr - 128);
    // 1.402 − 1, 1.772 − 2, and −0.344136 with 1 − 0.714136.
    let red = cr + rounded(simd, cr, 26_345);
    let blue = cb + cb + rounded(simd, cb, -14_942);
    let (low, high) = cb.interleave(cr);
    let mut factors = [-22_554; 16];
    for factor in factors.as_chunks_mut::<2>().0 {
        factor[1] = 18_734;
    }
    let factors = i16x16::simd_from(simd, factors);
    let low = (low.pairwise_dot_product(factors) + (1 << 15)) >> 16;
    let high = (high.pairwise_dot_product(factors) + (1 << 15)) >> 16;
    [y + red, y - cr + low.saturating_narrow(high), y + blue]
}

/// `chroma` · `factor` / 2^16, rounded.
#[inline(always)]
fn rounded<S: Simd>(simd: S, chroma: i16x16<S>, factor: i16) -> i16x16<S> {
    let twice = (chroma + chroma).to_array();
    let mut out = [0; 16];
    for i in 0..16 {
        // The upper half of a product, one instruction for sixteen lanes, leaves a bit to round with.
        out[i] = (((i32::from(twice[i]) * i32::from(factor)) >> 16) as i16 + 1) >> 1;
    }
    i16x16::simd_from(simd, out)
}

/// Clips numbers less 128 to bytes.
#[inline(always)]
fn unsigned<S: Simd>(simd: S, low: i16x16<S>, high: i16x16<S>) -> u8x32<S> {
    (low.saturating_narrow(high) ^ i8x32::splat(simd, i8::MIN)).bitcast()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fearless_simd::{Level, dispatch};

    /// libjpeg's definition (jdcolor.c): tables of 16 fractional bits.
    fn reference(y: i32, cb: i32, cr: i32) -> [u8; 3] {
        let (cb, cr) = (cb - 128, cr - 128);
        let red = y + ((91_881 * cr + 32_768) >> 16);
        let green = y + ((-22_554 * cb - 46_802 * cr + 32_768) >> 16);
        let blue = y + ((116_130 * cb + 32_768) >> 16);
        [red, green, blue].map(|channel| channel.clamp(0, 255) as u8)
    }

    #[test]
    fn every_chroma_is_converted_as_libjpeg_does() {
        let cr: Vec<u8> = (0..=255).collect();
        for y in [0, 1, 77, 128, 200, 255] {
            for cb in 0..=255 {
                let mut out = vec![0; 3 * 256];
                let rows = [&[y; 256][..], &[cb; 256], &cr];
                dispatch!(Level::new(), simd => three(simd, ColorTransform::YCbCr, rows, &mut out));
                for (cr, pixel) in out.as_chunks::<3>().0.iter().enumerate() {
                    assert_eq!(*pixel, reference(y.into(), cb.into(), cr as i32), "{y}, {cb}, {cr}");
                }
            }
        }
    }
}
