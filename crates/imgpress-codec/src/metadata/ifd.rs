//! Directories of TIFF 6.0, section 2, which EXIF is made of: read within bounds, and written anew.

use crate::exif::Tiff;

/// Most entries of a directory that are looked at. Those of raw developers have some hundred.
const MAX_ENTRIES: usize = 1024;

/// One entry of a directory.
pub(crate) struct Entry<'a> {
    pub(crate) tag: u16,
    /// How its values are coded, see [`size_of`].
    pub(crate) kind: u16,
    pub(crate) count: u32,
    /// Where in the block the entry stands.
    pub(crate) at: usize,
    /// Where its values stand, and they themselves; `None` where they reach past the end or are of no known kind.
    pub(crate) value: Option<(usize, &'a [u8])>,
}

/// A directory.
#[derive(Default)]
pub(crate) struct Directory<'a> {
    /// Where it starts and ends.
    pub(crate) range: (usize, usize),
    pub(crate) entries: Vec<Entry<'a>>,
    /// Where the next directory is; 0 for none.
    pub(crate) next: usize,
}

/// The directory at a place; `None` where it does not lie in the file, or is longer than any real one.
pub(crate) fn directory<'a>(tiff: &Tiff<'a>, at: usize) -> Option<Directory<'a>> {
    let count = usize::from(tiff.u16(at)?);
    if count > MAX_ENTRIES {
        return None;
    }
    let end = at.checked_add(2 + count * 12)?;
    let entries = (at + 2..end).step_by(12).map(|at| entry(tiff, at)).collect::<Option<_>>()?;
    // Some writers leave the last field away.
    let next = tiff.u32(end).unwrap_or(0);
    Some(Directory { range: (at, end), entries, next: usize::try_from(next).unwrap_or(0) })
}

/// The first directory of a file.
pub(crate) fn first<'a>(tiff: &Tiff<'a>) -> Option<Directory<'a>> {
    directory(tiff, usize::try_from(tiff.u32(4)?).ok()?)
}

impl<'a> Directory<'a> {
    pub(crate) fn get(&self, tag: u16) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }

    /// The directory that an entry of this one points to.
    pub(crate) fn below(&self, tiff: &Tiff<'a>, tag: u16) -> Option<Directory<'a>> {
        let at = self.get(tag)?.number(tiff)?;
        directory(tiff, usize::try_from(at).ok()?)
    }

    /// Where the directory or the last of its values ends.
    pub(crate) fn used_end(&self) -> usize {
        let values = self.entries.iter().filter_map(|entry| entry.value);
        values.map(|(at, value)| at + value.len()).max().unwrap_or(0).max(self.range.1 + 4)
    }
}

impl Entry<'_> {
    /// The one whole number that the entry holds.
    pub(crate) fn number(&self, tiff: &Tiff<'_>) -> Option<u32> {
        match (self.kind, self.count) {
            (SHORT, 1) => tiff.u16(self.at + 8).map(u32::from),
            (LONG | IFD, 1) => tiff.u32(self.at + 8),
            _ => None,
        }
    }
}

const SHORT: u16 = 3;
const LONG: u16 = 4;
const IFD: u16 = 13;

fn entry<'a>(tiff: &Tiff<'a>, at: usize) -> Option<Entry<'a>> {
    let (tag, kind, count) = (tiff.u16(at)?, tiff.u16(at + 2)?, tiff.u32(at + 4)?);
    let inline = at + 8;
    tiff.u32(inline)?;
    let value = size_of(kind).and_then(|size| {
        let length = usize::try_from(count).ok()?.checked_mul(size)?;
        let start = if length <= 4 { inline } else { usize::try_from(tiff.u32(inline)?).ok()? };
        Some((start, tiff.bytes.get(start..start.checked_add(length)?)?))
    });
    Some(Entry { tag, kind, count, at, value })
}

/// Bytes of one value: those of TIFF 6.0, the directory's offset (13) and the UTF-8 of EXIF 3.0 (129).
fn size_of(kind: u16) -> Option<usize> {
    match kind {
        1 | 2 | 6 | 7 | 129 => Some(1),
        SHORT | 8 => Some(2),
        LONG | 9 | 11 | IFD => Some(4),
        5 | 10 | 12 => Some(8),
        _ => None,
    }
}

/// An entry to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewEntry {
    pub(crate) tag: u16,
    pub(crate) kind: u16,
    pub(crate) count: u32,
    /// In the byte order of the block.
    pub(crate) value: Vec<u8>,
}

impl NewEntry {
    pub(crate) fn short(tag: u16, value: u16, little_endian: bool) -> Self {
        let value = if little_endian { value.to_le_bytes() } else { value.to_be_bytes() };
        Self { tag, kind: SHORT, count: 1, value: value.to_vec() }
    }

    /// As it was read; `None` where it has no values.
    pub(crate) fn of(entry: &Entry<'_>) -> Option<Self> {
        let (_, value) = entry.value.filter(|(_, value)| !value.is_empty())?;
        Some(Self { tag: entry.tag, kind: entry.kind, count: entry.count, value: value.to_vec() })
    }
}

/// Writes a file of one directory and those below it: pairs of the tag that points to one, and its entries. Empty ones
/// are left away. `None` where it would be longer than `most` bytes.
pub(crate) fn write(
    little_endian: bool,
    mut entries: Vec<NewEntry>,
    below: Vec<(u16, Vec<NewEntry>)>,
    most: usize,
) -> Option<Vec<u8>> {
    let below: Vec<_> = below.into_iter().filter(|(_, entries)| !entries.is_empty()).collect();
    let long = |number: usize| {
        let number = u32::try_from(number).ok()?;
        Some(if little_endian { number.to_le_bytes() } else { number.to_be_bytes() })
    };
    let pointer = |&(tag, _): &(u16, _)| NewEntry { tag, kind: LONG, count: 1, value: vec![0; 4] };
    entries.extend(below.iter().map(pointer));
    let mut next = HEADER + length(&entries);
    for (tag, directory) in &below {
        if let Some(pointer) = entries.iter_mut().find(|entry| entry.tag == *tag) {
            pointer.value = long(next)?.to_vec();
        }
        next += length(directory);
    }
    if next > most {
        return None;
    }
    let mut bytes = if little_endian { b"II\x2a\0\x08\0\0\0" } else { b"MM\0\x2a\0\0\0\x08" }.to_vec();
    for mut directory in std::iter::once(entries).chain(below.into_iter().map(|(_, entries)| entries)) {
        directory.sort_by_key(|entry| entry.tag);
        put(&mut bytes, &directory, little_endian)?;
    }
    Some(bytes)
}

const HEADER: usize = 8;

/// Bytes of a directory with its values. Each starts at an even place.
fn length(entries: &[NewEntry]) -> usize {
    let values = entries.iter().map(|entry| entry.value.len()).filter(|length| *length > 4);
    6 + 12 * entries.len() + values.map(|length| length.next_multiple_of(2)).sum::<usize>()
}

fn put(bytes: &mut Vec<u8>, entries: &[NewEntry], little_endian: bool) -> Option<()> {
    let short = |number: u16| if little_endian { number.to_le_bytes() } else { number.to_be_bytes() };
    let long = |number: u32| if little_endian { number.to_le_bytes() } else { number.to_be_bytes() };
    let mut at = u32::try_from(bytes.len() + 6 + 12 * entries.len()).ok()?;
    bytes.extend(short(u16::try_from(entries.len()).ok()?));
    for entry in entries {
        bytes.extend(short(entry.tag).into_iter().chain(short(entry.kind)).chain(long(entry.count)));
        if entry.value.len() <= 4 {
            bytes.extend(entry.value.iter().copied().chain([0; 4]).take(4));
        } else {
            bytes.extend(long(at));
            at = at.checked_add(u32::try_from(entry.value.len().next_multiple_of(2)).ok()?)?;
        }
    }
    bytes.extend([0; 4]);
    for entry in entries.iter().filter(|entry| entry.value.len() > 4) {
        bytes.extend_from_slice(&entry.value);
        bytes.resize(bytes.len().next_multiple_of(2), 0);
    }
    Some(())
}
