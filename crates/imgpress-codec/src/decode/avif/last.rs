//! The last box of a file, which need not say how long it is.

use crate::container::boxes::Reader;

/// The file with the length of its last box written out, where that is 0, which is to say that it reaches to the end (ISO/IEC
/// 14496-12, 4.2): the parser takes that for damage. `None` where there is nothing to write.
pub(super) fn closed(file: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader(file);
    loop {
        let at = reader.0;
        reader.next_box().ok()?;
        if at.starts_with(&[0; 4]) {
            let mut closed = file.to_vec();
            let length = u32::try_from(at.len()).ok()?.to_be_bytes();
            closed.get_mut(file.len() - at.len()..)?.first_chunk_mut().map(|field| *field = length)?;
            return Some(closed);
        }
    }
}
