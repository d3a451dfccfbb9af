//! Metadata of the formats that are not JPEG.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use imgpress_codec::options::Metadata;

use crate::carriers::{
    PACKET, SECRETS, block, contains, datasets, notes, packet_in, removed, resource, run_with, segment, tags,
};
use crate::fixtures::{Picture, gif, png_rgb, webp};
use crate::png_colors::with_chunk;

fn picture() -> Picture {
    Picture::photo(48, 32)
}

fn assert_no_secret(bytes: &[u8]) {
    for secret in SECRETS {
        assert!(!contains(bytes, secret), "{}", String::from_utf8_lossy(secret));
    }
}

/// Of an input with [`block`] and [`PACKET`]: what strip, copyright and keep make of them.
fn assert_carried(input: &[u8], also_removed: &[&str]) {
    let output = run_with(input, 80, Metadata::Strip);
    assert_no_secret(&output.bytes);
    assert_eq!((tags(&output.bytes), packet_in(&output.bytes)), (vec![], None));
    for name in ["exif", "gps", "thumbnail", "xmp", "maker-note"].iter().chain(also_removed) {
        assert!(removed(&output).contains(name), "{name} in {:?}", output.removed);
    }
    let output = run_with(input, 80, Metadata::COPYRIGHT);
    assert_no_secret(&output.bytes);
    assert_eq!(tags(&output.bytes), ["Artist=\"Ada\"", "Copyright=\"(c) Ada\""]);
    assert!(packet_in(&output.bytes).unwrap().contains("<rdf:li>Bert</rdf:li>"));
    let output = run_with(input, 80, Metadata::Keep);
    let found = tags(&output.bytes);
    for tag in ["Orientation=row 0 at top and column 0 at left", "BodySerialNumber=\"secret-serial\""] {
        assert!(found.iter().any(|found| found == tag), "{tag} in {found:?}");
    }
    assert!(packet_in(&output.bytes).unwrap().contains("t:Orientation=\"1\""));
    assert!(!contains(&output.bytes, b"secret-thumbnail"));
    let mut expected = vec!["thumbnail"];
    expected.extend(also_removed);
    assert_eq!(removed(&output), expected);
    assert_eq!(run_with(&output.bytes, 80, Metadata::Keep).bytes, output.bytes, "a second pass");
}

fn international(keyword: &str, text: &[u8], compressed: bool) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(text).unwrap();
    let text = if compressed { zlib.finish().unwrap() } else { text.to_vec() };
    [keyword.as_bytes(), &[0, u8::from(compressed), 0], b"\0\0", &text].concat()
}

#[test]
fn a_png_carries_exif_and_xmp() {
    for compressed in [false, true] {
        let mut input = with_chunk(&png_rgb(&picture()), b"eXIf", &block(6));
        input =
            with_chunk(&input, b"iTXt", &international("XML:com.adobe.xmp", PACKET.as_bytes(), compressed));
        input = with_chunk(&input, b"tEXt", b"Comment\0secret-comment");
        input = with_chunk(&input, b"tIME", &[7, 230, 1, 1, 0, 0, 0]);
        input.extend_from_slice(b"secret-behind");
        assert_carried(&input, &["comment", "trailing-data", "other"]);
    }
}

#[test]
fn texts_of_a_png_become_exif() {
    let latin_1 = with_chunk(&png_rgb(&picture()), b"tEXt", b"Copyright\0\xa9 Ada");
    let both = with_chunk(&latin_1, b"iTXt", &international("Author", "Ada Ł.".as_bytes(), true));
    for wanted in [Metadata::COPYRIGHT, Metadata::Keep] {
        let output = run_with(&both, 80, wanted);
        let exif = segment(&output.bytes, b"Exif\0\0").unwrap();
        assert!(contains(&exif, "© Ada\0".as_bytes()) && contains(&exif, "Ada Ł.\0".as_bytes()));
        assert_eq!(removed(&output), [""; 0]);
    }
    let output = run_with(&both, 80, Metadata::Strip);
    assert_eq!((tags(&output.bytes), removed(&output)), (vec![], vec!["comment"]));
    let exif_says_it = with_chunk(&both, b"eXIf", &block(1));
    assert_eq!(tags(&run_with(&exif_says_it, 80, Metadata::COPYRIGHT).bytes)[0], "Artist=\"Ada\"");
}

#[test]
fn a_profile_in_hexadecimal_is_exif_too() {
    let mut hex = format!("\nexif\n{:8}\n", block(1).len() + 6);
    for (at, byte) in b"Exif\0\0".iter().chain(&block(1)).enumerate() {
        hex.push_str(&format!("{byte:02x}{}", if at % 36 == 35 { "\n" } else { "" }));
    }
    let mut zlib = ZlibEncoder::new(b"Raw profile type exif\0\0".to_vec(), Compression::default());
    zlib.write_all(hex.as_bytes()).unwrap();
    let input = with_chunk(&png_rgb(&picture()), b"zTXt", &zlib.finish().unwrap());
    assert_eq!(tags(&run_with(&input, 80, Metadata::COPYRIGHT).bytes)[0], "Artist=\"Ada\"");
    assert!(removed(&run_with(&input, 80, Metadata::Strip)).contains(&"gps"));
}

#[test]
fn a_webp_carries_exif_and_xmp() {
    let mut input = webp(&picture(), &block(6));
    for (name, data) in [(b"XMP ", PACKET.as_bytes()), (b"SCRT", b"secret-unknown")] {
        input.extend_from_slice(name);
        input.extend_from_slice(&u32::try_from(data.len()).unwrap().to_le_bytes());
        input.extend_from_slice(data);
        input.resize(input.len().next_multiple_of(2), 0);
    }
    let size = u32::try_from(input.len() - 8).unwrap().to_le_bytes();
    input[4..8].copy_from_slice(&size);
    input.extend_from_slice(b"secret-behind");
    assert_carried(&input, &["trailing-data", "other"]);
}

/// A big-endian TIFF of one strip with what the entries hold.
fn tiff(more: &[(u16, u16, &[u8])], second_page: bool) -> Vec<u8> {
    let picture = picture();
    let (width, height) = picture.size();
    let long = |number: u32| number.to_be_bytes().to_vec();
    let count = u16::try_from(10 + more.len()).unwrap();
    let mut place = 8 + 2 + 12 * u32::from(count) + 4;
    let strip = place;
    place += width * height * 3;
    let mut entries: Vec<(u16, u16, Vec<u8>)> = vec![
        (256, 4, long(width)),
        (257, 4, long(height)),
        (258, 3, [0, 8, 0, 8, 0, 8].to_vec()),
        (259, 3, vec![0, 1]),
        (262, 3, vec![0, 2]),
        (273, 4, long(strip)),
        (274, 3, vec![0, 6]),
        (277, 3, vec![0, 3]),
        (278, 4, long(height)),
        (279, 4, long(width * height * 3)),
    ];
    entries.extend(more.iter().map(|(tag, kind, value)| (*tag, *kind, value.to_vec())));
    entries.sort_by_key(|entry| entry.0);
    let mut bytes = b"MM\0\x2a\0\0\0\x08".to_vec();
    bytes.extend(count.to_be_bytes());
    let mut values = Vec::new();
    for (tag, kind, mut value) in entries {
        let size = match kind {
            3 => 2,
            4 => 4,
            _ => 1,
        };
        bytes.extend(tag.to_be_bytes().into_iter().chain(kind.to_be_bytes()));
        bytes.extend(u32::try_from(value.len() / size).unwrap().to_be_bytes());
        if value.len() <= 4 {
            value.resize(4, 0);
            bytes.extend(value);
        } else {
            bytes.extend((place + u32::try_from(values.len()).unwrap()).to_be_bytes());
            values.extend(value);
            values.resize(values.len().next_multiple_of(2), 0);
        }
    }
    let end = strip + width * height * 3 + u32::try_from(values.len()).unwrap();
    let second = if second_page { [&bytes[8..], &[0; 4]].concat() } else { Vec::new() };
    bytes.extend(if second_page { end } else { 0 }.to_be_bytes());
    [bytes, picture.rgb, values, second].concat()
}

#[test]
fn a_tiff_carries_its_own_tags_xmp_and_iptc() {
    let resources = [resource(0x040c, b"secret-thumbnail"), resource(0x0404, &datasets())].concat();
    let more: [(u16, u16, &[u8]); 6] = [
        (270, 2, b"secret-title\0"),
        (315, 2, b"Ada\0"),
        (700, 1, PACKET.as_bytes()),
        (33432, 2, b"(c) Ada\0"),
        (33723, 7, &datasets()),
        (34377, 7, &resources),
    ];
    let input = tiff(&more, false);
    let output = run_with(&input, 80, Metadata::Strip);
    assert_no_secret(&output.bytes);
    assert_eq!(removed(&output), ["exif", "gps", "thumbnail", "xmp", "iptc"]);
    let output = run_with(&input, 80, Metadata::COPYRIGHT);
    assert_no_secret(&output.bytes);
    assert_eq!(tags(&output.bytes), ["Artist=\"Ada\"", "Copyright=\"(c) Ada\""]);
    assert!(contains(&output.bytes, b"<rdf:li>Bert</rdf:li>"));
    assert!(contains(&segment(&output.bytes, b"Photoshop 3.0\0").unwrap(), "© Ada".as_bytes()));
    let output = run_with(&input, 80, Metadata::Keep);
    let found = tags(&output.bytes);
    assert_eq!(found, ["ImageDescription=\"secret-title\"", "Artist=\"Ada\"", "Copyright=\"(c) Ada\""]);
    assert!(contains(&output.bytes, b"secret-label") && contains(&output.bytes, b"secret-caption"));
    assert_eq!(run_with(&output.bytes, 80, Metadata::Keep).bytes, output.bytes, "a second pass");
}

#[test]
fn a_tiff_without_metadata_says_nothing_and_its_pages_are_told() {
    let output = run_with(&tiff(&[], false), 80, Metadata::Keep);
    assert_eq!((removed(&output), notes(&output), tags(&output.bytes)), (vec![], vec![], vec![]));
    assert_eq!(notes(&run_with(&tiff(&[], true), 80, Metadata::Strip)), ["frames-dropped"]);
}

#[test]
fn what_a_gif_carried_is_told() {
    let mut input = gif(&picture(), |_| 255);
    assert_eq!(input.pop(), Some(0x3b), "the trailer");
    input.extend_from_slice(b"\x21\xfe\x0esecret-comment\0");
    input.extend_from_slice(b"\x21\xff\x0bXMP DataXMP\x10exif:GPSLatitude\0;secret-behind");
    for wanted in Metadata::ALL {
        let output = run_with(&input, 80, wanted);
        assert_no_secret(&output.bytes);
        assert_eq!(removed(&output), ["gps", "xmp", "comment", "trailing-data"]);
    }
    let plain = run_with(&gif(&picture(), |_| 255), 80, Metadata::Strip);
    assert_eq!((removed(&plain), notes(&plain)), (vec![], vec![]));
}

#[test]
fn what_is_too_large_is_dropped_with_a_note() {
    let long = PACKET.replace("secret-label", &"long".repeat(20_000));
    let mut large = block(1);
    large.resize(70_000, 1);
    let plain = png_rgb(&picture());
    let inputs = [
        with_chunk(&plain, b"iTXt", &international("XML:com.adobe.xmp", long.as_bytes(), false)),
        with_chunk(&plain, b"iTXt", &international("XML:com.adobe.xmp", long.as_bytes(), true)),
        with_chunk(&plain, b"eXIf", &large),
    ];
    for input in inputs {
        let output = run_with(&input, 80, Metadata::Keep);
        assert_eq!(notes(&output), ["metadata-too-large"]);
        assert!(output.bytes.len() < 10_000);
    }
}

#[test]
fn values_that_many_entries_share_are_not_copied_for_each() {
    // In a file of 64 KB that say 60 KB each: 60 MB, if they were.
    let long = vec![b'a'; 60_000];
    let mut more: Vec<(u16, u16, &[u8])> = vec![(270, 2, &long)];
    more.extend([(271, 2, &b"shared"[..]); 900]);
    let mut input = tiff(&more, false);
    let entries: Vec<usize> = (10..10 + 12 * 911).step_by(12).collect();
    let title = *entries.iter().find(|at| input[**at..**at + 2] == [1, 14]).unwrap();
    let value: [u8; 8] = input[title + 4..title + 12].try_into().unwrap();
    for at in entries.into_iter().filter(|at| *at < 10 + 12 * 910) {
        if input[at..at + 2] == [1, 15] {
            input[at + 4..at + 12].copy_from_slice(&value);
        }
    }
    let output = run_with(&input, 80, Metadata::Keep);
    assert!(output.bytes.len() < 10_000);
    assert_eq!((removed(&output), notes(&output)), (vec!["exif"], vec!["metadata-too-large"]));
}

#[test]
fn texts_that_inflate_to_much_are_cut() {
    let mut input = png_rgb(&picture());
    for keyword in ["XML:com.adobe.xmp", "Author", "Copyright", "Raw profile type exif", "Comment"] {
        let bomb = international(keyword, &vec![b' '; 20 << 20], true);
        for _ in 0..50 {
            input = with_chunk(&input, b"iTXt", &bomb);
        }
    }
    for wanted in Metadata::ALL {
        let output = run_with(&input, 80, wanted);
        assert!(output.bytes.len() < 10_000, "{wanted}");
    }
}
