use std::ops::Range;

use super::frame::{ColorCoding, Frame, Scan};
use crate::error::{Corrupt, TooLarge};
use crate::raster::MAX_ICC;
use crate::{Error, Limits, Orientation, exif};

pub(crate) const SOI: u8 = 0xd8;
pub(crate) const EOI: u8 = 0xd9;
pub(crate) const SOS: u8 = 0xda;
pub(crate) const DQT: u8 = 0xdb;
pub(crate) const DHT: u8 = 0xc4;
pub(crate) const DRI: u8 = 0xdd;
pub(crate) const APP0: u8 = 0xe0;
pub(crate) const APP1: u8 = 0xe1;
pub(crate) const APP2: u8 = 0xe2;
pub(crate) const APP14: u8 = 0xee;

/// Start of an APP2 segment that holds a part of a colour profile (ICC.1:2022, B.4); its number and the count of
/// parts follow.
pub(crate) const ICC_PREFIX: &[u8] = b"ICC_PROFILE\0";

/// Most segments of a file. A profile of 4 MB needs 65; extended XMP has been seen with a few hundred.
const MAX_SEGMENTS: usize = 4096;

/// The segments of a JPEG file, up to its end marker, or to the file's end: complete pictures without an end
/// marker are common enough to be taken. Nothing after the marker is looked at.
pub(crate) struct JpegFile<'a> {
    pub(crate) input: &'a [u8],
    pub(crate) segments: Vec<Segment>,
    pub(crate) frame: Frame,
}

/// One marker segment, and after a scan's header its entropy-coded data.
pub(crate) struct Segment {
    pub(crate) marker: u8,
    /// What follows the length field.
    pub(crate) payload: Range<usize>,
    /// The entropy-coded data with its restart markers; empty for all but [`SOS`].
    pub(crate) entropy: Range<usize>,
}

impl<'a> JpegFile<'a> {
    /// Reads the segments and the frame header.
    ///
    /// # Errors
    /// The file ends before its first scan, has a coding that is not decoded here, or too many scans.
    pub(crate) fn parse(input: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        let mut reader = SegmentReader { input, at: 2 };
        let (mut segments, mut frame, mut scans) = (Vec::new(), None, 0);
        while let Some(marker) = reader.next_marker()? {
            if marker == EOI {
                break;
            }
            let segment = reader.segment(marker)?;
            match marker {
                SOS => scans += 1,
                SOI => return Err(Corrupt::malformed("a second image starts inside the first").into()),
                _ if Frame::is_frame_header(marker) => {
                    let earlier = frame.replace(Frame::parse(marker, &input[segment.payload.clone()])?);
                    if earlier.is_some() {
                        return Err(Corrupt::malformed("it has two frame headers").into());
                    }
                }
                _ => {}
            }
            if scans > limits.max_scans {
                return Err(TooLarge::Scans { limit: limits.max_scans }.into());
            }
            if segments.len() == MAX_SEGMENTS {
                return Err(Corrupt::malformed("it has too many segments").into());
            }
            segments.push(segment);
        }
        let frame = frame.filter(|_| scans > 0).ok_or(Corrupt::Truncated)?;
        Ok(Self { input, segments, frame })
    }

    /// How many scans there are.
    pub(crate) fn scans(&self) -> usize {
        self.segments.iter().filter(|segment| segment.marker == SOS).count()
    }

    pub(crate) fn payload(&self, segment: &Segment) -> &'a [u8] {
        &self.input[segment.payload.clone()]
    }

    pub(crate) fn scan(&self, segment: &Segment) -> Result<Scan, Corrupt> {
        Scan::parse(self.payload(segment), &self.frame)
    }

    fn payloads(&self, marker: u8) -> impl Iterator<Item = &'a [u8]> {
        self.segments
            .iter()
            .filter(move |segment| segment.marker == marker)
            .map(|segment| self.payload(segment))
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
        self.frame.color_coding(transform, self.payloads(APP0).any(|payload| payload.starts_with(b"JFIF\0")))
    }

    /// The quantisation table of each component, in the file's (zigzag) order.
    pub(crate) fn quantisation(&self) -> Option<Vec<[u16; 64]>> {
        let mut tables = [None; 4];
        for mut rest in self.payloads(DQT) {
            while let Some((&head, values)) = rest.split_first() {
                let wide = head >> 4 != 0;
                let size = if wide { 128 } else { 64 };
                let (values, after) = values.split_at_checked(size)?;
                let value = |at: usize| {
                    if wide {
                        u16::from_be_bytes([values[at * 2], values[at * 2 + 1]])
                    } else {
                        values[at].into()
                    }
                };
                *tables.get_mut(usize::from(head & 15))? = Some(std::array::from_fn(value));
                rest = after;
            }
        }
        self.frame.components.iter().map(|component| *tables.get(usize::from(component.table))?).collect()
    }
}

struct SegmentReader<'a> {
    input: &'a [u8],
    at: usize,
}

impl SegmentReader<'_> {
    /// Finds the next marker, over fill bytes and stray bytes as libjpeg does; `None` at the end of the file.
    fn next_marker(&mut self) -> Result<Option<u8>, Corrupt> {
        while let Some(&byte) = self.input.get(self.at) {
            let marker = self.input.get(self.at + 1).copied();
            self.at += 1;
            match marker {
                Some(marker @ 0xc0..=0xfe) if byte == 0xff && !matches!(marker, 0xd0..=0xd7) => {
                    self.at += 1;
                    return Ok(Some(marker));
                }
                _ => {}
            }
        }
        Ok(None)
    }

    fn segment(&mut self, marker: u8) -> Result<Segment, Corrupt> {
        if marker == SOI {
            return Ok(Segment { marker, payload: self.at..self.at, entropy: self.at..self.at });
        }
        let length = self.input.get(self.at..).and_then(<[u8]>::first_chunk).ok_or(Corrupt::Truncated)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length < 2 {
            return Err(Corrupt::malformed("a segment is shorter than its length field"));
        }
        let payload = self.at + 2..self.at + length;
        if payload.end > self.input.len() {
            return Err(Corrupt::Truncated);
        }
        self.at = payload.end;
        let entropy = if marker == SOS { self.entropy() } else { self.at..self.at };
        Ok(Segment { marker, payload, entropy })
    }

    /// Everything up to the next marker that is no restart marker.
    fn entropy(&mut self) -> Range<usize> {
        let start = self.at;
        while let Some(found) = self.input[self.at..].iter().position(|&byte| byte == 0xff) {
            self.at += found;
            match self.input.get(self.at + 1) {
                Some(0 | 0xd0..=0xd7) => self.at += 2,
                Some(0xff) => self.at += 1,
                _ => return start..self.at,
            }
        }
        self.at = self.input.len();
        start..self.at
    }
}
