//! What stands around the picture: found, and chosen anew.

use std::borrow::Cow;

use super::file::{APP0, APP1, APP2, APP14, ICC_PREFIX, JpegFile};
use crate::colors::Colors;
use crate::exif;
use crate::metadata::{self, iptc};
use crate::metadata::{Carried, Found, Note, Removed, Report, xmp};

const APP13: u8 = 0xed;
const COM: u8 = 0xfe;
const EOI: u8 = 0xd9;

/// A segment that is to stand around the picture.
pub(crate) struct Around<'s> {
    /// The number of the input's segment whose place it takes.
    pub(crate) at: usize,
    pub(crate) marker: u8,
    pub(crate) payload: Cow<'s, [u8]>,
}

impl<'a> JpegFile<'a> {
    /// What stays around the picture, in the order of the input: a bare JFIF header, the Adobe marker, the colour
    /// profile if it can be used, and what is carried, each where its like was.
    pub(crate) fn around<'s>(&'s self, carried: &'s Carried) -> Vec<Around<'s>> {
        // Its parts are as long as can be, so that there is a place for each.
        let mut icc = match self.colors() {
            Colors::Icc(icc) => icc_segments(&icc.bytes),
            _ => Vec::new(),
        }
        .into_iter();
        let exif_at = self.exif_at();
        let (mut xmp, mut iptc) = (carried.xmp.as_deref(), carried.iptc.as_deref());
        let segments = self.segments().iter().enumerate();
        let staying = segments.filter_map(|(at, segment)| {
            let payload = segment.payload;
            let payload = match segment.marker {
                APP0 if payload.starts_with(b"JFIF\0") => bare_jfif(payload),
                APP1 if Some(at) == exif_at => carried.exif.as_deref().map(Cow::Borrowed),
                APP1 if payload.starts_with(xmp::PREFIX) => xmp.take().map(Cow::Borrowed),
                APP2 if payload.starts_with(ICC_PREFIX) => icc.next().map(Cow::Owned),
                APP13 if payload.starts_with(iptc::PREFIX) => iptc.take().map(Cow::Borrowed),
                APP14 if payload.starts_with(b"Adobe") => payload.get(..12).map(Cow::Borrowed),
                _ => None,
            };
            payload.map(|payload| Around { at, marker: segment.marker, payload })
        });
        staying.collect()
    }

    /// What the file carries beside its picture.
    pub(crate) fn metadata(&self) -> Found<'a> {
        let exif_at = self.exif_at();
        let mut found = Found::default();
        let mut photoshop = Vec::new();
        for (at, segment) in self.segments().iter().enumerate() {
            let payload = segment.payload;
            match segment.marker {
                APP1 if Some(at) == exif_at => found.exif = payload.strip_prefix(exif::PREFIX).map(Cow::from),
                APP1 => further_app1(payload, &mut found),
                APP13 if let Some(resources) = payload.strip_prefix(iptc::PREFIX) => {
                    if photoshop.len() <= metadata::MAX_SOURCE {
                        photoshop.extend_from_slice(resources);
                    }
                }
                marker => drop_segment(marker, payload, &mut found.dropped),
            }
        }
        found.take_resources(&photoshop);
        found.dropped.removes_if(self.has_trailing_data(), Removed::TrailingData);
        found
    }

    /// What the colours are, as the file says.
    pub(crate) fn colors(&self) -> Colors {
        let icc = self.icc();
        let parts = self.segments().iter().filter(|segment| segment.marker == APP2);
        let broken = icc.is_none() && parts.into_iter().any(|part| part.payload.starts_with(ICC_PREFIX));
        if broken { Colors::Unusable } else { Colors::of_icc(icc) }
    }

    /// What becomes of the profile where the file is [kept](Self::kept): it stays, unless it cannot be used.
    pub(crate) fn kept_profile(&self) -> Report {
        let mut report = Report::default();
        if matches!(self.colors(), Colors::Unusable) {
            report.removes(Removed::Profile);
            report.notes(Note::ProfileUnusable);
        }
        report
    }

    /// The first EXIF segment that gives an orientation, or else the first.
    fn exif_at(&self) -> Option<usize> {
        let is_exif = |at: &usize| {
            let segment = self.segments().get(*at);
            segment.is_some_and(|segment| segment.marker == APP1 && segment.payload.starts_with(exif::PREFIX))
        };
        let all = || (0..self.segments().len()).filter(is_exif);
        let gives = |at: &usize| exif::orientation(self.segments()[*at].payload).is_some();
        all().find(gives).or_else(|| all().next())
    }

    /// Whether anything but zeros follows the end marker.
    fn has_trailing_data(&self) -> bool {
        let Some(last) = self.segments().last() else { return false };
        // Entropy-coded data stand behind their header, and are there, if empty, behind every other segment.
        let end = last.entropy.as_ptr().addr() - self.input.as_ptr().addr() + last.entropy.len();
        let rest = self.input.get(end..).unwrap_or_default();
        let marker = rest.windows(2).position(|pair| pair == [0xff, EOI]);
        marker.is_some_and(|at| rest.iter().skip(at + 2).any(|byte| *byte != 0))
    }
}

/// An APP1 segment that is not the chosen EXIF.
fn further_app1<'a>(payload: &'a [u8], found: &mut Found<'a>) {
    if let Some(packet) = payload.strip_prefix(xmp::PREFIX) {
        if found.xmp.is_none() {
            found.xmp = Some(packet.into());
        } else {
            found.dropped.removes(Removed::Xmp);
            found.dropped.removes_if(xmp::has_position(packet), Removed::Gps);
        }
    } else if payload.starts_with(xmp::EXTENSION_PREFIX) {
        let before = found.extended_xmp.unwrap_or(false);
        found.extended_xmp = Some(before || xmp::has_position(payload));
    } else {
        let block = payload.strip_prefix(exif::PREFIX);
        found.dropped.removes(if block.is_some() { Removed::Exif } else { Removed::Other });
        found.dropped.removes_if(block.is_some_and(metadata::exif::has_position), Removed::Gps);
    }
}

/// Says what goes with a segment that nothing is made of.
fn drop_segment(marker: u8, payload: &[u8], dropped: &mut Report) {
    match marker {
        APP0 if payload.starts_with(b"JFIF\0") => {
            dropped.removes_if(payload.len() > 14, Removed::Thumbnail);
        }
        APP0 if payload.starts_with(b"JFXX\0") => dropped.removes(Removed::Thumbnail),
        APP2 if payload.starts_with(ICC_PREFIX) => {}
        // CIPA DC-007.
        APP2 if payload.starts_with(b"MPF\0") => dropped.removes(Removed::SecondImage),
        APP14 if payload.starts_with(b"Adobe") => {}
        COM => dropped.removes(Removed::Comment),
        0xe0..=0xef => dropped.removes(Removed::Other),
        _ => {}
    }
}

/// Puts segments into a file that was just encoded, behind its JFIF header.
pub(crate) fn with_segments(mut encoded: Vec<u8>, carried: &Carried) -> Vec<u8> {
    let segments = [(APP1, &carried.exif), (APP1, &carried.xmp), (APP13, &carried.iptc)];
    let segments = segments.into_iter().filter_map(|(marker, payload)| Some((marker, payload.as_deref()?)));
    put_behind_jfif(&mut encoded, segments);
    encoded
}

/// Puts segments into a file, behind its JFIF header if that comes first.
pub(super) fn put_behind_jfif<'s>(file: &mut Vec<u8>, segments: impl Iterator<Item = (u8, &'s [u8])>) {
    let mut put = Vec::new();
    for (marker, payload) in segments {
        let Ok(length) = u16::try_from(payload.len() + 2) else { continue };
        put.extend_from_slice(&[0xff, marker]);
        put.extend_from_slice(&length.to_be_bytes());
        put.extend_from_slice(payload);
    }
    let header = match **file {
        [_, _, 0xff, APP0, high, low, ..] => 4 + usize::from(u16::from_be_bytes([high, low])),
        _ => 2,
    };
    file.splice(header..header, put);
}

/// A profile as payloads of APP2 (ICC.1:2022, B.4). None of one that is too long for 255 of them.
pub(crate) fn icc_segments(icc: &[u8]) -> Vec<Vec<u8>> {
    const PART: usize = 65_533 - ICC_PREFIX.len() - 2;
    let Ok(count) = u8::try_from(icc.len().div_ceil(PART)) else { return Vec::new() };
    let parts = icc.chunks(PART).zip(1..=u8::MAX);
    parts.map(|(part, number)| [ICC_PREFIX, &[number, count], part].concat()).collect()
}

/// A JFIF header without its thumbnail (JFIF 1.02: 14 bytes, the last two of which are the thumbnail's size).
fn bare_jfif(payload: &[u8]) -> Option<Cow<'_, [u8]>> {
    match payload.get(..14)? {
        bare @ [.., 0, 0] => Some(bare.into()),
        [start @ .., _, _] => Some([start, &[0, 0]].concat().into()),
        _ => None,
    }
}
