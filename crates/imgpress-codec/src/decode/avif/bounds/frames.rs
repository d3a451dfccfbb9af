//! Where the frames of a sequence are (ISO/IEC 14496-12, 8.6 and 8.7): tables that it takes a few bytes to say millions in.

use super::{Bounds, broken, ends};
use crate::Error;
use crate::container::boxes::Reader;
use crate::error::TooLarge;

/// Tables of as many entries as there may be frames: a track has four.
const MOST_TABLES: usize = 16;

impl Bounds {
    /// One of entries of so many bytes, of which there are no more than frames.
    pub(super) fn table(&mut self, content: &[u8], entry: usize) -> Result<(), Error> {
        let mut reader = Reader(content);
        reader.version()?;
        let count = self.frames(&mut reader)?;
        reader.bytes(count.saturating_mul(entry))?;
        ends(&reader)
    }

    /// stsc: from which chunk on so many frames are in one.
    pub(super) fn chunks(&mut self, stsc: &[u8]) -> Result<(), Error> {
        self.table(stsc, 12)?;
        let first = |entry: &[u8]| entry.first_chunk().map(|first| u32::from_be_bytes(*first));
        let entries = stsc.get(8..).unwrap_or_default().chunks_exact(12);
        // The parser goes from one to the next through all chunks between them.
        if entries.map(first).is_sorted_by(|one, next| one < next) { Ok(()) } else { Err(broken()) }
    }

    /// stsz: one size for all, or one each.
    pub(super) fn sizes(&mut self, stsz: &[u8]) -> Result<(), Error> {
        let mut reader = Reader(stsz);
        reader.version()?;
        let size = reader.u32()?;
        let count = self.frames(&mut reader)?;
        reader.bytes(if size == 0 { count.saturating_mul(4) } else { 0 })?;
        ends(&reader)
    }

    fn frames(&mut self, reader: &mut Reader<'_>) -> Result<usize, Error> {
        let count = reader.u32()?;
        if count > self.max_frames {
            return Err(TooLarge::Frames { limit: self.max_frames }.into());
        }
        self.frames += count as usize;
        if self.frames > MOST_TABLES * self.max_frames as usize {
            return Err(broken());
        }
        Ok(count as usize)
    }
}
