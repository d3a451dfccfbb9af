//! All frames of an animated PNG (W3C Recommendation, third edition, 11.3.6): each is made a PNG of its own.

use flate2::Crc;

use super::{SIGNATURE, next};
use crate::decode::animation::{Disposal, Patch, Place};
use crate::error::Corrupt;
use crate::{Error, ImageInfo, Limits};

/// The frames in the order of the file.
pub(in crate::decode) struct Patches<'a> {
    info: &'a ImageInfo,
    limits: &'a Limits,
    rest: &'a [u8],
    header: &'a [u8; 13],
    /// The chunks that each frame needs beside its own.
    shared: Vec<u8>,
    plays: u16,
    /// The number of the next chunk of the animation.
    sequence: u32,
}

/// What an fcTL chunk says of the frame behind it.
struct Control {
    place: Place,
    size: [u8; 8],
    duration: u32,
    disposal: Disposal,
    is_blended: bool,
}

impl<'a> Patches<'a> {
    pub(in crate::decode) fn new(
        input: &'a [u8],
        info: &'a ImageInfo,
        limits: &'a Limits,
    ) -> Result<Self, Corrupt> {
        let mut rest = input.get(SIGNATURE..).ok_or(Corrupt::Truncated)?;
        let (_, header) = checked(&mut rest)?;
        let header = header.first_chunk().ok_or(Corrupt::Truncated)?;
        let (mut shared, mut plays) = (Vec::new(), 0);
        let rest = loop {
            let before = rest;
            let (name, data) = checked(&mut rest)?;
            match &name {
                b"IDAT" | b"fcTL" | b"fdAT" | b"IEND" => break before,
                b"acTL" => {
                    let count = data.get(4..).and_then(<[u8]>::first_chunk).ok_or(Corrupt::Truncated)?;
                    plays = u16::try_from(u32::from_be_bytes(*count)).unwrap_or(u16::MAX);
                }
                b"PLTE" | b"tRNS" | b"cICP" | b"iCCP" | b"sRGB" | b"gAMA" | b"cHRM" => {
                    shared.extend_from_slice(&before[..before.len() - rest.len()]);
                }
                _ => {}
            }
        };
        Ok(Self { info, limits, rest, header, shared, plays, sequence: 0 })
    }

    pub(in crate::decode) fn plays(&self) -> u16 {
        self.plays
    }

    pub(in crate::decode) fn next(&mut self) -> Result<Option<Patch>, Error> {
        loop {
            let (name, data) = checked(&mut self.rest)?;
            match &name {
                b"fcTL" => {
                    self.count(data)?;
                    let control = Control::read(data, self.info)?;
                    return self.frame(&control).map(Some);
                }
                b"fdAT" => return Err(Corrupt::malformed("it has data of no frame").into()),
                b"IEND" => return Ok(None),
                // A picture for those who do not know animations, or what has no part in them.
                _ => {}
            }
        }
    }

    fn frame(&mut self, control: &Control) -> Result<Patch, Error> {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        put(&mut file, b"IHDR", &[&control.size[..], &self.header[8..]].concat());
        file.extend_from_slice(&self.shared);
        let before = file.len();
        loop {
            let start = self.rest;
            let (name, data) = checked(&mut self.rest)?;
            match &name {
                b"IDAT" => put(&mut file, &name, data),
                b"fdAT" => {
                    self.count(data)?;
                    put(&mut file, b"IDAT", data.get(4..).unwrap_or_default());
                }
                b"fcTL" | b"IEND" => {
                    self.rest = start;
                    break;
                }
                _ => {}
            }
        }
        if file.len() == before {
            return Err(Corrupt::malformed("it has a frame without data").into());
        }
        put(&mut file, b"IEND", &[]);
        let Control { place, duration, disposal, is_blended, .. } = *control;
        let [width, height] = [place.width, place.height].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
        let info = ImageInfo { width, height, ..self.info.clone() };
        let raster = super::decode(&file, &info, self.limits)?;
        Ok(Patch { place, raster, is_blended, disposal, duration })
    }

    /// Checks that a chunk of the animation comes where it belongs.
    fn count(&mut self, data: &[u8]) -> Result<(), Corrupt> {
        let number = data.first_chunk().map(|number| u32::from_be_bytes(*number));
        if number != Some(self.sequence) {
            return Err(Corrupt::malformed("its frames are not in order"));
        }
        self.sequence += 1;
        Ok(())
    }
}

impl Control {
    fn read(chunk: &[u8], info: &ImageInfo) -> Result<Self, Corrupt> {
        let broken = || Corrupt::malformed("it has a frame that is none");
        let number = |at: usize| {
            let bytes = chunk.get(at..).and_then(<[u8]>::first_chunk);
            bytes.map(|bytes| u32::from_be_bytes(*bytes)).ok_or_else(broken)
        };
        let [width, height, left, top] = [number(4)?, number(8)?, number(12)?, number(16)?];
        let place = Place::within((left, top), (width, height), (info.width, info.height));
        let &[n1, n0, d1, d0, disposal, blending] =
            chunk.get(20..26).and_then(<[u8]>::first_chunk).ok_or_else(broken)?;
        let disposal = match disposal {
            0 => Disposal::Stay,
            1 => Disposal::Clear,
            2 => Disposal::Restore,
            _ => return Err(broken()),
        };
        let place = place.filter(|_| blending <= 1).ok_or_else(broken)?;
        Ok(Self {
            place,
            size: *chunk.get(4..).and_then(<[u8]>::first_chunk).ok_or_else(broken)?,
            duration: milliseconds(u16::from_be_bytes([n1, n0]), u16::from_be_bytes([d1, d0])),
            disposal,
            is_blended: blending == 1,
        })
    }
}

/// A fraction of a second to the nearest millisecond; a denominator of 0 is one of 100 (11.3.6.2).
fn milliseconds(numerator: u16, denominator: u16) -> u32 {
    let denominator = if denominator == 0 { 100 } else { u32::from(denominator) };
    (u32::from(numerator) * 1000 + denominator / 2) / denominator
}

/// As [`next`], and of what the frames are made of the checksum too, which a decoder looks at only where it decodes.
fn checked<'a>(rest: &mut &'a [u8]) -> Result<([u8; 4], &'a [u8]), Corrupt> {
    let before = *rest;
    let (name, data) = next(rest)?;
    let stated = before.get(8 + data.len()..).and_then(<[u8]>::first_chunk).ok_or(Corrupt::Truncated)?;
    let matters = name[0].is_ascii_uppercase() || matches!(&name, b"acTL" | b"fcTL" | b"fdAT");
    if matters && u32::from_be_bytes(*stated) != crc(name, data) {
        return Err(Corrupt::malformed("a checksum is wrong"));
    }
    Ok((name, data))
}

fn crc(name: [u8; 4], data: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(&name);
    crc.update(data);
    crc.sum()
}

fn put(file: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    file.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    file.extend_from_slice(name);
    file.extend_from_slice(data);
    file.extend_from_slice(&crc(*name, data).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_to_the_nearest_millisecond() {
        for (numerator, denominator, expected) in
            [(1, 10, 100), (1, 0, 10), (0, 5, 0), (1, 3, 333), (2, 3, 667), (65_535, 1, 65_535_000)]
        {
            assert_eq!(milliseconds(numerator, denominator), expected);
        }
    }
}
