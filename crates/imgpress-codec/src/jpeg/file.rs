use imgpress_jpeg::{Component, DecodeError, DecodeLimits, Decoder, Segment};

use crate::error::{Corrupt, TooLarge, Unsupported};
use crate::raster::MAX_ICC;
use crate::{Budget, Error, Limits, Orientation, exif};

pub(super) const APP0: u8 = 0xe0;
pub(super) const APP1: u8 = 0xe1;
pub(crate) const APP2: u8 = 0xe2;
pub(super) const APP14: u8 = 0xee;

/// Start of an APP2 segment that holds a part of a colour profile (ICC.1:2022, B.4); its number and the count of
/// parts follow.
pub(super) const ICC_PREFIX: &[u8] = b"ICC_PROFILE\0";

/// A JPEG file whose headers have been read, up to its end marker, or to the file's end: complete pictures without
/// an end marker are common enough to be taken. Nothing after the marker is looked at.
pub(crate) struct JpegFile<'a> {
    decoder: Decoder<'a>,
    /// The whole input.
    pub(super) input: &'a [u8],
}

/// How the components make a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColorCoding {
    Grey,
    YCbCr,
    Rgb,
    /// Inks, stored inverted, as all known writers do.
    Cmyk,
    /// The same after the YCbCr transform of its first three.
    Ycck,
}

impl<'a> JpegFile<'a> {
    /// Reads the segments, the frame header and the scans' headers.
    ///
    /// # Errors
    /// The file ends before its last scan begins, is of a kind that is not decoded here, or over a limit.
    pub(crate) fn parse(input: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        let limits = DecodeLimits {
            max_pixels: limits.max_pixels,
            max_scans: limits.max_scans,
            ..DecodeLimits::default()
        };
        let decoder = Decoder::new(input, &limits).map_err(named)?;
        if decoder.components().len() == 2 {
            return Err(Unsupported::Known("A JPEG with other than 1, 3 or 4 components").into());
        }
        Ok(Self { decoder, input })
    }

    /// Asks `go_on` while the picture is decoded; see [`JpegFile::failed`].
    pub(crate) fn with_checkpoint(self, go_on: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self { decoder: self.decoder.with_checkpoint(go_on), ..self }
    }

    /// Bytes of the whole input.
    pub(crate) fn length(&self) -> usize {
        self.input.len()
    }

    /// What reads the picture.
    pub(crate) fn decoder(&self) -> &Decoder<'a> {
        &self.decoder
    }

    pub(crate) fn components(&self) -> &[Component] {
        self.decoder.components()
    }

    pub(super) fn segments(&self) -> &[Segment<'a>] {
        self.decoder.segments()
    }

    fn payloads(&self, marker: u8) -> impl Iterator<Item = &'a [u8]> {
        let segments = self.segments().iter().filter(move |segment| segment.marker == marker);
        segments.map(|segment| segment.payload)
    }

    /// The orientation of the first EXIF segment that has one.
    pub(crate) fn orientation(&self) -> Orientation {
        let blocks = self.payloads(APP1).filter(|payload| payload.starts_with(exif::PREFIX));
        blocks.filter_map(exif::orientation).next().unwrap_or(Orientation::AS_STORED)
    }

    /// The colour profile, put together from its parts, where they are all there.
    pub(crate) fn icc(&self) -> Option<Vec<u8>> {
        let mut parts: Vec<_> =
            self.payloads(APP2).filter_map(|payload| payload.strip_prefix(ICC_PREFIX)).collect();
        parts.sort_by_key(|part| part.first().copied());
        let numbers = parts.iter().map(|part| part.first().copied());
        let expected = (1..=u8::MAX).take(parts.len()).map(Some);
        let size: usize = parts.iter().map(|part| part.len()).sum();
        if parts.is_empty() || size > MAX_ICC || !numbers.eq(expected) {
            return None;
        }
        Some(parts.iter().flat_map(|part| part.iter().skip(2)).copied().collect())
    }

    /// How the components make a colour: what the Adobe segment says, else what the component names say, as
    /// libjpeg guesses (`default_decompress_parms` in jdapimin.c).
    pub(crate) fn color_coding(&self) -> ColorCoding {
        let adobe = self.payloads(APP14).find_map(|payload| payload.strip_prefix(b"Adobe"));
        let transform = adobe.and_then(|rest| rest.get(6)).copied();
        let jfif = self.payloads(APP0).any(|payload| payload.starts_with(b"JFIF\0"));
        let names: Vec<u8> = self.components().iter().map(Component::id).collect();
        match (names.as_slice(), transform) {
            ([_], _) => ColorCoding::Grey,
            ([_, _, _, _], Some(2)) => ColorCoding::Ycck,
            ([_, _, _, _], _) => ColorCoding::Cmyk,
            (_, _) if jfif => ColorCoding::YCbCr,
            (_, Some(0)) | (b"RGB", None) => ColorCoding::Rgb,
            _ => ColorCoding::YCbCr,
        }
    }

    /// Sampling factors, across and down, of all components.
    pub(crate) fn sampling(&self) -> Vec<(usize, usize)> {
        self.components().iter().map(Component::sampling).collect()
    }

    /// Reads the whole picture, makes nothing of it and keeps nothing.
    ///
    /// # Errors
    /// A part of it is missing or makes no sense, or the budget's error.
    pub(crate) fn check(&self, budget: &Budget) -> Result<(), Error> {
        self.decoder.coefficients().map(drop).map_err(|error| failed(error, budget))
    }
}

/// An error of the decoder whose checkpoint looks at this budget.
pub(crate) fn failed(error: DecodeError, budget: &Budget) -> Error {
    match error {
        DecodeError::Cancelled => budget.check().err().unwrap_or(Error::Cancelled),
        error => named(error),
    }
}

fn named(error: DecodeError) -> Error {
    match error {
        DecodeError::Truncated => Corrupt::Truncated.into(),
        DecodeError::Malformed(what) => Corrupt::malformed(what).into(),
        DecodeError::Unsupported(what) => Unsupported::Known(what).into(),
        DecodeError::TooLarge { width, height, limit } => TooLarge::Pixels { width, height, limit }.into(),
        DecodeError::TooManyScans { limit } => TooLarge::Scans { limit }.into(),
        other => Corrupt::malformed(other.to_string()).into(),
    }
}
