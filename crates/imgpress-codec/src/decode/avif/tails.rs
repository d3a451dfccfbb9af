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
    let Some(mut all) = units(stream, MOST_UNITS) else { return Ok(None) };
    tries.check()?;
    let is_sound = |units: &[Unit<'_>]| Frame::decode_by(&join(units), size, Rigour::Strict).is_ok();
    if are_plain(&all) && is_sound(&all) {
        return Ok(Some(stream.into()));
    }
    let keys = RandomState::new();
    let picture = |stream: &[u8]| Frame::decode(stream, size).ok().map(|frame| frame.digest(&keys));
    let Some(whole) = picture(stream) else { return Ok(None) };
    let is_same = |units: &[Unit<'_>]| picture(&join(units)) == Some(whole);
    for index in (0..all.len()).rev() {
        let mut fewer = all.clone();
        fewer.remove(index);
        if !tries.take()? {
            return Ok(None);
        }
        if is_same(&fewer) {
            all = fewer;
        }
    }
    if is_sound(&all) {
        return Ok(Some(join(&all).into()));
    }
    for index in (0..all.len()).rev() {
        let cut = |length| {
            let mut cut = all.clone();
            cut[index] = cut[index].cut(length);
            cut
        };
        let length = all[index].length();
        if !tries.take()? {
            return Ok(None);
        }
        if length <= 2 * SPARE || !is_same(&cut(length - SPARE)) {
            continue;
        }
        let Some(least) = tries.least(length - SPARE, |length| is_same(&cut(length)))? else {
            return Ok(None);
        };
        for length in least..=least + SPARE {
            let cut = cut(length);
            if is_sound(&cut) && is_same(&cut) {
                return Ok(Some(join(&cut).into()));
            }
        }
        // Something hides in another one too.
        all = cut(least + SPARE / 2);
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
