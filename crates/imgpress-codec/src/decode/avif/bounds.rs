//! How much the boxes of a file say. The parser makes lists of it all, copies each property for each item that has it, and
//! goes through the properties once for each reference: none of that is limited there, nor can it be stopped.
//!
//! Boxes count by their names, wherever they are, and those that it would not read to their end are refused: it goes on
//! with what is left of them as if that were boxes.

mod frames;

use crate::container::boxes::Reader;
use crate::error::Corrupt;
use crate::{Error, Limits};

/// Boxes of a file: a grid of 256 tiles with an alpha each has some 800.
const MOST_BOXES: usize = 4_000;
/// Boxes in one another: moov, trak, mdia, minf, stbl, stsd, av01 and one in that.
const MOST_LEVELS: u8 = 8;
/// Bytes of the box ftyp.
const MOST_NAMES: usize = 1_024;
/// References of items to one another, and which of them have which properties. The parser takes as many steps as the
/// product of both.
const MOST_STATEMENTS: usize = 4_000;
/// Parts of all items. One each is what there is.
const MOST_PARTS: usize = 4_000;
/// How often the bytes of a file may be in items that are put together from parts, which the layers of a picture share.
const MOST_SHARED: u64 = 16;
/// Bytes of all properties but colour profiles: some 100 are usual, a description of the picture has some more.
const MOST_DESCRIBED: usize = 256 * 1_024;
/// Bytes of properties, each as often as items have it. A profile of 500 kB, the largest that is usual, in a picture of 25
/// tiles with four more properties.
const MOST_COPIED: usize = 64 * 1_024 * 1_024;

/// # Errors
/// What is wrong with the boxes that the parser would read, or too much.
pub(super) fn check(file: &[u8], limits: &Limits) -> Result<(), Error> {
    let mut bounds = Bounds { length: file.len() as u64, max_frames: limits.max_frames, ..Bounds::default() };
    bounds.walk(file, MOST_LEVELS)
}

#[derive(Default)]
struct Bounds {
    /// Bytes of the file.
    length: u64,
    max_frames: u32,
    boxes: usize,
    references: usize,
    associations: usize,
    parts: usize,
    /// Bytes of items that are in several parts.
    joined: u64,
    described: usize,
    profiles: usize,
    frames: usize,
}

impl Bounds {
    /// What is too short for a box ends them: some writers put four zeros there.
    fn walk(&mut self, boxes: &[u8], levels: u8) -> Result<(), Error> {
        let mut reader = Reader(boxes);
        while reader.0.len() >= 8 {
            let (kind, content) = reader.next_box()?;
            self.boxes += 1;
            self.check()?;
            let levels = levels.checked_sub(1).ok_or_else(|| Corrupt::malformed("it has too many levels"))?;
            self.add(kind, content, levels)?;
        }
        Ok(())
    }

    fn add(&mut self, kind: [u8; 4], content: &[u8], levels: u8) -> Result<(), Error> {
        let behind = |header: usize| content.get(header..).unwrap_or_default();
        match &kind {
            b"ftyp" if content.len() > MOST_NAMES => Err(Corrupt::malformed("it has too many names").into()),
            b"moov" | b"trak" | b"edts" | b"mdia" | b"minf" | b"stbl" | b"iprp" => self.walk(content, levels),
            b"meta" => self.walk(behind(4), levels),
            b"stsd" => self.walk(behind(8), levels),
            b"av01" => self.walk(behind(78), levels),
            b"iinf" => self.walk(behind(if content.first() == Some(&0) { 6 } else { 8 }), levels),
            b"grpl" | b"tref" => {
                self.references += content.len() / 4;
                self.walk(content, levels)
            }
            b"ipco" => self.properties(content, levels),
            b"iloc" => self.places(content),
            b"iref" => self.references(content),
            b"ipma" => self.associations(content),
            b"stts" => self.table(content, 8),
            b"stsc" => self.chunks(content),
            b"stco" => self.table(content, 4),
            b"co64" => self.table(content, 8),
            b"stsz" => self.sizes(content),
            _ => Ok(()),
        }?;
        self.check()
    }

    fn check(&self) -> Result<(), Error> {
        let statements = self.references.max(self.associations);
        let copied = self.associations.saturating_mul(self.profiles + self.described);
        let wrong = if self.boxes > MOST_BOXES {
            "it has too many boxes"
        } else if statements > MOST_STATEMENTS {
            "it says too much of its items"
        } else if self.parts > MOST_PARTS {
            "it says too often where a part of it is"
        } else if self.joined > self.length.saturating_mul(MOST_SHARED) {
            "its parts are larger than the file"
        } else if self.described > MOST_DESCRIBED || copied > MOST_COPIED {
            "its properties are too large"
        } else {
            return Ok(());
        };
        Err(Corrupt::malformed(wrong).into())
    }

    fn properties(&mut self, ipco: &[u8], levels: u8) -> Result<(), Error> {
        // Ahead of the sum, for it ends where there are too many.
        self.walk(ipco, levels)?;
        let mut reader = Reader(ipco);
        while let Ok((kind, content)) = reader.next_box() {
            *(if &kind == b"colr" { &mut self.profiles } else { &mut self.described }) += content.len();
        }
        Ok(())
    }

    fn places(&mut self, iloc: &[u8]) -> Result<(), Error> {
        let mut reader = Reader(iloc);
        let (version, _) = reader.version()?;
        let [sizes, more] = reader.u16()?.to_be_bytes();
        let (offset, length, base) = (sizes >> 4, sizes & 15, more >> 4);
        let index = if version > 0 { more & 15 } else { 0 };
        for _ in 0..reader.id(version > 1)? {
            reader.id(version > 1)?;
            // How it is stored, and in which file.
            reader.bytes(if version > 0 { 4 } else { 2 })?;
            let base = reader.number(base)?;
            let parts = usize::from(reader.u16()?);
            self.parts += parts;
            self.check()?;
            let mut joined = 0_u64;
            for _ in 0..parts {
                reader.number(index)?;
                let start = base.saturating_add(reader.number(offset)?);
                let length = match reader.number(length)? {
                    // To the end.
                    0 => self.length.saturating_sub(start),
                    length => length,
                };
                joined = joined.saturating_add(length);
            }
            if parts > 1 {
                // Each of them is there whole.
                self.joined =
                    self.joined.saturating_add(if joined > self.length { u64::MAX } else { joined });
            }
        }
        Ok(())
    }

    fn references(&mut self, iref: &[u8]) -> Result<(), Error> {
        let mut reader = Reader(iref);
        let (version, _) = reader.version()?;
        let bytes = if version > 0 { 4 } else { 2 };
        while reader.0.len() >= 8 {
            let (_, content) = reader.next_box()?;
            self.boxes += 1;
            self.references += content.len().saturating_sub(bytes + 2) / bytes;
            self.check()?;
        }
        Ok(())
    }

    fn associations(&mut self, ipma: &[u8]) -> Result<(), Error> {
        let mut reader = Reader(ipma);
        let (version, flags) = reader.version()?;
        for _ in 0..reader.u32()? {
            reader.id(version > 0)?;
            let count = usize::from(reader.u8()?);
            reader.bytes(if flags & 1 == 1 { 2 * count } else { count })?;
            self.associations += count;
            self.check()?;
        }
        ends(&reader)
    }
}

fn ends(reader: &Reader<'_>) -> Result<(), Error> {
    if reader.is_empty() { Ok(()) } else { Err(broken()) }
}

fn broken() -> Error {
    Corrupt::malformed("a table of it makes no sense").into()
}
