//! What files may have and the parser takes for damage.

use crate::container::boxes::Reader;

/// The file as the parser takes it, `None` where it does so already:
/// - The last box need not say how long it is: its length is 0, and it reaches to the end (ISO/IEC 14496-12, 4.2).
/// - A sequence may have items of which none is said to be the picture, as GPAC writes them. Its frames are in its tracks, and
///   the items are made a box that nobody reads.
pub(super) fn mended(file: &[u8]) -> Option<Vec<u8>> {
    let (mut reader, mut edits, mut unsaid, mut has_tracks) = (Reader(file), Vec::new(), None, false);
    while !reader.is_empty() {
        let (at, rest) = (file.len() - reader.0.len(), reader.0);
        let (kind, content) = reader.next_box().ok()?;
        if rest.starts_with(&[0; 4]) {
            edits.push((at, u32::try_from(rest.len()).ok()?.to_be_bytes()));
        }
        has_tracks |= &kind == b"moov";
        if &kind == b"meta" && !names_picture(content) {
            unsaid = Some(at + 4);
        }
    }
    edits.extend(unsaid.filter(|_| has_tracks).map(|at| (at, *b"free")));
    if edits.is_empty() {
        return None;
    }
    let mut mended = file.to_vec();
    for (at, bytes) in edits {
        *mended.get_mut(at..)?.first_chunk_mut()? = bytes;
    }
    Some(mended)
}

/// Whether items, in the box meta, say which of them is the picture.
fn names_picture(meta: &[u8]) -> bool {
    let mut reader = Reader(meta.get(4..).unwrap_or_default());
    std::iter::from_fn(|| reader.next_box().ok()).any(|(kind, _)| &kind == b"pitm")
}
