//! One AV1 picture.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rusty_av1d::{Decoder, Picture, PixelLayout, PlanarImageComponent, Rav1dError, Settings};

use super::pixels::Cicp;
use crate::Error;
use crate::container::av1;
use crate::error::Corrupt;

/// A decoded picture: planes of samples.
pub(super) struct Frame {
    picture: Picture,
    pub(super) layout: PixelLayout,
    /// Bits of a sample: 8, 10 or 12.
    pub(super) bits: u32,
}

/// What is asked of a stream.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Rigour {
    /// That there is a picture in it.
    Lenient,
    /// That it is as the specification has it to the end of each part.
    Strict,
}

impl Frame {
    /// Decodes the picture of an AV1 stream, film grain included, which has to be of this size: memory was set aside for
    /// no more, and a smaller one would leave a part of the picture empty.
    ///
    /// # Errors
    /// The stream is damaged, ends early or holds a picture of another size. Some damage makes the decoder panic, which
    /// counts as damage too: its state goes with it.
    pub(super) fn decode(data: &[u8], size: (u32, u32)) -> Result<Self, Error> {
        Self::decode_by(data, size, Rigour::Lenient)
    }

    /// The same with this rigour.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub(super) fn decode_by(data: &[u8], (width, height): (u32, u32), rigour: Rigour) -> Result<Self, Error> {
        let decoded = catch_unwind(AssertUnwindSafe(|| decode(data, width.saturating_mul(height), rigour)));
        let frame = decoded.unwrap_or_else(|_| Err(Corrupt::malformed("its AV1 data are damaged").into()))?;
        if (frame.picture.width(), frame.picture.height()) != (width, height) {
            return Err(Corrupt::malformed("its AV1 data are of another size than it says").into());
        }
        Ok(frame)
    }

    pub(super) fn size(&self) -> (usize, usize) {
        (self.picture.width() as usize, self.picture.height() as usize)
    }

    /// What the stream says of its colours.
    pub(super) fn cicp(&self) -> Cicp {
        Cicp {
            primaries: self.picture.color_primaries() as u16,
            transfer: self.picture.transfer_characteristic() as u16,
            matrix: self.picture.matrix_coefficients() as u16,
            full_range: self.is_full_range(),
        }
    }

    pub(super) fn is_full_range(&self) -> bool {
        matches!(self.picture.color_range(), rusty_av1d::pixel::YUVRange::Full)
    }

    /// A number that is the same for the same picture in the same colours.
    pub(super) fn digest(&self, keys: &RandomState) -> u64 {
        let mut digest = keys.build_hasher();
        let (width, height) = self.size();
        let (across, down) = match self.layout {
            PixelLayout::I420 => (1, 1),
            PixelLayout::I422 => (1, 0),
            PixelLayout::I400 | PixelLayout::I444 => (0_u8, 0),
        };
        let Cicp { primaries, transfer, matrix, full_range } = self.cicp();
        [primaries, transfer, matrix, full_range.into()]
            .into_iter()
            .for_each(|number| digest.write_u16(number));
        digest.write_u32(self.bits);
        digest.write_u8(across << 1 | down);
        let bytes = if self.bits == 8 { 1 } else { 2 };
        let (width_of_chroma, rows_of_chroma) = (width.div_ceil(1 << across), height.div_ceil(1 << down));
        for (plane, width, rows) in [
            (PlanarImageComponent::Y, width, height),
            (PlanarImageComponent::U, width_of_chroma, rows_of_chroma),
            (PlanarImageComponent::V, width_of_chroma, rows_of_chroma),
        ] {
            if plane != PlanarImageComponent::Y && self.layout == PixelLayout::I400 {
                break;
            }
            let rows = self.picture.plane(plane).chunks(self.picture.stride(plane) as usize).take(rows);
            rows.for_each(|row| digest.write(row.get(..width * bytes).unwrap_or(row)));
        }
        digest.finish()
    }

    /// Puts a row of a plane into `samples`, as many as are there.
    pub(super) fn read_row(&self, plane: PlanarImageComponent, row: usize, samples: &mut [f32]) {
        let bytes =
            self.picture.plane(plane).get(row * self.picture.stride(plane) as usize..).unwrap_or_default();
        if self.bits == 8 {
            samples.iter_mut().zip(bytes).for_each(|(sample, byte)| *sample = f32::from(*byte));
        } else {
            let wide = bytes.as_chunks().0.iter().map(|bytes| u16::from_ne_bytes(*bytes));
            samples.iter_mut().zip(wide).for_each(|(sample, wide)| *sample = f32::from(wide));
        }
    }
}

/// Most coded frames that a picture may be made of: it has one, or one for each of its layers.
const MAX_FRAMES: usize = 8;

/// Most units of a stream: a tile may be one of its own, and a frame has up to 4,096 (AV1 specification, 6.10.11).
const MAX_UNITS: usize = 5_000;

/// What is checked of a stream before it is decoded.
pub(super) struct Outline {
    /// Whether the last of its coded data ends in a byte of zeros. Behind the last symbol of a tile stands a bit that is set,
    /// and no known encoder puts more zeros behind it than a byte holds (8.2.4); where a download was written into a file
    /// made in advance, zeros are what is missing. The decoder takes them for symbols.
    ends_in_zeros: bool,
}

impl Outline {
    /// # Errors
    /// It has more units than a picture, or more frames (AV1 specification, 5.3 and 6.2.2): those that are never shown cost as
    /// much as others, and a few bytes are one.
    pub(super) fn read(mut data: &[u8]) -> Result<Self, Corrupt> {
        let (mut units, mut frames, mut ends_in_zeros) = (0, 0, false);
        while let Some((kind, unit)) = av1::next_unit(&mut data) {
            units += 1;
            frames += usize::from(matches!(kind, av1::FRAME_HEADER | av1::FRAME));
            if matches!(kind, av1::FRAME | av1::TILE_GROUP) {
                ends_in_zeros = unit.last() == Some(&0);
            }
            if frames > MAX_FRAMES {
                return Err(Corrupt::malformed("its AV1 data hold more frames than a picture has"));
            }
            if units > MAX_UNITS {
                return Err(Corrupt::malformed("its AV1 data are in more units than a picture has"));
            }
        }
        Ok(Self { ends_in_zeros })
    }
}

fn decode(data: &[u8], max_pixels: u32, rigour: Rigour) -> Result<Frame, Error> {
    if Outline::read(data)?.ends_in_zeros {
        return Err(Corrupt::Truncated.into());
    }
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    // Of a picture in layers the last, which is the whole of it.
    settings.set_all_layers(false);
    settings.set_frame_size_limit(max_pixels);
    settings.set_strict_std_compliance(rigour == Rigour::Strict);
    let mut decoder = Decoder::with_settings(&settings).map_err(refused)?;
    match decoder.send_data(data.into(), None, None, None) {
        // What is left is for further pictures.
        Ok(()) | Err(Rav1dError::TryAgain) => {}
        Err(error) => return Err(refused(error)),
    }
    let picture = decoder.get_picture().map_err(refused)?;
    let bits = match picture.bits_per_component().map(|bits| bits.0) {
        Some(bits @ (8 | 10 | 12)) => bits as u32,
        _ => return Err(Corrupt::malformed("its AV1 data have an unknown depth").into()),
    };
    Ok(Frame { layout: picture.pixel_layout(), bits, picture })
}

fn refused(error: Rav1dError) -> Error {
    match error {
        Rav1dError::TryAgain => Corrupt::Truncated.into(),
        _ => Corrupt::malformed("its AV1 data are damaged").into(),
    }
}
