//! What files may have and the parser takes for damage, or for something else.

mod associations;

use crate::container::boxes::Reader;
use crate::error::Unsupported;

/// What the auxiliary pictures of a track are, where they are alpha (ISO/IEC 23008-12, 6.6.2.1, and 23008-2, annex F).
const ALPHA: [&[u8]; 2] = [b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1"];

/// The first of the bytes that others are written over, and those.
type Edit<'a> = (&'a [u8], Vec<u8>);

/// The file as the parser takes it, `None` where it does so already:
/// - The last box need not say how long it is: its length is 0, and it reaches to the end (ISO/IEC 14496-12, 4.2).
/// - A sequence may have items of which none is said to be the picture, as GPAC writes them. Its frames are in its tracks, and
///   the items are made a box that nobody reads.
/// - Several boxes say which items have which [properties](associations).
/// - A track beside another is taken for alpha, and may be depth. What it refers to is made such a box too.
///
/// # Errors
/// Such boxes cannot be put together.
pub(super) fn mended(file: &[u8]) -> Result<Option<Vec<u8>>, Unsupported> {
    let mut edits: Vec<Edit<'_>> = Vec::new();
    let (mut unsaid, mut has_tracks) = (None, false);
    for (whole, kind, content) in boxes(file) {
        if whole.starts_with(&[0; 4]) {
            let length = u32::try_from(whole.len()).unwrap_or(u32::MAX);
            edits.push((whole, length.to_be_bytes().into()));
        }
        match &kind {
            b"meta" => {
                let items = || boxes(behind(content, 4));
                unsaid = unsaid.or(Some(whole).filter(|_| !items().any(|(_, kind, _)| &kind == b"pitm")));
                for (_, _, iprp) in items().filter(|(_, kind, _)| kind == b"iprp") {
                    edits.extend(associations::merged(iprp)?);
                }
            }
            b"moov" => {
                has_tracks = true;
                let tracks =
                    boxes(content).filter(|(_, kind, track)| kind == b"trak" && is_other_than_alpha(track));
                let refers =
                    tracks.flat_map(|(.., track)| boxes(track)).filter(|(_, kind, _)| kind == b"tref");
                edits.extend(refers.map(|(whole, ..)| (behind(whole, 4), b"free".into())));
            }
            _ => {}
        }
    }
    edits.extend(unsaid.filter(|_| has_tracks).map(|meta| (behind(meta, 4), b"free".into())));
    if edits.is_empty() {
        return Ok(None);
    }
    let mut mended = file.to_vec();
    for (place, bytes) in edits {
        let start = place.as_ptr().addr() - file.as_ptr().addr();
        if let Some(place) = mended.get_mut(start..start + bytes.len()) {
            place.copy_from_slice(&bytes);
        }
    }
    Ok(Some(mended))
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
fn is_other_than_alpha(track: &[u8]) -> bool {
    let within = |content, kind: [u8; 4]| boxes(content).filter(move |one| one.1 == kind).map(|one| one.2);
    let tables = within(track, *b"mdia").flat_map(|media| within(media, *b"minf"));
    let tables = tables.flat_map(|media| within(media, *b"stbl")).flat_map(|table| within(table, *b"stsd"));
    let coded = tables.flat_map(|table| within(behind(table, 8), *b"av01"));
    let mut says = coded.flat_map(|coded| within(behind(coded, 78), *b"auxi")).map(|auxi| behind(auxi, 4));
    says.any(|name| !ALPHA.iter().any(|alpha| name.starts_with(alpha)))
}
