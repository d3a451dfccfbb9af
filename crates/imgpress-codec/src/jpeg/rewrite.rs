//! Writing a JPEG's segments anew.

use std::borrow::Cow;

use super::frame::ColorCoding;
use super::frame::Frame;
use super::segment::{APP0, APP1, APP2, APP14, DHT, DQT, DRI, EOI, ICC_PREFIX, JpegFile, SOI, SOS, Segment};
use crate::error::Corrupt;
use crate::{Orientation, exif};

impl JpegFile<'_> {
    /// The same picture, every coefficient as it was, without anything that is no part of it: of the
    /// application segments stay a bare JFIF header, the Adobe marker, a colour profile that can be used and,
    /// where the picture is to be turned, the orientation. Nothing follows the end marker.
    ///
    /// A file that has nothing else to begin with comes out as it was, byte by byte.
    pub(crate) fn stripped(&self) -> Vec<u8> {
        let has_icc = self.icc().is_some();
        let mut orientation = Some(self.orientation()).filter(|&turned| turned != Orientation::AS_STORED);
        self.write(|segment, payload| match segment.marker {
            APP0 if payload.starts_with(b"JFIF\0") => bare_jfif(payload),
            APP1 if payload.starts_with(exif::PREFIX) => {
                orientation.take().map(|turned| exif::orientation_only(turned).into())
            }
            APP2 if has_icc && payload.starts_with(ICC_PREFIX) => Some(payload.into()),
            APP14 if payload.starts_with(b"Adobe") => payload.get(..12).map(Cow::Borrowed),
            DQT | DHT | DRI | SOS => Some(payload.into()),
            marker if Frame::is_frame_header(marker) => Some(payload.into()),
            _ => None,
        })
    }

    /// The same data in a form that the decoder understands one way only: no application segment, components
    /// numbered so that it leaves the colours alone unless they are YCbCr, and an end marker always.
    ///
    /// # Errors
    /// A scan header contradicts the frame header.
    pub(crate) fn for_decoder(&self) -> Result<Vec<u8>, Corrupt> {
        let names: &[u8; 4] = if self.color_coding() == ColorCoding::Rgb { b"RGB\0" } else { &[1, 2, 3, 4] };
        let scans = self.segments.iter().filter(|segment| segment.marker == SOS);
        scans.map(|segment| self.scan(segment)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.write(|segment, payload| match segment.marker {
            DQT | DHT | DRI => Some(payload.into()),
            SOS => Some(self.renamed_scan(payload, names).into()),
            marker if Frame::is_frame_header(marker) => Some(self.renamed_frame(payload, names).into()),
            _ => None,
        }))
    }

    fn write<'b>(&'b self, mut keep: impl FnMut(&Segment, &'b [u8]) -> Option<Cow<'b, [u8]>>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.input.len() + 2);
        bytes.extend_from_slice(&[0xff, SOI]);
        for segment in &self.segments {
            let Some(payload) = keep(segment, &self.input[segment.payload.clone()]) else {
                continue;
            };
            let Ok(length) = u16::try_from(payload.len() + 2) else {
                continue;
            };
            bytes.extend_from_slice(&[0xff, segment.marker]);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(&payload);
            bytes.extend_from_slice(&self.input[segment.entropy.clone()]);
        }
        bytes.extend_from_slice(&[0xff, EOI]);
        bytes
    }

    fn renamed_frame(&self, payload: &[u8], names: &[u8; 4]) -> Vec<u8> {
        let mut payload = payload.to_vec();
        let alone = self.frame.components.len() == 1;
        for (component, name) in payload[6..].as_chunks_mut::<3>().0.iter_mut().zip(names) {
            component[0] = *name;
            // The sampling of a lone component means nothing (T.81, A.2.2), but decoders stumble over it.
            component[1] = if alone { 0x11 } else { component[1] };
        }
        payload
    }

    fn renamed_scan(&self, payload: &[u8], names: &[u8; 4]) -> Vec<u8> {
        let mut payload = payload.to_vec();
        let count = payload.first().copied().map_or(0, usize::from);
        for component in payload[1..=count * 2].as_chunks_mut::<2>().0 {
            let index = self.frame.components.iter().position(|known| known.id == component[0]);
            component[0] = index.and_then(|index| names.get(index)).copied().unwrap_or(component[0]);
        }
        payload
    }
}

/// A JFIF header without its thumbnail (JFIF 1.02: 14 bytes, the last two of which are the thumbnail's size).
fn bare_jfif(payload: &[u8]) -> Option<Cow<'_, [u8]>> {
    match payload.get(..14)? {
        bare @ [.., 0, 0] => Some(bare.into()),
        [start @ .., _, _] => Some([start, &[0, 0]].concat().into()),
        _ => None,
    }
}
