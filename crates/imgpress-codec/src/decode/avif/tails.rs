//! What stands in AV1 data that makes no difference to the picture: units that it does without, and bytes behind the last
//! symbol of a tile or of a header, where decoders do not look.

use std::borrow::Cow;
use std::hash::RandomState;

use super::frame::{Frame, Rigour};
use crate::Error;
use crate::container::av1::units::{Unit, are_plain, join, units};
use crate::decode::tails::Tries;

/// Most units of the picture: one of each kind, but for layers and groups of tiles, which hardly any still picture has.
const MOST_UNITS: usize = 16;

/// The decoder does without the last two bytes of a tile (`-15` bits in `decode_tile_sbrow`), and behind its data a bit is
/// set: the end is within so many bytes of the least that gives the same picture.
const SPARE: usize = 4;

/// A stream of a picture of this size without what it has beside it; one of nothing else is given as it is. `None` where that
/// cannot be taken out. The picture is decoded once more, where each header and each tile of it has to end as the
/// specification has it (5.3.4, 8.2.4): with a bit that is set, and zeros. What is not found sound so is tried without each
/// unit, and then cut.
///
/// # Errors
/// The budget's.
pub(crate) fn without_tails<'a>(
    stream: &'a [u8],
    size: (u32, u32),
    tries: &mut Tries<'_>,
) -> Result<Option<Cow<'a, [u8]>>, Error> {
    let Some(all) = units(stream, MOST_UNITS) else { return Ok(None) };
    tries.check()?;
    if are_plain(&all) && is_sound(&all, size) {
        return Ok(Some(stream.into()));
    }
    let Some(picture) = Picture::of(stream, size) else { return Ok(None) };
    let Some(needed) = picture.needed(all, tries)? else { return Ok(None) };
    let bare = if is_sound(&needed, size) { Some(needed) } else { picture.cut(needed, tries)? };
    Ok(bare.map(|units| join(&units).into()))
}

fn is_sound(units: &[Unit<'_>], size: (u32, u32)) -> bool {
    Frame::decode_by(&join(units), size, Rigour::Strict).is_ok()
}

/// The picture that is to stay as it is.
struct Picture {
    size: (u32, u32),
    keys: RandomState,
    digest: u64,
}

impl Picture {
    fn of(stream: &[u8], size: (u32, u32)) -> Option<Self> {
        let keys = RandomState::new();
        let digest = Frame::decode(stream, size).ok()?.digest(&keys);
        Some(Self { size, keys, digest })
    }

    fn is_in(&self, units: &[Unit<'_>]) -> bool {
        let frame = Frame::decode(&join(units), self.size);
        frame.is_ok_and(|frame| frame.digest(&self.keys) == self.digest)
    }

    /// The units without which it is another picture. `None` where it took too many tries.
    fn needed<'a>(
        &self,
        mut units: Vec<Unit<'a>>,
        tries: &mut Tries<'_>,
    ) -> Result<Option<Vec<Unit<'a>>>, Error> {
        for index in (0..units.len()).rev() {
            let mut fewer = units.clone();
            fewer.remove(index);
            if !tries.take()? {
                return Ok(None);
            }
            if self.is_in(&fewer) {
                units = fewer;
            }
        }
        Ok(Some(units))
    }

    /// The units cut so that the stream is sound. `None` where it does not become so.
    fn cut<'a>(
        &self,
        mut units: Vec<Unit<'a>>,
        tries: &mut Tries<'_>,
    ) -> Result<Option<Vec<Unit<'a>>>, Error> {
        for index in (0..units.len()).rev() {
            let cut = |length| {
                let mut cut = units.clone();
                cut[index] = cut[index].cut(length);
                cut
            };
            let length = units[index].length();
            if !tries.take()? {
                return Ok(None);
            }
            if length <= 2 * SPARE || !self.is_in(&cut(length - SPARE)) {
                continue;
            }
            let least = tries.least(length - SPARE, |length| self.is_in(&cut(length)))?;
            let Some(least) = least else { return Ok(None) };
            let ends = (least..=least + SPARE).map(cut);
            if let Some(bare) = ends.into_iter().find(|cut| is_sound(cut, self.size) && self.is_in(cut)) {
                return Ok(Some(bare));
            }
            // Something hides in another one too.
            units = cut(least + SPARE / 2);
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
