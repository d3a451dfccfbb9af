//! What files may have and the parser takes for damage, or for something else.

use crate::container::boxes::Reader;

/// What the auxiliary pictures of a track are, where they are alpha (ISO/IEC 23008-12, 6.6.2.1, and 23008-2, annex F).
const ALPHA: [&[u8]; 2] = [b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1"];

/// The file as the parser takes it, `None` where it does so already:
/// - The last box need not say how long it is: its length is 0, and it reaches to the end (ISO/IEC 14496-12, 4.2).
/// - A sequence may have items of which none is said to be the picture, as GPAC writes them. Its frames are in its tracks, and
///   the items are made a box that nobody reads.
/// - A track beside another is taken for alpha, and may be depth. What it refers to is made such a box too.
pub(super) fn mended(file: &[u8]) -> Option<Vec<u8>> {
    let mut edits: Vec<(usize, [u8; 4])> = Vec::new();
    let place = |part: &[u8]| part.as_ptr().addr() - file.as_ptr().addr();
    let (mut unsaid, mut has_tracks) = (None, false);
    for (whole, kind, content) in boxes(file) {
        if whole.starts_with(&[0; 4]) {
            edits.push((place(whole), u32::try_from(whole.len()).ok()?.to_be_bytes()));
        }
        match &kind {
            b"meta" if !boxes(behind(content, 4)).any(|(_, kind, _)| &kind == b"pitm") => {
                unsaid = Some(whole);
            }
            b"moov" => {
                has_tracks = true;
                let tracks = boxes(content).filter(|(_, kind, track)| kind == b"trak" && is_no_alpha(track));
                let refers =
                    tracks.flat_map(|(.., track)| boxes(track)).filter(|(_, kind, _)| kind == b"tref");
                edits.extend(refers.map(|(whole, ..)| (place(whole) + 4, *b"free")));
            }
            _ => {}
        }
    }
    edits.extend(unsaid.filter(|_| has_tracks).map(|meta| (place(meta) + 4, *b"free")));
    if edits.is_empty() {
        return None;
    }
    let mut mended = file.to_vec();
    for (at, bytes) in edits {
        *mended.get_mut(at..)?.first_chunk_mut()? = bytes;
    }
    Some(mended)
}

/// Each box: all of it, its kind and what is in it.
fn boxes(content: &[u8]) -> impl Iterator<Item = (&[u8], [u8; 4], &[u8])> {
    let mut reader = Reader(content);
    std::iter::from_fn(move || {
        let before = reader.0;
        let (kind, content) = reader.next_box().ok()?;
        Some((before.get(..before.len() - reader.0.len())?, kind, content))
    })
}

fn behind(content: &[u8], header: usize) -> &[u8] {
    content.get(header..).unwrap_or_default()
}

/// Whether a track says what it is for, and that it is something else.
fn is_no_alpha(track: &[u8]) -> bool {
    let within = |content, kind: [u8; 4]| boxes(content).filter(move |one| one.1 == kind).map(|one| one.2);
    let tables = within(track, *b"mdia").flat_map(|media| within(media, *b"minf"));
    let tables = tables.flat_map(|media| within(media, *b"stbl")).flat_map(|table| within(table, *b"stsd"));
    let coded = tables.flat_map(|table| within(behind(table, 8), *b"av01"));
    let mut says = coded.flat_map(|coded| within(behind(coded, 78), *b"auxi")).map(|auxi| behind(auxi, 4));
    says.any(|name| !ALPHA.iter().any(|alpha| name.starts_with(alpha)))
}
