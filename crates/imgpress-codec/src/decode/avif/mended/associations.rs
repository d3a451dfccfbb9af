//! Which item has which properties, where several boxes say so: the parser heeds the last of them alone. cavif writes one
//! for each item.

use super::{Edit, behind, boxes};
use crate::error::Unsupported;

/// As many bytes over the boxes ipma of an iprp, of which the last says what all said, and the ones before it nothing. `None`
/// for a single one.
///
/// # Errors
/// They are of different forms, or apart.
pub(super) fn merged(iprp: &[u8]) -> Result<Option<Edit<'_>>, Unsupported> {
    let all: Vec<_> = boxes(iprp).filter(|(_, kind, _)| kind == b"ipma").collect();
    let [(first, _, content), others @ ..] = all.as_slice() else { return Ok(None) };
    if others.is_empty() {
        return Ok(None);
    }
    let unknown = || Unsupported::Known("This kind of AVIF");
    // Version and flags, and how many items follow.
    let form = content.first_chunk::<4>().ok_or_else(unknown)?;
    let (mut count, mut entries, mut end) = (0_u32, Vec::new(), first.as_ptr());
    for (whole, _, content) in &all {
        let said = behind(content, 4).first_chunk().map(|count| u32::from_be_bytes(*count));
        if !content.starts_with(form) || whole.as_ptr() != end || whole.len() != content.len() + 8 {
            return Err(unknown());
        }
        count = said.and_then(|said| count.checked_add(said)).ok_or_else(unknown)?;
        entries.extend_from_slice(behind(content, 8));
        end = whole.as_ptr_range().end;
    }
    let ipma = |count: u32, entries: &[u8]| {
        let length = u32::try_from(entries.len() + 16).unwrap_or(u32::MAX).to_be_bytes();
        [&length, b"ipma".as_slice(), form, &count.to_be_bytes(), entries].concat()
    };
    Ok(Some((first, [ipma(0, &[]).repeat(others.len()), ipma(count, &entries)].concat())))
}
