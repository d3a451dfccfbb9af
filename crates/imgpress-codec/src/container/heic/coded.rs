//! The pictures that a decoder is given, and how large they are by all that says so.

use super::hevc::{self, Sequence};
use super::items::{Item, Items};
use crate::container::boxes::Reader;
use crate::error::{Corrupt, Unsupported};
use crate::{Error, Limits};

/// Tiles of a picture. Phones make some 200 for 48 megapixels.
const MAX_TILES: usize = 256;

/// A picture that will be decoded: in one piece, or of tiles.
pub(super) struct Coded {
    pub(super) size: (u32, u32),
    /// Of each piece.
    pub(super) sequence: Sequence,
    is_grid: bool,
}

impl Coded {
    pub(super) fn read(items: &Items<'_>, id: u32, limits: &Limits) -> Result<Self, Error> {
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
    pub(super) fn pixels(&self) -> u64 {
        let area = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
        area(self.sequence.size) + if self.is_grid { area(self.size) } else { 0 }
    }

    /// Planes as the decoder has them and as libheif copies them.
    pub(super) fn bytes(&self) -> u64 {
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
