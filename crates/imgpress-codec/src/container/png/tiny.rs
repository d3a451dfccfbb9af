//! Pictures of a few pixels, which the encoder does not pack at all.

use std::io::{self, Read};

use flate2::read::ZlibDecoder;

use super::Still;
use super::stream::compressed;
use crate::container::Extras;

/// Rows of no more bytes libdeflate may store as they are: so many less four times its level (`deflate_compress.c`,
/// `max_passthrough_size`).
const MAY_BE_STORED: u64 = 55;

/// A bare file, with the stream of a tiny picture packed by zlib's way where that is shorter.
///
/// # Errors
/// The stream's, which there are none of in what an encoder made.
pub(crate) fn packed_if_tiny(file: Vec<u8>) -> io::Result<Vec<u8>> {
    let Some(still) = Still::read(&file) else { return Ok(file) };
    if still.bytes().is_none_or(|bytes| bytes > MAY_BE_STORED) {
        return Ok(file);
    }
    let mut rows = Vec::new();
    ZlibDecoder::new(&*still.data.concat()).take(MAY_BE_STORED).read_to_end(&mut rows)?;
    let packed = compressed(&rows)?;
    let smaller = Still { data: vec![&packed], ..still }.write(&Extras::default(), false);
    Ok(if smaller.len() < file.len() { smaller } else { file })
}
