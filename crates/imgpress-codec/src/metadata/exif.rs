//! What an EXIF block (CIPA DC-008, Exif 3.0) holds, and what becomes of it. The tags are named as that standard names
//! them, in lower case.

use super::ifd::{self, Directory, Entry, NewEntry};
use super::{MAX_BLOCK, Shape};
use crate::Orientation;
use crate::exif::{self, Tiff};
use crate::options::{MetadataKind, MetadataKinds};

const IMAGE_WIDTH: u16 = 0x0100;
const IMAGE_LENGTH: u16 = 0x0101;
const ORIENTATION: u16 = 0x0112;
const ARTIST: u16 = 0x013b;
const COPYRIGHT: u16 = 0x8298;
const EXIF: u16 = 0x8769;
const GPS: u16 = 0x8825;
const MAKER_NOTE: u16 = 0x927c;
const PIXEL_X: u16 = 0xa002;
const PIXEL_Y: u16 = 0xa003;
const INTEROPERABILITY: u16 = 0xa005;
const GPS_VERSION: u16 = 0;

/// When the picture was taken and when it was digitised, with the hours from Greenwich and the fractions of a second.
const OF_CREATION: [u16; 6] = [0x9003, 0x9004, 0x9011, 0x9012, 0x9291, 0x9292];

/// Tags of a thumbnail's data: where its JPEG or its strips are, and how long.
const DATA: [(u16, u16); 2] = [(0x0201, 0x0202), (0x0111, 0x0117)];

/// What a TIFF says of its making in its own directory: title, maker, model, resolution and its unit, software, date,
/// host. All else there describes its pixels.
const OF_MAKING: [u16; 10] = [0x010d, 0x010e, 0x010f, 0x0110, 0x011a, 0x011b, 0x0128, 0x0131, 0x0132, 0x013c];

/// What there is in a block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// A copyright or an artist.
    pub(super) rights: bool,
    /// When it was made.
    pub(super) creation: bool,
    /// Anything that has no field here, but for the orientation.
    pub(super) others: bool,
    pub(super) position: bool,
    pub(super) thumbnail: bool,
    pub(super) maker_note: bool,
    /// A second picture in a TIFF: it stands where an EXIF block has its thumbnail.
    pub(super) pages: bool,
}

/// What a block holds; `None` where it cannot be read. `is_file` says that it is a TIFF file and no EXIF block.
pub(super) fn survey(block: &[u8], is_file: bool) -> Option<Survey> {
    let tiff = Tiff::new(block)?;
    let first = ifd::first(&tiff)?;
    let mut survey = Survey::default();
    for entry in &first.entries {
        match entry.tag {
            ORIENTATION => {}
            EXIF => survey.exif(first.below(&tiff, EXIF).as_ref()),
            GPS => survey.position |= is_position(first.below(&tiff, GPS).as_ref()),
            ARTIST | COPYRIGHT => survey.rights |= text(entry).is_some(),
            tag => survey.others |= !is_file || OF_MAKING.contains(&tag),
        }
    }
    if is_file {
        survey.pages = first.next != 0;
    } else {
        let second = ifd::directory(&tiff, first.next).filter(|_| first.next != 0);
        survey.thumbnail = second.is_some_and(|second| !second.entries.is_empty());
    }
    Some(survey)
}

/// Whether a block says where the picture was taken.
pub(crate) fn has_position(block: &[u8]) -> bool {
    survey(block, false).is_some_and(|survey| survey.position)
}

impl Survey {
    fn exif(&mut self, directory: Option<&Directory<'_>>) {
        for entry in directory.into_iter().flat_map(|directory| &directory.entries) {
            match entry.tag {
                MAKER_NOTE => self.maker_note = true,
                INTEROPERABILITY => {}
                tag if OF_CREATION.contains(&tag) => self.creation = true,
                _ => self.others = true,
            }
        }
    }
}

fn is_position(gps: Option<&Directory<'_>>) -> bool {
    gps.is_some_and(|gps| gps.entries.iter().any(|entry| entry.tag != GPS_VERSION))
}

/// A text as it is read, without the zeros that end it: one that goes on behind a control character is none from there on, so
/// that nothing else is carried in its name. A copyright is two of them, of photographer and editor, with a zero between
/// (Exif 3.0, 4.6.5, "Copyright"). `None` where there is none.
fn text<'a>(entry: &Entry<'a>) -> Option<&'a [u8]> {
    let (_, value) = entry.value.filter(|_| matches!(entry.kind, 1 | 2 | 7 | 129))?;
    let mut zeros = u8::from(entry.tag == COPYRIGHT);
    let ends = |byte: &u8| match byte {
        0 if zeros > 0 => {
            zeros -= 1;
            false
        }
        b'\t' | b'\n' | b'\r' => false,
        byte => byte.is_ascii_control(),
    };
    let value = value.split(ends).next()?;
    let end = value.iter().rposition(|byte| !matches!(byte, 0 | b' '))?;
    value.get(..=end)
}

/// A block that gives what these kinds give, and the orientation that the picture still needs. From a block or a TIFF
/// file; the texts are put in where those have none. `None` where there is nothing to say.
pub(super) fn of_kinds(
    kinds: MetadataKinds,
    block: Option<&[u8]>,
    texts: &super::Texts,
    orientation: Orientation,
) -> Option<Vec<u8>> {
    let tiff = block.and_then(Tiff::new);
    let first = tiff.as_ref().and_then(ifd::first);
    let little_endian = tiff.as_ref().is_some_and(|tiff| tiff.little_endian);
    let mut entries = Vec::new();
    if kinds.has(MetadataKind::Copyright) {
        let rights = [(ARTIST, &texts.author), (COPYRIGHT, &texts.copyright)];
        entries
            .extend(rights.into_iter().filter_map(|(tag, text)| right(first.as_ref(), tag, text.as_deref())));
    }
    let below = tiff.as_ref().zip(first.as_ref()).map(|(tiff, first)| below_of_kinds(kinds, tiff, first));
    let below = below.unwrap_or_default();
    if orientation != Orientation::AS_STORED {
        entries.push(NewEntry::short(ORIENTATION, orientation.exif().into(), little_endian));
    }
    if entries.is_empty() && below.iter().all(|(_, entries)| entries.is_empty()) {
        return None;
    }
    ifd::write(little_endian, entries, below, MAX_BLOCK)
}

/// An artist or a copyright: as a directory has it, or else a text.
fn right(first: Option<&Directory<'_>>, tag: u16, instead: Option<&str>) -> Option<NewEntry> {
    let found = first.and_then(|first| first.get(tag));
    let found = found.and_then(|entry| Some((if entry.kind == UTF_8 { UTF_8 } else { ASCII }, text(entry)?)));
    let (kind, text) = found.or_else(|| Some((ASCII, instead?.as_bytes())))?;
    let text = text.get(..text.len().min(MAX_BLOCK / 4))?;
    let value = [text, &[0]].concat();
    Some(NewEntry { tag, kind, count: u32::try_from(value.len()).ok()?, value })
}

/// What of these kinds stands in directories of its own. Nothing, where that is more than a block holds: many entries can
/// point to the same values, which are counted before one is copied.
fn below_of_kinds(kinds: MetadataKinds, tiff: &Tiff<'_>, first: &Directory<'_>) -> Vec<(u16, Vec<NewEntry>)> {
    let wanted = |kind, tag| first.below(tiff, tag).filter(|_| kinds.has(kind)).unwrap_or_default();
    let exif = wanted(MetadataKind::Creation, EXIF);
    let gps = wanted(MetadataKind::Location, GPS);
    let of_creation = exif.entries.iter().filter(|entry| OF_CREATION.contains(&entry.tag));
    let all = of_creation.clone().chain(&gps.entries);
    let values: usize = all.filter_map(|entry| entry.value).map(|(_, value)| value.len()).sum();
    if values > MAX_BLOCK {
        return Vec::new();
    }
    let mut position: Vec<_> = gps.entries.iter().filter_map(NewEntry::of).collect();
    if position.iter().all(|entry| entry.tag == GPS_VERSION) {
        position.clear();
    }
    vec![(EXIF, of_creation.filter_map(NewEntry::of).collect()), (GPS, position)]
}

const ASCII: u16 = 2;
const UTF_8: u16 = 129;

/// A block of what a TIFF file says of itself, its EXIF and its position. A maker's note is left out: its offsets are
/// those of the whole file. `None` where there is nothing, or more than a segment holds.
pub(super) fn of_tiff(file: &[u8]) -> Option<Vec<u8>> {
    let tiff = Tiff::new(file)?;
    let first = ifd::first(&tiff)?;
    let of_making =
        |entry: &&Entry<'_>| matches!(entry.tag, ARTIST | COPYRIGHT) || OF_MAKING.contains(&entry.tag);
    let without = |entry: &&Entry<'_>| !matches!(entry.tag, MAKER_NOTE | INTEROPERABILITY);
    let (exif, gps) =
        (first.below(&tiff, EXIF).unwrap_or_default(), first.below(&tiff, GPS).unwrap_or_default());
    let entries: Vec<_> = first.entries.iter().filter(of_making).collect();
    let below = [(EXIF, exif), (GPS, gps)];
    let below = below.each_ref().map(|(tag, directory)| (*tag, directory.entries.iter().filter(without)));
    // Many entries can point to the same values: they are counted before one is copied.
    let all = below.iter().flat_map(|(_, entries)| entries.clone()).chain(entries.iter().copied());
    let values: usize = all.filter_map(|entry| entry.value).map(|(_, value)| value.len()).sum();
    if values == 0 || values > MAX_BLOCK {
        return None;
    }
    let entries = entries.into_iter().filter_map(NewEntry::of).collect();
    let below = below.map(|(tag, entries)| (tag, entries.filter_map(NewEntry::of).collect())).into();
    ifd::write(tiff.little_endian, entries, below, MAX_BLOCK)
}

/// The block with the thumbnail gone, and orientation and sizes as they are now. Nothing else is moved, so that a
/// maker's note finds what it points to. `None` where the block cannot be read, or is so entangled that this would
/// change more.
pub(super) fn kept(block: &[u8], shape: &Shape) -> Option<Vec<u8>> {
    let edited = edit(block, shape)?;
    let settled = edit(&edited, shape)? == edited;
    let turned = exif::orientation(&edited).unwrap_or(Orientation::AS_STORED) == shape.orientation;
    let whole = survey(&edited, false).is_some_and(|survey| !survey.thumbnail);
    (settled && turned && whole).then_some(edited)
}

fn edit(block: &[u8], shape: &Shape) -> Option<Vec<u8>> {
    let tiff = Tiff::new(block)?;
    let first = ifd::first(&tiff)?;
    let below = first.below(&tiff, EXIF).unwrap_or_default();
    let mut bytes = block.to_vec();
    if first.next != 0 {
        let (gps, interoperability) = (first.below(&tiff, GPS), below.below(&tiff, INTEROPERABILITY));
        let others = [gps, interoperability].into_iter().flatten();
        let used = others.map(|directory| directory.used_end()).max().unwrap_or(0);
        let used = used.max(first.used_end()).max(below.used_end());
        erase_thumbnail(&tiff, &first, &mut bytes);
        let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        bytes.truncate(end.max(used));
    }
    let numbers = [
        (&first, ORIENTATION, shape.orientation.exif().into()),
        (&first, IMAGE_WIDTH, shape.width),
        (&first, IMAGE_LENGTH, shape.height),
        (&below, PIXEL_X, shape.width),
        (&below, PIXEL_Y, shape.height),
    ];
    for (directory, tag, number) in numbers {
        for entry in directory.entries.iter().filter(|entry| entry.tag == tag) {
            set_number(&mut bytes, entry, number, tiff.little_endian)?;
        }
    }
    Some(bytes)
}

/// Zeros in place of the second directory, its values and its data.
fn erase_thumbnail(tiff: &Tiff<'_>, first: &Directory<'_>, bytes: &mut [u8]) {
    if let Some(second) = ifd::directory(tiff, first.next) {
        let (start, end) = second.range;
        erase(bytes, start, end + 4 - start);
        for (at, value) in second.entries.iter().filter_map(|entry| entry.value) {
            erase(bytes, at, value.len());
        }
        for (at, length) in DATA {
            let number = |tag| second.get(tag)?.number(tiff).and_then(|number| usize::try_from(number).ok());
            if let (Some(at), Some(length)) = (number(at), number(length)) {
                erase(bytes, at, length);
            }
        }
    }
    erase(bytes, first.range.1, 4);
}

fn erase(bytes: &mut [u8], at: usize, length: usize) {
    let end = at.saturating_add(length).min(bytes.len());
    if let Some(range) = bytes.get_mut(at..end) {
        range.fill(0);
    }
}

/// Puts a number where an entry holds one.
fn set_number(bytes: &mut [u8], entry: &Entry<'_>, number: u32, little_endian: bool) -> Option<()> {
    let short = u16::try_from(number).ok();
    let value = match (entry.kind, entry.count, little_endian) {
        (3, 1, true) => short?.to_le_bytes().to_vec(),
        (3, 1, false) => short?.to_be_bytes().to_vec(),
        (4, 1, true) => number.to_le_bytes().to_vec(),
        (4, 1, false) => number.to_be_bytes().to_vec(),
        _ => return Some(()),
    };
    let at = entry.at + 8;
    bytes.get_mut(at..at + value.len())?.copy_from_slice(&value);
    Some(())
}
