//! What stands in the partitions of a lossy picture behind their data, where decoders do not look.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::hash::{BuildHasher, RandomState};

use super::complete;
use crate::Error;
use crate::container::vp8::Partitions;
use crate::decode::tails::Tries;

/// Bytes that a partition may have behind those that a decoder takes. libwebp writes up to 2 (`VP8BitWriterFinish`), libvpx
/// up to 4 (`vp8_stop_encode`, as `flush_bool_encoder` in RFC 6386, 7.3).
const SPARE: usize = 8;

/// As many are left behind the least that the decoder does with: it makes up one byte that is missing, and others none.
const LEFT: usize = 2;

/// A frame without what is behind the data of its partitions; one that has nothing there is given as it is. `None` where that
/// cannot be taken out. Each partition is cut and the picture decoded: of most files twice.
///
/// # Errors
/// The budget's.
pub(crate) fn without_tails<'a>(
    frame: &'a [u8],
    tries: &mut Tries<'_>,
) -> Result<Option<Cow<'a, [u8]>>, Error> {
    let Some(whole) = Partitions::read(frame) else { return Ok(None) };
    let keys = RandomState::new();
    let picture = |frame: &[u8]| complete::pixels(frame).map(|pixels| keys.hash_one(pixels));
    let expected = LazyCell::new(|| picture(frame));
    // Zeros in place of what is missing may end a block, so that nothing is missing any more.
    let is_same = |frame: &[u8]| picture(frame).is_some_and(|picture| Some(picture) == *expected);
    let mut bare = whole.clone();
    for index in 0..whole.count() {
        let length = whole.length(index);
        let is_enough = |length| is_same(&whole.cut(index, length).write());
        tries.check()?;
        if length <= SPARE || !is_enough(length - SPARE) {
            continue;
        }
        let Some(least) = tries.least(length - SPARE, is_enough)? else { return Ok(None) };
        bare = bare.cut(index, least + LEFT);
    }
    let written = bare.write();
    if written.len() == frame.len() {
        return Ok(Some(frame.into()));
    }
    Ok(is_same(&written).then(|| written.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Budget;
    use crate::encode::webp::Pixels;
    use crate::options::{Effort, Quality};
    use crate::raster::{Layout, Raster};

    #[test]
    fn what_libwebp_makes_is_given_as_it_is() {
        let budget = Budget::unlimited();
        for (width, height) in [(1, 1), (1, 5), (15, 17), (33, 80), (301, 20)] {
            for plain in [false, true] {
                let value =
                    |at: usize| if plain { 90 } else { ((at % width) ^ (at / width)).to_le_bytes()[0] };
                let pixels = (0..width * height).flat_map(|at| [value(at), value(at * 3), 90]).collect();
                let raster = Raster::new(width, height, Layout::Rgb, pixels);
                for quality in [1, 20, 50, 75, 85, 92, 100].map(|quality| Quality::try_from(quality).unwrap())
                {
                    for effort in Effort::ALL {
                        let file = Pixels::of(&raster).unwrap().lossy(quality, effort, &budget).unwrap();
                        let bare = without_tails(&file[20..], &mut Tries::new(&budget)).unwrap();
                        assert!(matches!(bare, Some(Cow::Borrowed(_))), "{width}×{height}, {quality:?}");
                    }
                }
            }
        }
    }
}
