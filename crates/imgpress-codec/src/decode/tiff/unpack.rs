//! The data of a strip or tile as they were before they were compressed, all of them and no more.

use std::borrow::Cow;
use std::io::{self, Read};

use flate2::bufread::ZlibDecoder;
use imgpress_jpeg::{ColorTransform, DecodeError, DecodeLimits, Decoder};
use weezl::{BitOrder, LzwStatus, decode::Decoder as Lzw};

use crate::error::{Corrupt, Unsupported};
use crate::{Budget, Error, Limits};

use super::fax;
use super::header::{Header, Ink, Method};

/// A strip or tile.
pub(super) struct Part<'a> {
    /// Its number in the file.
    pub(super) index: usize,
    /// Pixels that it has of the picture, and rows.
    pub(super) width: usize,
    pub(super) height: usize,
    /// Pixels and rows that are stored.
    pub(super) stored: (usize, usize),
    /// The whole file.
    pub(super) input: &'a [u8],
}

/// Unpacked rows.
pub(super) struct Rows<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// Bytes from one to the next.
    pub(super) stride: usize,
}

impl<'a> Part<'a> {
    /// Unpacks it. YCbCr comes out as red, green and blue, of 8 bits.
    ///
    /// # Errors
    /// It ends early or holds more than it should, its checksum is wrong, or it does not make sense.
    pub(super) fn unpack(
        &self,
        header: &Header<'_>,
        limits: &Limits,
        budget: &Budget,
    ) -> Result<Rows<'a>, Error> {
        if let Method::Jpeg(tables) = header.method {
            return self.jpeg(tables, header, limits, budget);
        }
        let (width, height) = self.stored;
        let needed = header.bytes_of(width, height);
        let size = Size {
            needed: usize::try_from(needed).map_err(|_| Corrupt::Truncated)?,
            whole: usize::try_from(header.bytes_of(header.parts.width, header.parts.height))
                .map_err(|_| Corrupt::Truncated)?,
        };
        let data = self.data(header, size.needed)?;
        let bytes = match header.method {
            Method::Lzw => Cow::Owned(unpack_lzw(&data, &size)?),
            Method::Deflate => Cow::Owned(inflate(&data, &size)?),
            Method::PackBits => Cow::Owned(unpack_bits(&data, &size)?),
            Method::Fax(coding) => Cow::Owned(fax::unpack(&data, coding, width, height)?),
            Method::Plain | Method::Jpeg(_) => data,
        };
        if let Ink::YCbCr(conversion) = &header.ink {
            let rgb = conversion.to_rgb(&bytes[..size.needed], width, height);
            return Ok(Rows { bytes: Cow::Owned(rgb), stride: width * 3 });
        }
        Ok(Rows { bytes, stride: size.needed / height })
    }

    /// Its bytes in the file, their bits in the usual order.
    fn data(&self, header: &Header<'_>, plain: usize) -> Result<Cow<'a, [u8]>, Corrupt> {
        let (start, length) = header.parts.place(self.index).ok_or(Corrupt::Truncated)?;
        let rest = self.input.get(start..).ok_or(Corrupt::Truncated)?;
        let one = header.parts.across * header.parts.down == 1;
        let length = match (header.method, length) {
            // Some writers say a wrong length of a picture in one strip; it has but one.
            (Method::Plain, Some(stated)) if stated >= plain || one => plain,
            (Method::Plain, Some(_)) => return Err(Corrupt::malformed("a part of the picture is missing")),
            (Method::Plain, None) => plain,
            (_, stated) => stated.unwrap_or_else(|| rest.len().min(header.parts.most_packed(plain))),
        };
        let data = rest.get(..length).ok_or(Corrupt::Truncated)?;
        let reversed = header.reversed && header.method.jpeg().is_none();
        Ok(if reversed { data.iter().map(|byte| byte.reverse_bits()).collect() } else { data.into() })
    }

    /// A JPEG of its own, with tables that all share. A tag, and nothing in it, says what its components are.
    fn jpeg(
        &self,
        tables: &[u8],
        header: &Header<'_>,
        limits: &Limits,
        budget: &Budget,
    ) -> Result<Rows<'a>, Error> {
        let (width, height) = self.stored;
        let data = self.data(header, width * height * header.samples_in_part())?;
        let shared = tables.strip_suffix(&[0xff, 0xd9]).unwrap_or(tables);
        let own = data.strip_prefix(&[0xff, 0xd8]).filter(|_| !shared.is_empty()).unwrap_or(&data);
        let file = [shared, own].concat();
        let limits = DecodeLimits {
            max_pixels: limits.max_pixels,
            max_scans: limits.max_scans,
            ..DecodeLimits::default()
        };
        let go_on = || budget.check().is_ok();
        let decoder = Decoder::new(&file, &limits).map_err(|error| named(&error))?.with_checkpoint(&go_on);
        let components = header.samples_in_part();
        let (width, height) = (decoder.width() as usize, decoder.height() as usize);
        if width < self.width || height < self.height {
            return Err(Corrupt::malformed("a part of the picture is missing").into());
        }
        // A larger one than it should be would take memory that nobody counted.
        if width > header.parts.width.next_multiple_of(32)
            || height > header.parts.height.next_multiple_of(32)
        {
            return Err(Corrupt::malformed("a strip or tile has more pixels than it should").into());
        }
        if decoder.components().len() != components {
            return Err(Corrupt::malformed("a JPEG in it has other components than it says").into());
        }
        let transform = match header.ink {
            Ink::YCbCr(_) if components == 3 => ColorTransform::YCbCr,
            Ink::YCbCr(_) => return Err(Unsupported::Known("A TIFF with a JPEG for each component").into()),
            _ => ColorTransform::None,
        };
        let bytes = decoder.decode(transform).map_err(|error| match error {
            DecodeError::Cancelled => budget.check().err().unwrap_or(Error::Cancelled),
            error => named(&error),
        })?;
        Ok(Rows { bytes: Cow::Owned(bytes), stride: width * components })
    }
}

/// Bytes of a strip or tile that is unpacked: those of the picture, and with what fills the last one up.
struct Size {
    needed: usize,
    whole: usize,
}

impl Size {
    /// Reads as many bytes as are needed, and to the end of what there is.
    ///
    /// # Errors
    /// There are fewer or more than there should be, or those of reading.
    fn read(&self, mut read: impl FnMut(&mut [u8]) -> Result<usize, Corrupt>) -> Result<Vec<u8>, Corrupt> {
        let mut bytes = vec![0; self.needed];
        let mut at = 0;
        while at < bytes.len() {
            match read(&mut bytes[at..])? {
                0 => return Err(Corrupt::malformed("a part of the picture is missing")),
                more => at += more,
            }
        }
        let (mut rest, mut found) = ([0; 4096], self.needed);
        loop {
            match read(&mut rest)? {
                0 => break,
                more => found += more,
            }
            if found > self.whole {
                break;
            }
        }
        if found == self.needed || found == self.whole {
            return Ok(bytes);
        }
        Err(Corrupt::malformed("a strip or tile has more pixels than it should"))
    }
}

/// Deflated data, by their whole stream and its checksum.
fn inflate(data: &[u8], size: &Size) -> Result<Vec<u8>, Corrupt> {
    let mut inflated = ZlibDecoder::new(data);
    size.read(|into| {
        inflated.read(into).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Corrupt::Truncated,
            _ => Corrupt::malformed(error.to_string()),
        })
    })
}

fn unpack_lzw(mut data: &[u8], size: &Size) -> Result<Vec<u8>, Corrupt> {
    // Files from before TIFF 6.0 have their bits in the other order, and begin with a code of 256 in it.
    let mut decoder = match data {
        [0, second, ..] if second & 1 == 1 => Lzw::new(BitOrder::Lsb, 8),
        _ => Lzw::with_tiff_size_switch(BitOrder::Msb, 8),
    };
    size.read(|into| {
        loop {
            let step = decoder.decode_bytes(data, into);
            data = &data[step.consumed_in..];
            let ended = !matches!(step.status, Ok(LzwStatus::Ok)) || step.consumed_in == 0;
            match step.status {
                Err(_) => return Err(Corrupt::malformed("its data hold a code that was never defined")),
                Ok(_) if step.consumed_out > 0 || ended => return Ok(step.consumed_out),
                Ok(_) => {}
            }
        }
    })
}

/// `PackBits` (TIFF 6.0, section 9).
fn unpack_bits(mut data: &[u8], size: &Size) -> Result<Vec<u8>, Corrupt> {
    let mut bytes = Vec::with_capacity(size.needed);
    while let Some((&header, rest)) = data.split_first() {
        if bytes.len() > size.whole {
            break;
        }
        let count = header.cast_signed();
        if count >= 0 {
            let length = usize::from(header) + 1;
            match rest.split_at_checked(length) {
                Some((run, rest)) => {
                    bytes.extend_from_slice(run);
                    data = rest;
                }
                // A byte that fills up the last word.
                None if rest.is_empty() => break,
                None => return Err(Corrupt::Truncated),
            }
        } else if count == i8::MIN {
            data = rest;
        } else {
            let Some((&value, rest)) = rest.split_first() else { break };
            bytes.resize(bytes.len() + usize::from(count.unsigned_abs()) + 1, value);
            data = rest;
        }
    }
    match bytes.len() {
        found if found < size.needed => Err(Corrupt::malformed("a part of the picture is missing")),
        found if found == size.needed || found == size.whole => {
            bytes.truncate(size.needed);
            Ok(bytes)
        }
        _ => Err(Corrupt::malformed("a strip or tile has more pixels than it should")),
    }
}

fn named(error: &DecodeError) -> Error {
    match error {
        DecodeError::Truncated => Corrupt::Truncated.into(),
        DecodeError::Unsupported(_) => Unsupported::Known("A TIFF with such a JPEG in it").into(),
        other => Corrupt::malformed(other.to_string()).into(),
    }
}
