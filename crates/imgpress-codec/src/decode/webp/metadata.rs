use super::next;
use crate::exif;
use crate::metadata::{Found, Removed};

use super::MAX_CHUNKS;

/// What the chunks carry beside the picture.
pub(in crate::decode) fn metadata(input: &[u8]) -> Found<'_> {
    let mut found = Found::default();
    let size = input.get(4..).and_then(<[u8]>::first_chunk).map_or(0, |size| u32::from_le_bytes(*size));
    let end = usize::try_from(size).unwrap_or(usize::MAX).saturating_add(8);
    let mut rest = input.get(12..end).unwrap_or_default();
    for _ in 0..MAX_CHUNKS {
        let Ok(Some((name, data))) = next(&mut rest) else { break };
        match name {
            b"EXIF" if found.exif.is_none() => {
                found.exif = Some(data.strip_prefix(exif::PREFIX).unwrap_or(data).into());
            }
            b"XMP " if found.xmp.is_none() => found.xmp = Some(data.into()),
            b"VP8 " | b"VP8L" | b"VP8X" | b"ALPH" | b"ANIM" | b"ANMF" | b"ICCP" => {}
            _ => found.dropped.removes(Removed::Other),
        }
    }
    let trailing = input.get(end..).is_some_and(|rest| rest.iter().any(|byte| *byte != 0));
    found.dropped.removes_if(trailing, Removed::TrailingData);
    found
}
