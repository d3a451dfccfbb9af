//! What of an embedded profile belongs to it (ICC.1:2022, 7.1 to 7.3).

use std::borrow::Cow;
use std::ops::Range;

/// Of a header of 128 bytes, those that mean something; the rest is reserved, and zero.
const HEADER: Range<usize> = 0..100;

/// Where in it the checksum of the profile is: zeros where nobody has made one.
const CHECKSUM: Range<usize> = 84..100;

/// Where the table of tags is: behind its count, of each tag its name, its offset and its length.
const COUNT: usize = 128;
const TAGS: usize = COUNT + 4;
const TAG: usize = 12;

/// A profile without what stands behind its end, and with zeros in place of bytes that nothing in it refers to: what they
/// hold is no colour. A profile that has none of them is given as it is.
pub(crate) fn profile(embedded: &[u8]) -> Cow<'_, [u8]> {
    let bytes = up_to_its_end(embedded);
    let strays: Vec<_> = strays(bytes).into_iter().filter(|range| holds_something(bytes, range)).collect();
    let Some(last) = strays.last() else { return bytes.into() };
    let mut own = bytes.to_vec();
    strays.iter().cloned().for_each(|range| own[range].fill(0));
    own[CHECKSUM].fill(0);
    if last.end == own.len() {
        // Its length is a multiple of four.
        own.truncate(last.start.next_multiple_of(4).min(last.end));
        let length = u32::try_from(own.len()).unwrap_or(u32::MAX);
        own[..4].copy_from_slice(&length.to_be_bytes());
    }
    own.into()
}

/// It begins with its length.
fn up_to_its_end(embedded: &[u8]) -> &[u8] {
    let length = embedded.first_chunk().map(|length| u32::from_be_bytes(*length));
    let length = length.and_then(|length| usize::try_from(length).ok());
    length.and_then(|length| embedded.get(..length)).unwrap_or(embedded)
}

/// The bytes between what the profile refers to, in order; none of one that is too short to have tags.
fn strays(bytes: &[u8]) -> Vec<Range<usize>> {
    let Some(count) = bytes.get(COUNT..).and_then(<[u8]>::first_chunk) else { return Vec::new() };
    let count = usize::try_from(u32::from_be_bytes(*count)).unwrap_or(usize::MAX);
    let (table, _) = bytes[TAGS..].as_chunks::<TAG>();
    let table = &table[..count.min(table.len())];
    let mut used = vec![HEADER, COUNT..TAGS + table.len() * TAG];
    used.extend(table.iter().map(|&[_, _, _, _, o3, o2, o1, o0, l3, l2, l1, l0]| {
        let [start, length] = [[o3, o2, o1, o0], [l3, l2, l1, l0]]
            .map(|number| usize::try_from(u32::from_be_bytes(number)).unwrap_or(usize::MAX));
        start.min(bytes.len())..start.saturating_add(length).min(bytes.len())
    }));
    used.push(bytes.len()..bytes.len());
    used.sort_unstable_by_key(|range| range.start);
    let mut strays = Vec::new();
    used.into_iter().fold(0, |end, range| {
        strays.push(end..range.start.max(end));
        end.max(range.end)
    });
    strays.retain(|range| !range.is_empty());
    strays
}

fn holds_something(bytes: &[u8], range: &Range<usize>) -> bool {
    bytes.get(range.clone()).is_some_and(|bytes| bytes.iter().any(|byte| *byte != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p3() -> Vec<u8> {
        let mut icc = moxcms::ColorProfile::new_display_p3().encode().unwrap();
        icc.resize(icc.len().next_multiple_of(4), 0);
        sized(icc)
    }

    /// The profile with its own length.
    fn sized(mut bytes: Vec<u8>) -> Vec<u8> {
        let length = u32::try_from(bytes.len()).unwrap();
        bytes[..4].copy_from_slice(&length.to_be_bytes());
        bytes
    }

    #[test]
    fn what_is_sound_stays_as_it_is() {
        let icc = p3();
        assert!(matches!(profile(&icc), Cow::Borrowed(bytes) if bytes == icc));
        let padded = sized([&icc[..], &[0; 100]].concat());
        assert!(matches!(profile(&padded), Cow::Borrowed(bytes) if bytes == padded));
        for short in [&b""[..], b"\0\0\0\x06ab<html>", &icc[..100], &[0xff; 131]] {
            assert!(matches!(profile(short), Cow::Borrowed(_)));
        }
    }

    #[test]
    fn what_nothing_refers_to_goes() {
        let icc = p3();
        for count in [1, 38, 40_000] {
            let tailed = sized([&icc[..], &vec![b'<'; count]].concat());
            assert_eq!(profile(&tailed)[..], icc, "{count} bytes behind the last tag");
        }
        let mut reserved = icc.clone();
        reserved[100..128].fill(b'<');
        assert_eq!(profile(&reserved)[..], icc);
        // Between the table and the first tag.
        let count = u32::from_be_bytes(*icc[COUNT..].first_chunk().unwrap()) as usize;
        let mut parted = [&icc[..TAGS + count * TAG], &[b'<'; 400], &icc[TAGS + count * TAG..]].concat();
        for tag in parted[TAGS..].as_chunks_mut::<TAG>().0.iter_mut().take(count) {
            let offset = u32::from_be_bytes(*tag[4..].first_chunk().unwrap()) + 400;
            tag[4..8].copy_from_slice(&offset.to_be_bytes());
        }
        let bare = profile(&sized(parted.clone())).into_owned();
        assert_eq!(bare.len(), parted.len());
        assert!(!bare.contains(&b'<'));
        assert!(moxcms::ColorProfile::new_from_slice(&bare).is_ok());
        assert_eq!(profile(&bare)[..], bare, "a second pass");
    }

    #[test]
    fn any_bytes_are_read() {
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as usize
        };
        for _ in 0..5_000 {
            let mut bytes = p3();
            for _ in 0..1 + noise() % 8 {
                let at = noise() % 400;
                bytes[at] = [0, 1, 0xff, 0x80][noise() % 4];
            }
            bytes.truncate(noise() % 1_000);
            let once = profile(&bytes).into_owned();
            assert!(once.len() <= bytes.len());
            assert_eq!(profile(&once)[..], once, "a second pass");
        }
    }
}
