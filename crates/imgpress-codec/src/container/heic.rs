//! HEIC files (ISO/IEC 23008-12), read by ourselves up to the coded pictures: what a decoder would take for them is known
//! before one sees them, and it is not led to other kinds of pictures than these.

mod boxes;
mod hevc;
mod items;

use std::borrow::Cow;

use self::boxes::Reader;
use self::hevc::Sequence;
use self::items::{Item, Items, Property};
use crate::error::{Corrupt, Unsupported};
use crate::{Error, Limits};

/// Tiles of a picture. Phones make some 200 for 48 megapixels.
const MAX_TILES: usize = 256;

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

/// A picture that will be decoded: in one piece, or of tiles.
struct Coded {
    size: (u32, u32),
    /// Of each piece.
    sequence: Sequence,
    is_grid: bool,
}

impl Coded {
    fn read(items: &Items<'_>, id: u32, limits: &Limits) -> Result<Self, Error> {
        let item = items.item(id)?;
        let stated = extents(item)?;
        limits.check_size(stated.0, stated.1)?;
        let is_grid = &item.kind == b"grid";
        let pieces = if is_grid { items.referred(*b"dimg", id).collect() } else { vec![id] };
        if pieces.len() > MAX_TILES {
            return Err(Unsupported::Known("HEIC of so many tiles").into());
        }
        let mut first = None;
        // Bytes of the file that may still be decoded: not the same ones for each tile.
        let mut left = items.len();
        for piece in pieces {
            let piece = piece_of(items, piece, &mut left, limits)?;
            if first.replace(piece).is_some_and(|before| before != piece) {
                return Err(Unsupported::Known("HEIC of tiles that differ").into());
            }
        }
        let (sequence, tile) = first.ok_or_else(|| Corrupt::malformed("it has no tiles"))?;
        if is_grid {
            check_grid(items, id, stated, tile)?;
        }
        Ok(Self { size: stated, sequence, is_grid })
    }

    /// Pixels that are held at once.
    fn pixels(&self) -> u64 {
        let area = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
        area(self.sequence.size) + if self.is_grid { area(self.size) } else { 0 }
    }

    /// Planes as the decoder has them and as libheif copies them.
    fn bytes(&self) -> u64 {
        let depth = if self.sequence.bits > 8 { 2 } else { 1 };
        self.pixels() * u64::from(self.sequence.halves) * depth
    }
}

/// What a piece is coded by, and its size as it is said in the file.
fn piece_of(
    items: &Items<'_>,
    id: u32,
    left: &mut usize,
    limits: &Limits,
) -> Result<(Sequence, (u32, u32)), Error> {
    let item = items.item(id)?;
    if &item.kind != b"hvc1" {
        return Err(Unsupported::Known("This kind of HEIC").into());
    }
    let config =
        item.property(b"hvcC")?.ok_or_else(|| Corrupt::malformed("it does not say how it is coded"))?;
    let sequence = hevc::of_config(config, limits)?;
    let data = items.data(item)?;
    *left = left.checked_sub(data.len()).ok_or_else(|| Corrupt::malformed("its tiles are one another"))?;
    hevc::check(&data, sequence, limits)?;
    let size = extents(item)?;
    limits.check_size(size.0, size.1)?;
    if size.0 > sequence.size.0 || size.1 > sequence.size.1 {
        return Err(Corrupt::malformed("its picture is smaller than it says").into());
    }
    Ok((sequence, size))
}

/// ispe.
fn extents(item: &Item<'_>) -> Result<(u32, u32), Error> {
    let mut reader =
        Reader(item.property(b"ispe")?.ok_or_else(|| Corrupt::malformed("it does not say its size"))?);
    reader.version()?;
    match (reader.u32()?, reader.u32()?) {
        (0, _) | (_, 0) => Err(Corrupt::malformed("it has no pixels").into()),
        size => Ok(size),
    }
}

/// Whether what a picture made of tiles says of them (6.6.2.3.2) is so.
fn check_grid(items: &Items<'_>, id: u32, stated: (u32, u32), tile: (u32, u32)) -> Result<(), Error> {
    let data = items.data(items.item(id)?)?;
    let mut reader = Reader(&data);
    let [_, flags, rows, columns] = reader.u32()?.to_be_bytes();
    let is_wide = flags & 1 == 1;
    let size = (reader.id(is_wide)?, reader.id(is_wide)?);
    let tiles = (u32::from(columns) + 1, u32::from(rows) + 1);
    let covers = |tiles: u32, tile: u32, side: u32| {
        let covered = tiles.saturating_mul(tile);
        covered >= side && covered - tile < side
    };
    let is_covered = covers(tiles.0, tile.0, size.0) && covers(tiles.1, tile.1, size.1);
    let count = items.referred(*b"dimg", id).count();
    if size != stated || !is_covered || count != (tiles.0 * tiles.1) as usize {
        return Err(Corrupt::malformed("what it says of its tiles makes no sense").into());
    }
    Ok(())
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
