//! What is in a file, by the boxes that say so (ISO/IEC 14496-12, 8.11, and 23008-12, 9.3). A box that is there twice is
//! refused: another reader might take the other one.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::Error;
use crate::container::boxes::Reader;
use crate::error::{Corrupt, Unsupported};

/// Most items: a photograph of 48 megapixels has some 200 tiles, its map of brightness as many.
const MAX_ITEMS: usize = 2000;
/// Most extents of an item, and most references and properties of all.
const MAX_EXTENTS: u64 = 32;
const MAX_STATEMENTS: usize = 4000;

/// A property: its kind and what it says.
pub(super) type Property<'a> = ([u8; 4], &'a [u8]);

pub(super) struct Items<'a> {
    file: &'a [u8],
    idat: &'a [u8],
    /// Whether something stands behind the last box.
    pub(super) has_trailer: bool,
    pub(super) primary: u32,
    pub(super) items: BTreeMap<u32, Item<'a>>,
    /// Kind, from which item and to which.
    pub(super) references: Vec<([u8; 4], u32, u32)>,
}

#[derive(Default)]
pub(super) struct Item<'a> {
    pub(super) kind: [u8; 4],
    /// The media type of one that is a file of its own.
    pub(super) content: &'a [u8],
    pub(super) is_hidden: bool,
    place: u8,
    extents: Vec<(u64, u64)>,
    /// In their order.
    pub(super) properties: Vec<Property<'a>>,
}

impl<'a> Items<'a> {
    pub(super) fn read(file: &'a [u8]) -> Result<Self, Error> {
        let whole = boxes_of(file);
        let boxes = once_each(whole, &[*b"meta", *b"mini"])?;
        if boxes.contains_key(b"mini") {
            return Err(Unsupported::Known("This kind of HEIC").into());
        }
        let meta = *boxes.get(b"meta").ok_or_else(|| Corrupt::malformed("it holds no picture"))?;
        let mut meta = Reader(meta);
        meta.version()?;
        let boxes = once_each(meta.0, &[*b"pitm", *b"iinf", *b"iloc", *b"iref", *b"iprp", *b"idat"])?;
        let content = |kind: &[u8; 4]| boxes.get(kind).copied();
        let needed = |kind: &[u8; 4]| {
            content(kind).ok_or_else(|| Corrupt::malformed("a box is missing without which it shows nothing"))
        };
        let mut pitm = Reader(needed(b"pitm")?);
        let (version, _) = pitm.version()?;
        let mut found = Self {
            file,
            idat: content(b"idat").unwrap_or_default(),
            has_trailer: whole.len() < file.len(),
            primary: pitm.id(version > 0)?,
            items: BTreeMap::new(),
            references: Vec::new(),
        };
        found.read_kinds(needed(b"iinf")?)?;
        found.read_places(needed(b"iloc")?)?;
        found.read_properties(needed(b"iprp")?)?;
        content(b"iref").map_or(Ok(()), |iref| found.read_references(iref))?;
        Ok(found)
    }

    /// Bytes of the file.
    pub(super) fn len(&self) -> usize {
        self.file.len()
    }

    pub(super) fn item(&self, id: u32) -> Result<&Item<'a>, Corrupt> {
        self.items.get(&id).ok_or_else(|| Corrupt::malformed("it refers to what is not there"))
    }

    /// The items that this one refers to, in their order.
    pub(super) fn referred(&self, kind: [u8; 4], from: u32) -> impl Iterator<Item = u32> {
        self.references.iter().filter(move |one| (one.0, one.1) == (kind, from)).map(|one| one.2)
    }

    /// The bytes of an item.
    pub(super) fn data(&self, item: &Item<'_>) -> Result<Cow<'a, [u8]>, Error> {
        let whole = match item.place {
            0 => self.file,
            1 => self.idat,
            _ => return Err(Unsupported::Known("This kind of HEIC").into()),
        };
        let part = |&(start, length): &(u64, u64)| -> Result<&'a [u8], Corrupt> {
            let (start, length) = (usize::try_from(start).ok(), usize::try_from(length).ok());
            let rest = start.and_then(|start| whole.get(start..)).ok_or(Corrupt::Truncated)?;
            length.and_then(|length| rest.get(..length)).ok_or(Corrupt::Truncated)
        };
        match item.extents.as_slice() {
            [one] => Ok(part(one)?.into()),
            extents => {
                let length = extents.iter().fold(0_u64, |sum, extent| sum.saturating_add(extent.1));
                if length > whole.len() as u64 {
                    return Err(Corrupt::malformed("its parts are larger than the file").into());
                }
                let parts: Vec<_> = extents.iter().map(part).collect::<Result<_, _>>()?;
                Ok(parts.concat().into())
            }
        }
    }

    /// iinf.
    fn read_kinds(&mut self, iinf: &'a [u8]) -> Result<(), Error> {
        let mut reader = Reader(iinf);
        let (version, _) = reader.version()?;
        let count = reader.id(version > 0)?;
        if count as usize > MAX_ITEMS {
            return Err(Corrupt::malformed("it has too many items").into());
        }
        for _ in 0..count {
            let (kind, entry) = reader.next_box()?;
            let mut entry = Reader(entry);
            let (version, flags) = entry.version()?;
            if &kind != b"infe" || !(2..=3).contains(&version) {
                return Err(Unsupported::Known("This kind of HEIC").into());
            }
            let id = entry.id(version == 3)?;
            entry.u16()?;
            let mut item =
                Item { kind: entry.u32()?.to_be_bytes(), is_hidden: flags & 1 == 1, ..Item::default() };
            entry.text();
            if &item.kind == b"mime" {
                item.content = entry.text();
            }
            if self.items.insert(id, item).is_some() {
                return Err(Corrupt::malformed("two of its items have one number").into());
            }
        }
        Ok(())
    }

    /// iloc.
    fn read_places(&mut self, iloc: &[u8]) -> Result<(), Error> {
        let mut reader = Reader(iloc);
        let (version, _) = reader.version()?;
        let [sizes, more] = reader.u16()?.to_be_bytes();
        let (offset, length, base) = (sizes >> 4, sizes & 15, more >> 4);
        let index = if version > 0 { more & 15 } else { 0 };
        let count = reader.id(version > 1)?;
        let mut seen = BTreeSet::new();
        for _ in 0..count {
            let id = reader.id(version > 1)?;
            let place = if version > 0 { reader.u16()? & 15 } else { 0 };
            // Another file may be meant.
            let is_elsewhere = reader.u16()? != 0;
            let base = reader.number(base)?;
            let extents = reader.u16()?;
            if u64::from(extents) > MAX_EXTENTS || !seen.insert(id) {
                return Err(Corrupt::malformed("it says too often where a part of it is").into());
            }
            let mut parts = Vec::new();
            for _ in 0..extents {
                reader.number(index)?;
                let start = base.saturating_add(reader.number(offset)?);
                parts.push((start, reader.number(length)?));
            }
            if let Some(item) = self.items.get_mut(&id) {
                item.place = if is_elsewhere { u8::MAX } else { u8::try_from(place).unwrap_or(u8::MAX) };
                item.extents = parts;
            }
        }
        Ok(())
    }

    /// iprp.
    fn read_properties(&mut self, iprp: &'a [u8]) -> Result<(), Error> {
        let boxes = once_each(iprp, &[*b"ipco", *b"ipma"])?;
        let (Some(ipco), Some(ipma)) = (boxes.get(b"ipco"), boxes.get(b"ipma")) else {
            return Err(Corrupt::malformed("it says nothing of its pictures").into());
        };
        let mut reader = Reader(ipco);
        let mut properties = Vec::new();
        while !reader.is_empty() {
            properties.push(reader.next_box()?);
        }
        let mut reader = Reader(ipma);
        let (version, flags) = reader.version()?;
        let mut statements = 0;
        for _ in 0..reader.u32()? {
            let id = reader.id(version > 0)?;
            for _ in 0..reader.u8()? {
                let place =
                    if flags & 1 == 1 { reader.u16()? & 0x7fff } else { u16::from(reader.u8()? & 0x7f) };
                statements += 1;
                if statements > MAX_STATEMENTS {
                    return Err(Corrupt::malformed("it says too much of its items").into());
                }
                let Some(place) = usize::from(place).checked_sub(1) else { continue };
                let property = properties.get(place);
                let property =
                    property.ok_or_else(|| Corrupt::malformed("it refers to what is not there"))?;
                if let Some(item) = self.items.get_mut(&id) {
                    item.properties.push(*property);
                }
            }
        }
        Ok(())
    }

    /// iref.
    fn read_references(&mut self, iref: &[u8]) -> Result<(), Error> {
        let mut reader = Reader(iref);
        let (version, _) = reader.version()?;
        while !reader.is_empty() {
            let (kind, content) = reader.next_box()?;
            let mut content = Reader(content);
            let from = content.id(version > 0)?;
            for _ in 0..content.u16()? {
                self.references.push((kind, from, content.id(version > 0)?));
                if self.references.len() > MAX_STATEMENTS {
                    return Err(Corrupt::malformed("it says too much of its items").into());
                }
            }
        }
        Ok(())
    }
}

impl<'a> Item<'a> {
    /// What a property says of it, `None` where it is not there.
    pub(super) fn property(&self, kind: &[u8; 4]) -> Result<Option<&'a [u8]>, Corrupt> {
        let mut found = self.properties.iter().filter(|property| &property.0 == kind);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(Corrupt::malformed("it says something twice of one picture")),
            (first, None) => Ok(first.map(|property| property.1)),
        }
    }
}

/// A file without what phones write behind its boxes. What has the name of a box and ends early is none of that.
fn boxes_of(file: &[u8]) -> &[u8] {
    let mut reader = Reader(file);
    while !reader.is_empty() {
        let rest = reader.0;
        if reader.next_box().is_ok() {
            continue;
        }
        let (length, kind) = (rest.first_chunk::<4>(), rest.get(4..8));
        let reaches_out = length.is_some_and(|length| u32::from_be_bytes(*length) as usize > rest.len());
        let is_box = kind.is_some_and(|kind| kind.iter().all(u8::is_ascii_lowercase));
        let is_trailer = kind.is_none() || reaches_out && !is_box;
        return if is_trailer { &file[..file.len() - rest.len()] } else { file };
    }
    file
}

/// The boxes of these kinds; others are passed over.
fn once_each<'a>(content: &'a [u8], kinds: &[[u8; 4]]) -> Result<BTreeMap<[u8; 4], &'a [u8]>, Corrupt> {
    let mut reader = Reader(content);
    let mut found = BTreeMap::new();
    while !reader.is_empty() {
        let (kind, content) = reader.next_box()?;
        if kinds.contains(&kind) && found.insert(kind, content).is_some() {
            return Err(Corrupt::malformed("it has a box twice that it may have once"));
        }
    }
    Ok(found)
}
