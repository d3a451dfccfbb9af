//! The boxes that say where in a file is what (ISO/IEC 14496-12, 8.11, and 23008-12, 9.3).

/// Appends a box.
pub(super) fn put(file: &mut Vec<u8>, name: &[u8; 4], payload: &[u8]) {
    file.extend(u32::try_from(payload.len() + 8).unwrap_or(u32::MAX).to_be_bytes());
    file.extend(name);
    file.extend(payload);
}

/// A box by itself.
pub(super) fn nested(name: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(payload.len() + 8);
    put(&mut file, name, payload);
    file
}

/// The payload of a box with a version and flags.
pub(super) fn full(version: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    [&[version, 0, 0, flags], payload].concat()
}

/// The payload of iloc: one extent an item, one after the other.
pub(super) fn locations(lengths: impl ExactSizeIterator<Item = usize>, start: usize) -> Vec<u8> {
    // Offsets and lengths have four bytes, and there is no base that they would count from.
    let mut payload = full(0, 0, &[0x44, 0]);
    payload.extend(narrow(lengths.len()).to_be_bytes());
    let mut offset = start;
    for (index, length) in lengths.enumerate() {
        // Number, data reference (this file) and count of extents.
        [narrow(index + 1), 0, 1].into_iter().for_each(|number| payload.extend(number.to_be_bytes()));
        for number in [offset, length] {
            payload.extend(u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes());
        }
        offset += length;
    }
    payload
}

/// The payload of iinf: kind and media type of each item.
pub(super) fn information(items: impl ExactSizeIterator<Item = ([u8; 4], &'static [u8])>) -> Vec<u8> {
    let mut payload = full(0, 0, &narrow(items.len()).to_be_bytes());
    for (index, (kind, content)) in items.enumerate() {
        // Number, no protection, kind, no name; what is not the picture's own is hidden.
        let hidden = u8::from(index > 0 && &kind == b"av01");
        let entry = [&narrow(index + 1).to_be_bytes()[..], &[0; 2], &kind, &[0], content].concat();
        put(&mut payload, b"infe", &full(2, hidden, &entry));
    }
    payload
}

/// The payload of iref: how items after the first belong to it, and, where its colours were multiplied by alpha, that they
/// were.
pub(super) fn references(
    items: impl ExactSizeIterator<Item = Option<[u8; 4]>>,
    premultiplied: bool,
) -> Option<Vec<u8>> {
    let mut payload = full(0, 0, &[]);
    let from_to = |from: u16, to: u16| [from, 1, to].map(u16::to_be_bytes).concat();
    for (index, kind) in items.enumerate() {
        let Some(kind) = kind else { continue };
        put(&mut payload, &kind, &from_to(narrow(index + 1), 1));
        if premultiplied && &kind == b"auxl" {
            put(&mut payload, b"prem", &from_to(1, narrow(index + 1)));
        }
    }
    (payload.len() > 4).then_some(payload)
}

/// The properties of items.
#[derive(Default)]
pub(super) struct Properties {
    boxes: Vec<Vec<u8>>,
    /// Item, place of the property from 1 on, and whether it must be understood.
    associations: Vec<(u16, u8, bool)>,
}

impl Properties {
    /// Says something of an item. What was said of another one already is kept once.
    pub(super) fn add(&mut self, item: u16, property: Vec<u8>, essential: bool) {
        let place = self.boxes.iter().position(|other| *other == property).unwrap_or_else(|| {
            self.boxes.push(property);
            self.boxes.len() - 1
        });
        self.associations.push((item, u8::try_from(place + 1).unwrap_or(u8::MAX), essential));
    }

    /// The payload of iprp.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut payload = nested(b"ipco", &self.boxes.concat());
        let items: Vec<_> = self.associations.chunk_by(|one, next| one.0 == next.0).collect();
        let mut entries = full(0, 0, &u32::try_from(items.len()).unwrap_or(0).to_be_bytes());
        for properties in items {
            entries.extend(properties[0].0.to_be_bytes());
            entries.push(u8::try_from(properties.len()).unwrap_or(u8::MAX));
            entries.extend(properties.iter().map(|(_, place, essential)| place | u8::from(*essential) << 7));
        }
        put(&mut payload, b"ipma", &entries);
        payload
    }
}

fn narrow(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
