//! What stands in the partitions of a lossy picture behind their data, where decoders do not look.

use std::borrow::Cow;
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
    let mut bare = whole.clone();
    for index in 0..whole.count() {
        let length = whole.length(index);
        let is_enough = |length: usize| complete::pixels(&whole.cut(index, length).write()).is_some();
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
    let keys = RandomState::new();
    let picture = |frame| complete::pixels(frame).map(|pixels| keys.hash_one(pixels));
    let picture_before = picture(frame);
    Ok((picture_before.is_some() && picture(&written) == picture_before).then(|| written.into()))
}
