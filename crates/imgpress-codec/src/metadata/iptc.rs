//! IPTC's datasets (IPTC-NAA Information Interchange Model 4.2, 1.5) and the resources of Photoshop (Adobe Photoshop
//! File Formats, "Image Resource Blocks") that carry them in a JPEG.

use super::{Removed, Report, exif, xmp};
use crate::options::{MetadataKind, MetadataKinds};

/// Start of the APP13 segment that holds resources.
pub(crate) const PREFIX: &[u8] = b"Photoshop 3.0\0";

/// The resource of IPTC's datasets.
const DATASETS: u16 = 0x0404;
/// Thumbnails, as Photoshop 4 and 5 wrote them.
const THUMBNAILS: [u16; 2] = [0x0409, 0x040c];
/// EXIF and XMP, as resources have them in files that are no JPEG.
const EXIF: [u16; 2] = [0x0422, 0x0423];
const XMP: u16 = 0x0424;

/// Most bytes of datasets that go into one segment beside what surrounds them.
const MAX_DATA: usize = 65_533 - PREFIX.len() - RESOURCE - 1;
const RESOURCE: usize = 12;

/// What is in the resources of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Resources {
    /// IPTC's datasets, one behind the other.
    pub(crate) datasets: Vec<u8>,
    pub(crate) thumbnail: bool,
    /// What of EXIF and XMP there is.
    pub(crate) blocks: Report,
    /// There are resources of other kinds.
    pub(crate) others: bool,
}

/// Reads resources up to the first that is cut off or is none.
pub(crate) fn resources(mut rest: &[u8]) -> Resources {
    let mut found = Resources::default();
    while let Some((id, data)) = next_resource(&mut rest) {
        match id {
            DATASETS => found.datasets.extend_from_slice(data),
            id if THUMBNAILS.contains(&id) => found.thumbnail = true,
            id if EXIF.contains(&id) => {
                found.blocks.removes(Removed::Exif);
                found.blocks.removes_if(exif::has_position(data), Removed::Gps);
            }
            XMP => {
                found.blocks.removes(Removed::Xmp);
                found.blocks.removes_if(xmp::has_position(data), Removed::Gps);
            }
            _ => found.others = true,
        }
    }
    found.others |= rest.iter().any(|byte| *byte != 0);
    found
}

/// Takes one resource off: its number and data. Name and data are padded to even lengths.
fn next_resource<'a>(rest: &mut &'a [u8]) -> Option<(u16, &'a [u8])> {
    let after = rest.strip_prefix(b"8BIM")?;
    let (id, after) = after.split_first_chunk()?;
    let name = usize::from(*after.first()?) + 1;
    let after = after.get(name.next_multiple_of(2)..)?;
    let (size, after) = after.split_first_chunk()?;
    let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
    let (data, after) = after.split_at_checked(size)?;
    *rest = after.get(size % 2..).unwrap_or_default();
    Some((u16::from_be_bytes(*id), data))
}

/// A dataset: its record, its number, and all of its bytes.
type Dataset<'a> = (u8, u8, &'a [u8]);

/// The datasets of a stream, up to the first that is cut off, or is none, or longer than 32,767 bytes.
fn datasets(mut rest: &[u8]) -> impl Iterator<Item = Dataset<'_>> {
    std::iter::from_fn(move || {
        let &[0x1c, record, number, high, low, ..] = rest else { return None };
        let length = 5 + usize::from(u16::from_be_bytes([high, low]));
        let (dataset, after) = rest.split_at_checked(length).filter(|_| high < 0x80)?;
        rest = after;
        Some((record, number, dataset))
    })
}

/// Whether a dataset is of these kinds. Rights: by-line, credit, source and copyright notice. Creation: date and time of
/// the picture and of its digital form. Location: of the content, and city, place, state and country.
fn is_of(kinds: MetadataKinds, record: u8, number: u8) -> bool {
    let kind = match (record, number) {
        (2, 80 | 110 | 115 | 116) => MetadataKind::Copyright,
        (2, 55 | 60 | 62 | 63) => MetadataKind::Creation,
        (2, 26 | 27 | 90 | 92 | 95 | 100 | 101) => MetadataKind::Location,
        _ => return false,
    };
    kinds.has(kind)
}

/// Whether a dataset says nothing of the picture: in which characters the others are, and which version they are of.
fn is_formal(record: u8, number: u8) -> bool {
    matches!((record, number), (1, 0 | 90) | (2, 0))
}

/// Whether there is anything else than of these kinds.
pub(super) fn has_others(stream: &[u8], kinds: MetadataKinds) -> bool {
    let (mut read, mut others) = (0, false);
    for (record, number, dataset) in datasets(stream) {
        read += dataset.len();
        others |= !is_of(kinds, record, number) && !is_formal(record, number);
    }
    others || stream.get(read..).is_some_and(|rest| rest.iter().any(|byte| *byte != 0))
}

/// The datasets of these kinds, and what they are written in; empty where there are none.
pub(super) fn chosen(stream: &[u8], kinds: MetadataKinds) -> Vec<u8> {
    let has_any = datasets(stream).any(|(record, number, _)| is_of(kinds, record, number));
    let wanted =
        |&(record, number, _): &Dataset<'_>| is_of(kinds, record, number) || (record, number) == (1, 90);
    let chosen = datasets(stream).filter(|_| has_any).filter(wanted);
    chosen.flat_map(|(_, _, dataset)| dataset).copied().collect()
}

/// All datasets that can be read.
pub(super) fn whole(stream: &[u8]) -> Vec<u8> {
    datasets(stream).flat_map(|(_, _, dataset)| dataset).copied().collect()
}

/// The payload of an APP13 segment of these datasets alone; `None` where it would be too long.
pub(super) fn segment(datasets: &[u8]) -> Option<Vec<u8>> {
    let size = u32::try_from(datasets.len()).ok().filter(|_| datasets.len() <= MAX_DATA)?;
    let mut payload = PREFIX.to_vec();
    payload.extend_from_slice(b"8BIM\x04\x04\0\0");
    payload.extend_from_slice(&size.to_be_bytes());
    payload.extend_from_slice(datasets);
    payload.resize(PREFIX.len() + RESOURCE + datasets.len().next_multiple_of(2), 0);
    Some(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(record: u8, number: u8, text: &[u8]) -> Vec<u8> {
        let length = u16::try_from(text.len()).unwrap().to_be_bytes();
        [&[0x1c, record, number], &length[..], text].concat()
    }

    #[test]
    fn rights_are_told_from_the_rest() {
        let notice = dataset(2, 116, b"(c) Ada");
        let utf_8 = dataset(1, 90, b"\x1b%G");
        let stream = [&utf_8[..], &dataset(2, 0, &[0, 4]), &dataset(2, 120, b"A caption"), &notice].concat();
        let rights = |stream: &[u8]| chosen(stream, MetadataKinds::COPYRIGHT);
        assert!(has_others(&stream, MetadataKinds::COPYRIGHT));
        assert_eq!(rights(&stream), [utf_8, notice].concat());
        assert!(!has_others(&rights(&stream), MetadataKinds::COPYRIGHT));
        assert_eq!(rights(&dataset(2, 120, b"A caption")), b"");
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in [&b"odd"[..], b"even"] {
            let datasets = dataset(2, 80, text);
            let payload = segment(&datasets).unwrap();
            let read = resources(payload.strip_prefix(PREFIX).unwrap());
            assert_eq!(read, Resources { datasets, ..Resources::default() });
        }
        assert!(segment(&vec![0x1c; MAX_DATA]).is_some_and(|payload| payload.len() <= 65_533));
        assert_eq!(segment(&vec![0x1c; MAX_DATA + 1]), None);
    }

    #[test]
    fn what_is_cut_off_is_passed_over() {
        let whole_stream = [dataset(2, 80, b"Ada"), dataset(2, 116, b"(c)")].concat();
        for length in 0..whole_stream.len() {
            let cut = &whole_stream[..length];
            assert!(whole(cut).len() <= length && whole_stream.starts_with(&whole(cut)));
        }
        let payload = segment(&whole_stream).unwrap();
        for length in 0..payload.len() {
            let read = payload[..length].strip_prefix(PREFIX).map(resources).unwrap_or_default();
            assert!(read.datasets.is_empty() || length >= payload.len() - 1, "{length}");
        }
    }
}
