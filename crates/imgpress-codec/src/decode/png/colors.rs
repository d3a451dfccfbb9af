//! What the chunks of a PNG say of its colours.

use std::io::Read;

use flate2::read::ZlibDecoder;

use crate::colors::{Coded, Colors};
use crate::raster::MAX_ICC;

/// The chunks that say what colours are, the first of each kind. They stand before the picture's data.
#[derive(Default)]
pub(super) struct ColorChunks<'a> {
    cicp: Option<&'a [u8]>,
    icc: Option<&'a [u8]>,
    srgb: Option<&'a [u8]>,
    gamma: Option<&'a [u8]>,
    chromaticities: Option<&'a [u8]>,
    upsetting: bool,
}

impl<'a> ColorChunks<'a> {
    pub(super) fn take(&mut self, name: [u8; 4], data: &'a [u8]) {
        self.upsetting |= match (&name, data) {
            (b"cICP", sound) => !matches!(sound, [_, _, 0, 0 | 1]),
            (b"mDCV", sound) => sound.len() != 24,
            (b"cLLI", sound) => sound.len() != 8,
            _ => false,
        };
        let kind = match &name {
            b"cICP" => &mut self.cicp,
            b"iCCP" => &mut self.icc,
            b"sRGB" => &mut self.srgb,
            b"gAMA" => &mut self.gamma,
            b"cHRM" => &mut self.chromaticities,
            _ => return,
        };
        kind.get_or_insert(data);
    }

    /// Whether `png` (0.18) would refuse the file for one of these chunks, which is no reason to.
    pub(super) fn upsets_decoder(&self) -> bool {
        self.upsetting
    }

    /// Whether a chunk is of a kind that could be the reason for that.
    pub(super) fn may_upset_decoder(name: &[u8; 4]) -> bool {
        matches!(name, b"cICP" | b"mDCV" | b"cLLI")
    }

    /// What the highest of the sound chunks says, in the order of the third edition (4.3, table 2).
    pub(super) fn read(&self) -> Colors {
        if let Some(coded) = self.cicp.and_then(Coded::from_cicp) {
            return Colors::of_coded(coded);
        }
        let profile = self
            .icc
            .map(|chunk| inflate_icc(chunk).map_or(Colors::Unusable, |icc| Colors::of_icc(Some(icc))));
        let gamma = || Coded::from_gamma(self.gamma, self.chromaticities).map(Colors::of_coded);
        match profile {
            Some(icc @ Colors::Icc(_)) => icc,
            // The chunk holds a rendering intent, 0 to 3.
            _ if matches!(self.srgb, Some([0..=3])) => Colors::Srgb,
            broken_or_none => gamma().or(broken_or_none).unwrap_or(Colors::Srgb),
        }
    }
}

/// The profile of an iCCP chunk: a name, a zero, the compression method, zlib data. `None` where it is broken
/// or inflates to more than [`MAX_ICC`].
pub(crate) fn inflate_icc(chunk: &[u8]) -> Option<Vec<u8>> {
    let name = chunk.iter().position(|&byte| byte == 0)?;
    let data = chunk.get(name + 1..)?.strip_prefix(&[0])?;
    let mut profile = Vec::new();
    ZlibDecoder::new(data).take(MAX_ICC as u64 + 1).read_to_end(&mut profile).ok()?;
    (profile.len() <= MAX_ICC).then_some(profile)
}
