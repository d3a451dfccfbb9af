//! The tables of a file (ITU-T T.81, B.2.4): what those hold that no scan uses is no part of the picture.

use std::borrow::Cow;
use std::collections::BTreeSet;

use imgpress_jpeg::Segment;

use super::rewrite::{DQT, SOS};

pub(super) const DHT: u8 = 0xc4;
const PROGRESSIVE: u8 = 0xc2;

/// Where a table is put: the marker that defines it, and its class and number.
type Place = (u8, u8);

/// The payloads of all segments: of those that define tables, those that a scan uses before others take their place. Where
/// there are none, it is empty.
pub(super) fn used<'a>(segments: &[Segment<'a>]) -> Vec<Cow<'a, [u8]>> {
    let is_progressive = segments.iter().any(|segment| segment.marker == PROGRESSIVE);
    let steps = steps(segments);
    let mut needed = BTreeSet::new();
    let from_the_end = segments.iter().enumerate().rev();
    let mut payloads: Vec<Cow<'a, [u8]>> = from_the_end
        .map(|(at, &Segment { marker, payload, .. })| {
            match marker {
                SOS => {
                    needed.extend(codes(payload, is_progressive));
                    needed.extend(steps.iter().filter(|(first, _)| *first == at).map(|(_, place)| *place));
                }
                DHT | DQT => {
                    let tables = split(marker, payload);
                    let is_needed = |table: &&[u8]| needed.remove(&place(marker, table));
                    let mut used: Vec<_> = tables.iter().copied().rev().filter(is_needed).collect();
                    if used.len() < tables.len() {
                        used.reverse();
                        return used.concat().into();
                    }
                }
                _ => {}
            }
            payload.into()
        })
        .collect();
    payloads.reverse();
    payloads
}

/// Of each component the table of its steps, which is the one that there is when its first scan comes, and where that is.
fn steps(segments: &[Segment<'_>]) -> Vec<(usize, Place)> {
    let frame = segments.iter().find(|segment| matches!(segment.marker, 0xc0..=0xc2));
    let components = frame.and_then(|frame| frame.payload.get(6..)).unwrap_or_default().as_chunks().0;
    let scans = || segments.iter().enumerate().filter(|(_, segment)| segment.marker == SOS);
    let first = |id| {
        scans().find(|(_, scan)| parts(scan.payload).iter().any(|[part, _]| *part == id)).map(|(at, _)| at)
    };
    components.iter().filter_map(|&[id, _, number]| Some((first(id)?, (DQT, number & 15)))).collect()
}

/// The tables of codes that a scan needs: of a sequential one all, whatever its header says of its coefficients.
fn codes(scan: &[u8], is_progressive: bool) -> Vec<Place> {
    let (first, last, bits) = match scan {
        [.., first, last, bits] if is_progressive => (*first, *last, *bits),
        _ => (0, 63, 0),
    };
    let of_part = |&[_, numbers]: &[u8; 2]| {
        let dc = (first == 0 && bits >> 4 == 0).then_some((DHT, numbers >> 4));
        [dc, (last != 0).then_some((DHT, 0x10 | numbers & 15))]
    };
    parts(scan).iter().flat_map(of_part).flatten().collect()
}

/// The components of a scan, each with the numbers of its tables.
fn parts(scan: &[u8]) -> &[[u8; 2]] {
    let (count, rest) = scan.split_first().map_or((0, scan), |(count, rest)| (usize::from(*count), rest));
    let parts = rest.as_chunks().0;
    parts.get(..count).unwrap_or(parts)
}

/// The tables in a payload, each with the byte that says what it is. What is no table was refused before.
fn split(marker: u8, mut payload: &[u8]) -> Vec<&[u8]> {
    let mut tables = Vec::new();
    while let [head, rest @ ..] = payload {
        let length = match (marker, head) {
            (DHT, _) => 16 + rest.iter().take(16).map(|count| usize::from(*count)).sum::<usize>(),
            (_, 0..=15) => 64,
            _ => 128,
        };
        let Some((table, behind)) = payload.split_at_checked(1 + length) else { break };
        tables.push(table);
        payload = behind;
    }
    tables
}

fn place(marker: u8, table: &[u8]) -> Place {
    let head = table.first().copied().unwrap_or(0);
    // Of steps, the class is how wide they are.
    (marker, if marker == DQT { head & 15 } else { head })
}
