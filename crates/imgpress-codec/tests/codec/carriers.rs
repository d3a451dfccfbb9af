//! Files that carry more than a picture, and what is found in them again.

use imgpress_codec::options::{Metadata, Options};
use imgpress_codec::{Budget, Limits, Output, Removed, compress};

use crate::fixtures::{Coding, Picture, jpeg, with_segment};

/// Bytes that every part of the metadata carries, each with an ending of its own.
pub(crate) const SECRETS: [&[u8]; 12] = [
    b"secret-title",
    b"secret-serial",
    b"secret-maker",
    b"secret-thumbnail",
    b"secret-label",
    b"secret-caption",
    b"secret-comment",
    b"secret-behind",
    b"secret-preview",
    b"secret-extension",
    b"secret-unknown",
    b"GPSLatitude",
];

/// Where the maker's note stands in [`block`], from its start: it must stay there.
pub(crate) const MAKER_NOTE_AT: usize = 256;

pub(crate) const PACKET: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:t="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:r="http://ns.adobe.com/xap/1.0/rights/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 t:Orientation="6" exif:GPSLatitude="48,51.5N" xmp:Label='secret-label "quoted"' photoshop:Credit="Ada &amp; Sons" r:Marked="True">
<exif:PixelXDimension>7</exif:PixelXDimension>
<xmp:Thumbnails><rdf:Alt><rdf:li>secret-thumbnail</rdf:li></rdf:Alt></xmp:Thumbnails>
<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">&#169; Ada &lt;2026&gt;</rdf:li></rdf:Alt></dc:rights>
<dc:creator><rdf:Seq><rdf:li>Ada</rdf:li><rdf:li>Bert</rdf:li></rdf:Seq></dc:creator>
<r:UsageTerms><rdf:Alt><rdf:li xml:lang="de">Nur
mit Erlaubnis</rdf:li></rdf:Alt></r:UsageTerms>
</rdf:Description></rdf:RDF></x:xmpmeta>
                                                                        
<?xpacket end="w"?>"#;

/// One entry of a directory: tag, kind, count, and four bytes of value or place.
type Entry = (u16, u16, u32, [u8; 4]);

fn directory(entries: &[Entry], next: u32) -> Vec<u8> {
    let mut bytes = u16::try_from(entries.len()).unwrap().to_be_bytes().to_vec();
    for (tag, kind, count, value) in entries {
        bytes.extend(tag.to_be_bytes().into_iter().chain(kind.to_be_bytes()));
        bytes.extend(count.to_be_bytes().into_iter().chain(*value));
    }
    bytes.extend(next.to_be_bytes());
    bytes
}

fn at(place: u32) -> [u8; 4] {
    place.to_be_bytes()
}

/// An EXIF block without a prefix: a title, an orientation, rights, a serial number, a maker's note, a position and a
/// thumbnail, which comes last, as cameras put it.
pub(crate) fn block(orientation: u8) -> Vec<u8> {
    let first = [
        (0x010e, 2, 13, at(400)),
        (0x0112, 3, 1, [0, orientation, 0, 0]),
        (0x013b, 2, 4, *b"Ada\0"),
        (0x8298, 2, 8, at(420)),
        (0x8769, 4, 1, at(100)),
        (0x8825, 4, 1, at(180)),
    ];
    let exif = [
        (0x927c, 7, 24, at(u32::try_from(MAKER_NOTE_AT).unwrap())),
        (0xa002, 4, 1, at(7)),
        (0xa003, 3, 1, [0, 5, 0, 0]),
        (0xa431, 2, 14, at(430)),
    ];
    let gps = [(0, 1, 4, [2, 3, 0, 0]), (1, 2, 2, *b"N\0\0\0"), (2, 5, 3, at(300))];
    let thumbnail = [(0x0201, 4, 1, at(560)), (0x0202, 4, 1, at(18))];
    let parts: [(usize, Vec<u8>); 11] = [
        (0, b"MM\0\x2a\0\0\0\x08".to_vec()),
        (8, directory(&first, 500)),
        (100, directory(&exif, 0)),
        (180, directory(&gps, 0)),
        (MAKER_NOTE_AT, b"maker\0\x01\0secret-maker 1234".to_vec()),
        (300, [48_u32, 1, 51, 1, 30, 1].into_iter().flat_map(u32::to_be_bytes).collect()),
        (400, b"secret-title\0".to_vec()),
        (420, b"(c) Ada\0".to_vec()),
        (430, b"secret-serial\0".to_vec()),
        (500, directory(&thumbnail, 0)),
        (560, b"\xff\xd8secret-thumbnail".to_vec()),
    ];
    let mut block = Vec::new();
    for (place, part) in parts {
        assert!(block.len() <= place, "{place}");
        block.resize(place, 0);
        block.extend(part);
    }
    block
}

pub(crate) fn dataset(record: u8, number: u8, text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    [&[0x1c, record, number], &length[..], text].concat()
}

/// IPTC's datasets: a caption, a by-line and a copyright notice in UTF-8.
pub(crate) fn datasets() -> Vec<u8> {
    [
        dataset(1, 90, b"\x1b%G"),
        dataset(2, 80, b"Ada"),
        dataset(2, 116, "© Ada".as_bytes()),
        dataset(2, 120, b"secret-caption"),
    ]
    .concat()
}

/// A resource of Photoshop, without a name.
pub(crate) fn resource(id: u16, data: &[u8]) -> Vec<u8> {
    let size = u32::try_from(data.len()).unwrap().to_be_bytes();
    let mut bytes = [b"8BIM", &id.to_be_bytes()[..], b"\0\0", &size[..], data].concat();
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}

pub(crate) fn exif_segment(jpeg: &[u8], block: &[u8]) -> Vec<u8> {
    with_segment(jpeg, 0xe1, &[b"Exif\0\0", block].concat())
}

pub(crate) fn xmp_segment(jpeg: &[u8], packet: &str) -> Vec<u8> {
    with_segment(jpeg, 0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()].concat())
}

/// A JPEG of everything that a JPEG can carry.
pub(crate) fn laden(quality: u8, orientation: u8) -> Vec<u8> {
    let plain = jpeg(&Picture::photo(160, 120), Coding { quality, ..Coding::default() });
    let resources = [
        resource(0x0404, &datasets()),
        resource(0x040c, b"secret-thumbnail"),
        resource(0x0422, b"secret-unknown"),
    ];
    let resources = [b"Photoshop 3.0\0", &resources.concat()[..]].concat();
    let mut bytes = with_segment(&plain, 0xfe, b"secret-comment");
    bytes = with_segment(&bytes, 0xe7, b"secret-unknown");
    bytes = with_segment(&bytes, 0xe2, b"MPF\0secret-preview");
    bytes =
        with_segment(&bytes, 0xe1, b"http://ns.adobe.com/xmp/extension/\0secret-extension exif:GPSLatitude");
    bytes = with_segment(&bytes, 0xed, &resources);
    bytes = xmp_segment(&bytes, PACKET);
    bytes = exif_segment(&bytes, &block(orientation));
    bytes.extend_from_slice(b"\xff\xd8secret-preview\xff\xd9secret-behind");
    bytes
}

pub(crate) fn run_with(input: &[u8], quality: u8, metadata: Metadata) -> Output {
    let options = Options { quality: quality.try_into().unwrap(), metadata, ..Options::default() };
    compress(input, &options, &Limits::default(), &Budget::unlimited()).unwrap()
}

/// Marker and payload of every segment ahead of the first scan.
pub(crate) fn segments(jpeg: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let (mut rest, mut segments) = (&jpeg[2..], Vec::new());
    while let &[0xff, marker, high, low, ..] = rest
        && marker != 0xda
    {
        let length = usize::from(u16::from_be_bytes([high, low])) + 2;
        segments.push((marker, rest[4..length].to_vec()));
        rest = &rest[length..];
    }
    segments
}

/// The payload of the one segment that starts so, without that start.
#[track_caller]
pub(crate) fn segment(jpeg: &[u8], start: &[u8]) -> Option<Vec<u8>> {
    let mut found =
        segments(jpeg).into_iter().filter_map(|(_, payload)| Some(payload.strip_prefix(start)?.to_vec()));
    let one = found.next();
    assert_eq!(found.next(), None, "one alone");
    one
}

pub(crate) fn packet_in(jpeg: &[u8]) -> Option<String> {
    segment(jpeg, b"http://ns.adobe.com/xap/1.0/\0").map(|packet| String::from_utf8(packet).unwrap())
}

/// Tags and values of a JPEG's EXIF, as a reader of another hand finds them; those of a thumbnail are marked.
pub(crate) fn tags(jpeg: &[u8]) -> Vec<String> {
    let Ok(exif) = ::exif::Reader::new().read_from_container(&mut std::io::Cursor::new(jpeg)) else {
        return Vec::new();
    };
    let describe = |field: &::exif::Field| {
        let thumbnail = if field.ifd_num == ::exif::In::PRIMARY { "" } else { "of the thumbnail: " };
        format!("{thumbnail}{}={}", field.tag, field.display_value())
    };
    exif.fields().map(describe).collect()
}

pub(crate) fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

pub(crate) fn removed(output: &Output) -> Vec<&'static str> {
    output.removed.iter().copied().map(Removed::name).collect()
}

pub(crate) fn notes(output: &Output) -> Vec<&'static str> {
    output.notes.iter().map(|note| note.code()).collect()
}
