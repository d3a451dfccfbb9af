//! HEIC files (ISO/IEC 23008-12), read by ourselves up to the coded pictures: what a decoder would take for them is known
//! before one sees them, and it is not led to other kinds of pictures than these.

mod bits;
mod coded;
mod hevc;
mod items;

use std::borrow::Cow;

use self::coded::Coded;
use self::items::{Item, Items, Property};
use crate::container::boxes::Reader;
use crate::error::{Corrupt, Unsupported};
use crate::{Error, Limits};

/// Pixels that may be decoded for each that is shown, and some more of small pictures: blocks and tiles stand out of them.
const MAX_SURPLUS: u64 = 4;
const SMALL: u64 = 512 * 512;

/// A file whose boxes have been read and whose main picture is within the limits.
pub(crate) struct Heic<'a> {
    /// Width and height before it is turned and clipped.
    pub(crate) stored: (u32, u32),
    /// Width and height as it is shown.
    pub(crate) shown: (u32, u32),
    /// Bits of a component of its colours.
    pub(crate) bits: u8,
    pub(crate) has_alpha: bool,
    /// Pictures that could be shown.
    pub(crate) pictures: u32,
    /// Bytes that a decoder takes of the coded pictures, as they are decoded and once more as they are put together.
    pub(crate) decoder_bytes: u64,
    items: Items<'a>,
}

/// What the values of its colours mean, where that is said.
pub(crate) enum Stated<'a> {
    Icc(&'a [u8]),
    /// Primaries and curve by the numbers of ITU-T H.273.
    Numbers(u16, u16),
}

impl<'a> Heic<'a> {
    /// # Errors
    /// It is damaged, of a kind that is not decoded here, or over the limits.
    pub(crate) fn read(file: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        let items = Items::read(file)?;
        let color = Coded::read(&items, items.primary, limits)?;
        let alpha = match alpha(&items)? {
            Some(id) => Some(Coded::read(&items, id, limits)?),
            None => None,
        };
        if alpha.as_ref().is_some_and(|alpha| alpha.size != color.size) {
            return Err(Corrupt::malformed("its alpha is of another size").into());
        }
        let shown = shown(&items.item(items.primary)?.properties, color.size)?;
        let pixels = u64::from(shown.0) * u64::from(shown.1);
        let coded = color.pixels() + alpha.as_ref().map_or(0, Coded::pixels);
        if coded > 2 * MAX_SURPLUS * pixels + SMALL {
            return Err(Unsupported::Known("HEIC of which so little is shown").into());
        }
        Ok(Self {
            stored: color.size,
            shown,
            bits: color.sequence.bits,
            has_alpha: alpha.is_some(),
            pictures: pictures(&items),
            decoder_bytes: color.bytes() + alpha.as_ref().map_or(0, Coded::bytes),
            items,
        })
    }

    /// What it says of its colours; of tiles the first may say it.
    pub(crate) fn colors(&self) -> Option<Stated<'a>> {
        let items = &self.items;
        let first = items.referred(*b"dimg", items.primary).next();
        [Some(items.primary), first].into_iter().flatten().find_map(|id| colors(items.items.get(&id)?))
    }

    /// Whether something stands behind the last box.
    pub(crate) fn has_trailer(&self) -> bool {
        self.items.has_trailer
    }

    /// The EXIF block that belongs to the picture, or else any.
    pub(crate) fn exif(&self) -> Option<Cow<'a, [u8]>> {
        let data = self.beside(|item| &item.kind == b"Exif")?;
        // How much is before it stands first.
        let offset = usize::try_from(u32::from_be_bytes(*data.first_chunk()?)).ok()?;
        let start = offset.checked_add(4).filter(|start| *start <= data.len())?;
        Some(match data {
            Cow::Borrowed(data) => data[start..].into(),
            Cow::Owned(data) => data[start..].to_vec().into(),
        })
    }

    /// The same of XMP.
    pub(crate) fn xmp(&self) -> Option<Cow<'a, [u8]>> {
        self.beside(|item| &item.kind == b"mime" && item.content == b"application/rdf+xml")
    }

    fn beside(&self, is_wanted: impl Fn(&Item<'_>) -> bool) -> Option<Cow<'a, [u8]>> {
        let items = &self.items;
        let wanted = || items.items.iter().filter(|(_, item)| is_wanted(item));
        let belongs = |id: u32| items.referred(*b"cdsc", id).any(|to| to == items.primary);
        let (_, item) = wanted().find(|(id, _)| belongs(**id)).or_else(|| wanted().next())?;
        items.data(item).ok()
    }
}

/// The item of the alpha that belongs to the main picture. Tiles that have one of their own are refused.
fn alpha(items: &Items<'_>) -> Result<Option<u32>, Error> {
    let mut found = None;
    for &(_, from, to) in items.references.iter().filter(|reference| &reference.0 == b"auxl") {
        let what = items.item(from)?.property(b"auxC")?.and_then(|what| what.get(4..)).unwrap_or_default();
        let is_alpha = what.starts_with(b"urn:mpeg:hevc:2015:auxid:1\0")
            || what.starts_with(b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0");
        let is_piece = |whole: u32| items.referred(*b"dimg", whole).any(|piece| piece == to);
        if is_alpha && to == items.primary && found.replace(from).is_some_and(|before| before != from) {
            return Err(Unsupported::Known("HEIC of two alphas").into());
        }
        let is_within = is_piece(items.primary) || found.is_some_and(|alpha| alpha == to || is_piece(alpha));
        if is_alpha && to != items.primary && is_within {
            return Err(Unsupported::Known("HEIC of tiles with alpha").into());
        }
    }
    Ok(found)
}

/// The size after all that turns or clips it, in the order of the file.
fn shown(properties: &[Property<'_>], stored: (u32, u32)) -> Result<(u32, u32), Error> {
    properties.iter().try_fold(stored, |(width, height), (kind, content)| {
        let mut reader = Reader(content);
        match kind {
            b"irot" if reader.u8()? & 1 == 1 => Ok((height, width)),
            b"clap" => {
                let mut side = |most: u32| -> Result<u32, Error> {
                    let (length, parts) = (reader.u32()?, reader.u32()?);
                    let whole = length.checked_div(parts).filter(|whole| (1..=most).contains(whole));
                    let whole = whole.filter(|whole| whole.checked_mul(parts) == Some(length));
                    whole.ok_or_else(|| Corrupt::malformed("its clean aperture is outside of it").into())
                };
                Ok((side(width)?, side(height)?))
            }
            _ => Ok((width, height)),
        }
    })
}

/// What a picture of its own is: not hidden, no part of another, no thumbnail, alpha or map.
fn pictures(items: &Items<'_>) -> u32 {
    let is_own = |id: u32, item: &Item<'_>| {
        let is_picture = item.properties.iter().any(|property| &property.0 == b"ispe");
        let belongs = items.references.iter().any(|(kind, from, to)| match kind {
            b"dimg" => *to == id,
            b"thmb" | b"auxl" => *from == id,
            _ => false,
        });
        is_picture && !item.is_hidden && !belongs
    };
    let count = items.items.iter().filter(|(id, item)| is_own(**id, item)).count();
    u32::try_from(count).unwrap_or(u32::MAX).max(1)
}

/// colr: a profile before numbers.
fn colors<'a>(item: &Item<'a>) -> Option<Stated<'a>> {
    let stated = || item.properties.iter().filter(|property| &property.0 == b"colr");
    let profile = stated()
        .find_map(|(_, content)| content.strip_prefix(b"prof").or_else(|| content.strip_prefix(b"rICC")));
    profile.map(Stated::Icc).or_else(|| {
        stated().find_map(|(_, content)| {
            let mut numbers = Reader(content.strip_prefix(b"nclx")?);
            Some(Stated::Numbers(numbers.u16().ok()?, numbers.u16().ok()?))
        })
    })
}

#[cfg(test)]
mod tests;
