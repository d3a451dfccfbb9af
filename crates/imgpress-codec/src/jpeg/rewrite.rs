//! Writing a JPEG's segments anew.

use std::borrow::Cow;

use imgpress_jpeg::Segment;

use super::file::{APP0, APP1, APP2, APP14, ICC_PREFIX, JpegFile};
use crate::{Orientation, exif};

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const DQT: u8 = 0xdb;
const DRI: u8 = 0xdd;

impl JpegFile<'_> {
    /// The same picture, every coefficient as it was, without anything that is no part of it: of the
    /// application segments stay a bare JFIF header, the Adobe marker, a colour profile that can be used and,
    /// where the picture is to be turned, the orientation. Nothing follows the end marker.
    ///
    /// A file that has nothing else to begin with comes out as it was, byte by byte.
    pub(crate) fn stripped(&self) -> Vec<u8> {
        let mut application = self.kept_application_data();
        self.write(|segment| match segment.marker {
            // Frame headers and Huffman tables; the arithmetic ones of this range are refused before.
            0xc0..=0xcf | DQT | DRI | SOS => Some(segment.payload.into()),
            _ => application(segment),
        })
    }

    /// What stays of each segment of application data, asked for in their order.
    pub(crate) fn kept_application_data<'b>(
        &self,
    ) -> impl FnMut(&Segment<'b>) -> Option<Cow<'b, [u8]>> + use<'b> {
        let has_icc = self.icc().is_some();
        let mut orientation = Some(self.orientation()).filter(|&turned| turned != Orientation::AS_STORED);
        move |&Segment { marker, payload, .. }| match marker {
            APP0 if payload.starts_with(b"JFIF\0") => bare_jfif(payload),
            APP1 if payload.starts_with(exif::PREFIX) => {
                orientation.take().map(|turned| exif::orientation_only(turned).into())
            }
            APP2 if has_icc && payload.starts_with(ICC_PREFIX) => Some(payload.into()),
            APP14 if payload.starts_with(b"Adobe") => payload.get(..12).map(Cow::Borrowed),
            _ => None,
        }
    }

    fn write<'b>(&'b self, mut keep: impl FnMut(&Segment<'b>) -> Option<Cow<'b, [u8]>>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.length + 2);
        bytes.extend_from_slice(&[0xff, SOI]);
        for segment in self.segments() {
            let Some(payload) = keep(segment) else {
                continue;
            };
            let Ok(length) = u16::try_from(payload.len() + 2) else {
                continue;
            };
            bytes.extend_from_slice(&[0xff, segment.marker]);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(&payload);
            bytes.extend_from_slice(segment.entropy);
        }
        bytes.extend_from_slice(&[0xff, EOI]);
        bytes
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
