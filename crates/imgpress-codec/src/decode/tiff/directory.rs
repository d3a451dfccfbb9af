//! The first directory of a file, classic (TIFF 6.0, section 2) or with 64-bit places (BigTIFF).

use crate::error::Corrupt;

/// Most entries that are looked at; real files have some dozen.
const MAX_ENTRIES: usize = 4096;

/// Entries by tag. Their values lie in the file, and nothing is copied.
pub(super) struct Directory<'a> {
    entries: Vec<(u16, Values<'a>)>,
}

/// The values of one entry.
#[derive(Clone, Copy)]
pub(super) struct Values<'a> {
    /// As they are in the file.
    pub(super) bytes: &'a [u8],
    kind: u16,
    order: Order,
}

/// Which byte of a number comes first in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    /// The unsigned number of up to eight bytes.
    pub(super) fn number(self, bytes: &[u8]) -> u64 {
        let join = |number, &byte: &u8| number << 8 | u64::from(byte);
        match self {
            Self::Little => bytes.iter().rev().fold(0, join),
            Self::Big => bytes.iter().fold(0, join),
        }
    }
}

/// How many bytes a value of a kind has, and whether it is an unsigned whole number.
fn size_of(kind: u16) -> Option<(usize, bool)> {
    Some(match kind {
        1 | 7 => (1, true),
        2 | 6 => (1, false),
        3 => (2, true),
        8 => (2, false),
        4 | 13 => (4, true),
        9 | 11 => (4, false),
        16 | 18 => (8, true),
        5 | 10 | 12 | 17 => (8, false),
        _ => return None,
    })
}

impl<'a> Directory<'a> {
    /// Reads the header and the entries. Values that do not lie in the file are left out.
    ///
    /// # Errors
    /// The file ends before the directory does, or the directory is no directory.
    pub(super) fn first(input: &'a [u8]) -> Result<(Self, Order), Corrupt> {
        let order = if input.starts_with(b"II") { Order::Little } else { Order::Big };
        let number = |at: usize, size: usize| {
            let bytes = at.checked_add(size).and_then(|end| input.get(at..end));
            bytes.map(|bytes| order.number(bytes)).ok_or(Corrupt::Truncated)
        };
        let big = number(2, 2)? == 43;
        let (first, word, entry) = if big { (8, 8, 20) } else { (4, 4, 12) };
        let at = usize::try_from(number(first, word)?).map_err(|_| Corrupt::Truncated)?;
        let count_size = if big { 8 } else { 2 };
        let count = usize::try_from(number(at, count_size)?).unwrap_or(usize::MAX);
        if count == 0 || count > MAX_ENTRIES {
            return Err(Corrupt::malformed("its directory has no or too many entries"));
        }
        let mut entries = Vec::new();
        for at in (0..count).map(|index| at + count_size + index * entry) {
            let (tag, kind) = (number(at, 2)?, number(at + 2, 2)?);
            let (tag, kind) = (u16::try_from(tag).unwrap_or(0), u16::try_from(kind).unwrap_or(0));
            let count = number(at + 4, word)?;
            let field = number(at + 4 + word, word)?;
            let Some((size, _)) = size_of(kind) else { continue };
            let Some(length) = usize::try_from(count).ok().and_then(|count| count.checked_mul(size)) else {
                continue;
            };
            let start =
                if length <= word { at + 4 + word } else { usize::try_from(field).unwrap_or(usize::MAX) };
            let bytes = start.checked_add(length).and_then(|end| input.get(start..end));
            if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
                entries.push((tag, Values { bytes, kind, order }));
            }
        }
        Ok((Self { entries }, order))
    }

    /// The values of a tag, where it has any.
    pub(super) fn get(&self, tag: u16) -> Option<Values<'a>> {
        self.entries.iter().find(|(found, _)| *found == tag).map(|(_, values)| *values)
    }

    /// The first number that a tag has.
    pub(super) fn number(&self, tag: u16) -> Option<u64> {
        self.get(tag)?.get(0)
    }
}

impl Values<'_> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() / size_of(self.kind).map_or(1, |(size, _)| size)
    }

    /// The unsigned whole number at an index.
    pub(super) fn get(&self, index: usize) -> Option<u64> {
        let (size, true) = size_of(self.kind)? else { return None };
        let start = index.checked_mul(size)?;
        self.bytes.get(start..start.checked_add(size)?).map(|bytes| self.order.number(bytes))
    }

    /// Fractions of two unsigned numbers each; nothing where they are of another kind.
    #[expect(clippy::cast_precision_loss, reason = "seven digits are enough for a colour")]
    pub(super) fn fractions(&self) -> Vec<f32> {
        let pairs = self.bytes.as_chunks::<8>().0.iter().filter(|_| self.kind == 5).take(16);
        let part = |bytes: &[u8]| self.order.number(bytes) as f32;
        pairs.map(|pair| part(&pair[..4]) / part(&pair[4..])).collect()
    }
}
