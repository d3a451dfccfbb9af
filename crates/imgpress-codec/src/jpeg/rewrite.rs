//! Writing a JPEG's segments anew.

use std::borrow::Cow;
use std::iter::Peekable;

use imgpress_jpeg::Segment;

use super::around::Around;
#[cfg(feature = "jxl")]
use super::around::{icc_segments, put_behind_jfif};
#[cfg(feature = "jxl")]
use super::file::APP2;
use super::file::JpegFile;
use super::tables::{self, DHT};
use crate::metadata::Carried;

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
pub(super) const SOS: u8 = 0xda;
pub(super) const DQT: u8 = 0xdb;
const DRI: u8 = 0xdd;

/// The bytes of the markers that a file begins and ends with, and of a segment's marker and length.
const ENDS: usize = 4;
const HEADER: usize = 4;

impl JpegFile<'_> {
    /// The same picture, every coefficient as it was, without anything that is no part of it but what is
    /// [around](Self::around) it: tables that no scan uses are none. Nothing follows the end marker.
    ///
    /// A file that has nothing else to begin with, and its profile in parts as long as can be, comes out as it was, byte by
    /// byte.
    pub(crate) fn kept(&self, carried: &Carried) -> Vec<u8> {
        let file = self.written(&mut self.around(carried).into_iter().peekable());
        debug_assert_eq!(file.len(), self.kept_length(carried), "both write the same parts");
        file
    }

    /// How many bytes the file that is [kept](Self::kept) has.
    pub(crate) fn kept_length(&self, carried: &Carried) -> usize {
        let mut length = ENDS;
        self.parts(&mut self.around(carried).into_iter().peekable(), |_, payload, entropy| {
            length += HEADER + payload.len() + entropy.len();
        });
        length
    }

    /// The same without any metadata, and with this profile in the place of its own.
    ///
    /// A file that has neither comes out as it was, byte by byte.
    #[cfg(feature = "jxl")]
    pub(crate) fn bare(&self, profile: Option<&[u8]>) -> Vec<u8> {
        let nothing = Carried::default();
        let mut around = self.around(&nothing).into_iter().filter(|part| part.marker != APP2).peekable();
        let mut file = self.written(&mut around);
        let profile = profile.map(icc_segments).unwrap_or_default();
        put_behind_jfif(&mut file, profile.iter().map(|payload| (APP2, payload.as_slice())));
        file
    }

    fn written<'b>(&'b self, around: &mut Peekable<impl Iterator<Item = Around<'b>>>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.input.len() + 2);
        bytes.extend_from_slice(&[0xff, SOI]);
        self.parts(around, |[marker, length @ ..], payload, entropy| {
            bytes.extend_from_slice(&[0xff, marker]);
            bytes.extend_from_slice(&length);
            bytes.extend_from_slice(payload);
            bytes.extend_from_slice(entropy);
        });
        bytes.extend_from_slice(&[0xff, EOI]);
        bytes
    }

    /// What is written between the file's ends: of each segment its marker and length, its payload, and the entropy-coded
    /// data behind it.
    fn parts<'b>(
        &'b self,
        around: &mut Peekable<impl Iterator<Item = Around<'b>>>,
        mut put: impl FnMut([u8; 3], &[u8], &[u8]),
    ) {
        let payloads = tables::used(self.segments()).into_iter();
        let segments = self.segments().iter().zip(payloads).enumerate();
        for (at, (&Segment { marker, payload, entropy, .. }, used)) in segments {
            let part = match marker {
                DHT | DQT => Some((marker, used)).filter(|(_, used)| !used.is_empty()),
                // Frame headers; what is arithmetic of this range is refused before.
                0xc0..=0xcf | DRI => Some((marker, used)),
                SOS => Some((marker, self.scan_header(payload))),
                _ => around
                    .next_if(|segment| segment.at == at)
                    .map(|segment| (segment.marker, segment.payload)),
            };
            let Some((marker, payload)) = part else { continue };
            let Ok(length) = u16::try_from(payload.len() + 2) else { continue };
            let [high, low] = length.to_be_bytes();
            put([marker, high, low], &payload, entropy);
        }
    }

    /// What a scan's header ends with means nothing in a sequential file, and we do not look at it. Other decoders
    /// refuse what should not be there: it is put right.
    fn scan_header<'b>(&self, payload: &'b [u8]) -> Cow<'b, [u8]> {
        const WHOLE: [u8; 3] = [0, 63, 0];
        match payload.split_last_chunk() {
            Some((components, end)) if !self.decoder().is_progressive() && *end != WHOLE => {
                [components, &WHOLE].concat().into()
            }
            _ => payload.into(),
        }
    }
}
