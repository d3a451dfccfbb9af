//! What goes and what stays of a JPEG's metadata, and what is said of it.

use imgpress_codec::Outcome;
use imgpress_codec::options::{Metadata, MetadataKind};

use crate::carriers::{
    MAKER_NOTE_AT, PACKET, SECRETS, block, contains, dataset, datasets, exif_segment, laden, notes,
    packet_in, removed, resource, run_with, segment, segments, tags, xmp_segment,
};
use crate::fixtures::{Coding, Decoded, Picture, display_p3, exif, jpeg, with_segment};

/// A quality that the fixture is kept at, and one that it is compressed at.
const BOTH: [(u8, u8, Outcome); 2] = [(20, 80, Outcome::Kept), (98, 70, Outcome::Compressed)];

#[test]
fn the_fixture_carries_all_of_it() {
    let input = laden(98, 6);
    for secret in SECRETS {
        assert!(contains(&input, secret), "{}", String::from_utf8_lossy(secret));
    }
    let tags = tags(&input);
    for tag in ["Orientation=row 0 at right and column 0 at top", "GPSLatitude=48 deg 51 min 30 sec"] {
        assert!(tags.iter().any(|found| found == tag), "{tag} in {tags:?}");
    }
}

#[test]
fn strip_leaves_nothing_and_says_what_there_was() {
    for (of, at, outcome) in BOTH {
        let output = run_with(&laden(of, 6), at, Metadata::Strip);
        assert_eq!(output.outcome, outcome);
        for secret in SECRETS {
            assert!(!contains(&output.bytes, secret), "{} {outcome:?}", String::from_utf8_lossy(secret));
        }
        let expected: &[&str] =
            if outcome == Outcome::Kept { &["Orientation=row 0 at right and column 0 at top"] } else { &[] };
        assert_eq!(tags(&output.bytes), expected);
        let other =
            segments(&output.bytes).into_iter().filter(|(marker, _)| !matches!(marker, 0xc0..=0xdb | 0xe0));
        assert_eq!(other.count(), usize::from(outcome == Outcome::Kept), "the orientation's segment alone");
        assert_eq!(
            removed(&output),
            [
                "exif",
                "gps",
                "thumbnail",
                "xmp",
                "iptc",
                "comment",
                "trailing-data",
                "second-image",
                "maker-note",
                "other"
            ]
        );
        assert_eq!(notes(&output), [""; 0]);
    }
}

#[test]
fn copyright_keeps_rights_and_nothing_else() {
    for (of, at, outcome) in BOTH {
        let output = run_with(&laden(of, 6), at, Metadata::COPYRIGHT);
        assert_eq!(output.outcome, outcome);
        for secret in SECRETS {
            assert!(!contains(&output.bytes, secret), "{} {outcome:?}", String::from_utf8_lossy(secret));
        }
        let mut expected = vec!["Artist=\"Ada\"", "Copyright=\"(c) Ada\""];
        if outcome == Outcome::Kept {
            expected.insert(0, "Orientation=row 0 at right and column 0 at top");
        }
        assert_eq!(tags(&output.bytes), expected);
        assert_eq!(
            packet_in(&output.bytes).unwrap(),
            concat!(
                "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\">",
                "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\"",
                " xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\"",
                " xmlns:xmpRights=\"http://ns.adobe.com/xap/1.0/rights/\"",
                " photoshop:Credit=\"Ada &amp; Sons\" xmpRights:Marked=\"True\">",
                "<dc:creator><rdf:Seq><rdf:li>Ada</rdf:li><rdf:li>Bert</rdf:li></rdf:Seq></dc:creator>",
                "<dc:rights><rdf:Alt><rdf:li xml:lang=\"x-default\">\u{a9} Ada &lt;2026&gt;</rdf:li></rdf:Alt></dc:rights>",
                "<xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang=\"de\">Nur\nmit Erlaubnis</rdf:li></rdf:Alt>",
                "</xmpRights:UsageTerms></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>",
            )
        );
        let rights = [dataset(1, 90, b"\x1b%G"), dataset(2, 80, b"Ada"), dataset(2, 116, "© Ada".as_bytes())];
        let rights = rights.concat();
        let size = u8::try_from(rights.len()).unwrap();
        let resource = segment(&output.bytes, b"Photoshop 3.0\0").unwrap();
        assert_eq!(
            resource.strip_prefix(b"8BIM\x04\x04\0\0\0\0\0").unwrap()[..=rights.len()],
            [&[size], &rights[..]].concat()
        );
        assert!(removed(&output).starts_with(&["exif", "gps", "thumbnail", "xmp", "iptc"]));
        assert_eq!(notes(&output), ["xmp-extended-dropped"]);
    }
}

#[test]
fn keep_keeps_all_but_thumbnails_upright() {
    for (of, at, outcome) in BOTH {
        let output = run_with(&laden(of, 6), at, Metadata::Keep);
        assert_eq!(output.outcome, outcome);
        let (orientation, (width, height)) = match outcome {
            Outcome::Kept => ("row 0 at right and column 0 at top", (160, 120)),
            Outcome::Compressed => ("row 0 at top and column 0 at left", (120, 160)),
        };
        let found = tags(&output.bytes);
        for tag in [
            format!("Orientation={orientation}"),
            format!("PixelXDimension={width}"),
            format!("PixelYDimension={height}"),
            "ImageDescription=\"secret-title\"".to_owned(),
            "BodySerialNumber=\"secret-serial\"".to_owned(),
            "GPSLatitude=48 deg 51 min 30 sec".to_owned(),
        ] {
            assert!(found.contains(&tag), "{tag} in {found:?}");
        }
        assert!(!found.iter().any(|tag| tag.contains("thumbnail")), "{found:?}");
        let exif = segment(&output.bytes, b"Exif\0\0").unwrap();
        let note = &block(6)[MAKER_NOTE_AT..MAKER_NOTE_AT + 24];
        assert_eq!(&exif[MAKER_NOTE_AT..MAKER_NOTE_AT + 24], note, "a maker's note stays in its place");
        let packet = packet_in(&output.bytes).unwrap();
        let number = if outcome == Outcome::Kept { 6 } else { 1 };
        for part in [
            format!("t:Orientation=\"{number}\""),
            format!("<exif:PixelXDimension>{width}</exif:PixelXDimension>"),
            "exif:GPSLatitude=\"48,51.5N\"".to_owned(),
            "&#169; Ada &lt;2026&gt;".to_owned(),
        ] {
            assert!(packet.contains(&part), "{part} in {packet}");
        }
        assert!(contains(&segment(&output.bytes, b"Photoshop 3.0\0").unwrap(), &datasets()));
        for gone in
            ["secret-thumbnail", "secret-comment", "secret-behind", "secret-preview", "secret-unknown"]
        {
            assert!(!contains(&output.bytes, gone.as_bytes()), "{gone}");
        }
        // The EXIF that went was in a resource of Photoshop, and the position in the extended XMP.
        let gone = ["exif", "gps", "thumbnail", "comment", "trailing-data", "second-image", "other"];
        assert_eq!(removed(&output), gone);
        assert_eq!(notes(&output), ["xmp-extended-dropped"]);
    }
}

#[test]
fn a_second_pass_changes_no_byte_and_removes_nothing() {
    for metadata in Metadata::ALL {
        for orientation in [1, 3, 6, 8] {
            for (of, at, _) in BOTH {
                let first = run_with(&laden(of, orientation), at, metadata);
                let second = run_with(&first.bytes, at, metadata);
                assert_eq!(second.outcome, Outcome::Kept);
                assert!(second.bytes == first.bytes, "{metadata} of orientation {orientation}");
                assert_eq!((removed(&second), notes(&second)), (vec![], vec![]), "{metadata}");
            }
        }
    }
}

#[test]
fn a_kept_jpeg_with_its_metadata_is_no_larger_and_the_same_picture() {
    for metadata in Metadata::ALL {
        for orientation in 1..=8 {
            let input = laden(20, orientation);
            let output = run_with(&input, 80, metadata);
            assert!(output.outcome == Outcome::Kept && output.bytes.len() <= input.len());
            assert_eq!(Decoded::of(&output.bytes).pixels, Decoded::of(&input).pixels);
        }
    }
    // What says nothing but rights, in fewer bytes than a packet of ours would take.
    let short = r#"<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description xmlns:d="http://purl.org/dc/elements/1.1/" d:rights="A"/></r:RDF>"#;
    let input = xmp_segment(&plain_of_ours(), short);
    let output = run_with(&input, 80, Metadata::COPYRIGHT);
    assert!(output.bytes.len() <= input.len());
    assert_eq!(notes(&output), ["metadata-too-large"]);
    assert_eq!(run_with(&input, 80, Metadata::Keep).bytes, input);
}

/// A file that nothing is to be gained by coding anew.
fn plain_of_ours() -> Vec<u8> {
    run_with(&jpeg(&Picture::photo(80, 60), Coding::default()), 20, Metadata::Strip).bytes
}

#[test]
fn a_plain_file_is_left_alone_whatever_is_asked() {
    let plain = plain_of_ours();
    for metadata in Metadata::ALL {
        let output = run_with(&plain, 80, metadata);
        assert_eq!(output.bytes, plain);
        assert_eq!((removed(&output), notes(&output)), (vec![], vec![]));
    }
}

#[test]
fn a_position_is_seen_wherever_it_is() {
    let plain = jpeg(&Picture::photo(80, 60), Coding::default());
    let by_packet = xmp_segment(&plain, PACKET);
    let by_exif = exif_segment(&plain, &block(1));
    for input in [&by_packet, &by_exif, &exif_segment(&by_exif, &exif(1))] {
        assert!(removed(&run_with(input, 70, Metadata::Strip)).contains(&"gps"));
        assert!(removed(&run_with(input, 70, Metadata::COPYRIGHT)).contains(&"gps"));
    }
    for input in [&by_packet, &by_exif] {
        assert!(!removed(&run_with(input, 70, Metadata::Keep)).contains(&"gps"), "it is still there");
    }
    // A version and no position.
    let mut none = block(1);
    none[181] = 1;
    assert!(!removed(&run_with(&exif_segment(&plain, &none), 70, Metadata::Strip)).contains(&"gps"));
}

#[test]
fn a_copyright_that_reaches_over_a_position_does_not_carry_it() {
    // Its 56 bytes begin with the directory of the position, which has one text, behind which a script stands.
    let directory = b"\x01\0\x12\0\x02\0\x0d\0\0\0\x38\0\0\0\0\0\0\0";
    let entries = b"\x02\0\x98\x82\x02\0\x38\0\0\0\x26\0\0\0\x25\x88\x04\0\x01\0\0\0\x26\0\0\0\0\0\0\0";
    let texts = b"A DATUM HERE\0<script>alert(1)</script>";
    let block = [&b"II*\0\x08\0\0\0"[..], entries, directory, texts].concat();
    let plain = jpeg(&Picture::photo(80, 60), Coding::default());
    let input = exif_segment(&plain, &block);
    let output = run_with(&input, 80, Metadata::COPYRIGHT);
    for text in [&b"DATUM"[..], b"script"] {
        assert!(!output.bytes.windows(text.len()).any(|window| window == text));
    }
    // Photographer and editor.
    let entries = b"\x01\0\x98\x82\x02\0\x09\0\0\0\x1a\0\0\0\0\0\0\0";
    let block = [&b"II*\0\x08\0\0\0"[..], entries, b"Ada\0Bob\0C"].concat();
    let output = run_with(&exif_segment(&plain, &block), 80, Metadata::COPYRIGHT);
    assert!(output.bytes.windows(8).any(|window| window == b"Ada\0Bob\0"));
}

#[test]
fn what_cannot_be_read_is_dropped_with_a_note() {
    let plain = jpeg(&Picture::photo(80, 60), Coding::default());
    let doctype = PACKET.replace("<x:xmpmeta", "<!DOCTYPE a [<!ENTITY b \"c\">]><x:xmpmeta");
    for input in [
        exif_segment(&plain, b"no TIFF at all"),
        exif_segment(&plain, b"MM\0\x2a\0\0\xff\xff"),
        xmp_segment(&plain, "<x:xmpmeta"),
        xmp_segment(&plain, "<a><b></a></b>"),
        xmp_segment(&plain, &doctype),
        with_segment(&plain, 0xe1, b"http://ns.adobe.com/xap/1.0/\0\xff\xfe\0<"),
    ] {
        for metadata in [Metadata::COPYRIGHT, Metadata::Keep] {
            let output = run_with(&input, 70, metadata);
            assert_eq!(notes(&output), ["metadata-unreadable"]);
            assert!(
                matches!(removed(&output)[..], ["exif" | "xmp"] | ["gps", "xmp"]),
                "{:?}",
                output.removed
            );
            assert!(!segments(&output.bytes).iter().any(|(marker, _)| *marker == 0xe1));
        }
        assert_eq!(notes(&run_with(&input, 70, Metadata::Strip)), [""; 0], "nobody wanted it");
    }
}

#[test]
fn a_broken_profile_is_told() {
    let plain = jpeg(&Picture::photo(80, 60), Coding { quality: 95, ..Coding::default() });
    let broken = with_segment(&plain, 0xe2, b"ICC_PROFILE\0\x01\x01no profile");
    let lacking = with_segment(&plain, 0xe2, b"ICC_PROFILE\0\x01\x02a part of two");
    for input in [broken, lacking] {
        let output = run_with(&input, 70, Metadata::Strip);
        assert_eq!((removed(&output), notes(&output)), (vec!["profile"], vec!["profile-unusable"]));
    }
    let icc = display_p3();
    let sound = with_segment(&plain, 0xe2, &[b"ICC_PROFILE\0\x01\x01".as_slice(), &icc].concat());
    let output = run_with(&sound, 70, Metadata::Strip);
    assert_eq!((removed(&output), notes(&output)), (vec!["profile"], vec![]));
}

/// A directory in either order of bytes: tags with texts, or with a place where another directory is.
fn directory_of(little_endian: bool, at: usize, entries: &[(u16, Result<&[u8], u32>)]) -> Vec<u8> {
    let short = |number: u16| if little_endian { number.to_le_bytes() } else { number.to_be_bytes() };
    let long = |number: u32| if little_endian { number.to_le_bytes() } else { number.to_be_bytes() };
    let (mut bytes, mut values) = (short(u16::try_from(entries.len()).unwrap()).to_vec(), Vec::new());
    let after = at + 6 + 12 * entries.len();
    for (tag, value) in entries {
        bytes.extend(short(*tag));
        match value {
            Ok(text) => {
                bytes.extend(short(2).into_iter().chain(long(u32::try_from(text.len()).unwrap())));
                bytes.extend(long(u32::try_from(after + values.len()).unwrap()));
                values.extend_from_slice(text);
            }
            Err(place) => bytes.extend(short(4).into_iter().chain(long(1)).chain(long(*place))),
        }
    }
    [bytes, long(0).to_vec(), values].concat()
}

/// An EXIF block of a title, an artist, when the picture was taken, with what, and where.
fn journal(little_endian: bool) -> Vec<u8> {
    let first = [
        (0x010e, Ok(&b"secret-title\0"[..])),
        (0x013b, Ok(b"Ada Lovelace\0")),
        (0x8769, Err(200)),
        (0x8825, Err(400)),
    ];
    let exif = [
        (0x9003, Ok(&b"2026:11:27 18:00:00\0"[..])),
        (0x9011, Ok(b"+01:00\0")),
        (0xa431, Ok(b"secret-serial\0")),
    ];
    let gps = [(0x0012, Ok(&b"WGS-84\0"[..])), (0x001d, Ok(b"2026:11:27\0"))];
    let mut block = if little_endian { b"II\x2a\0\x08\0\0\0" } else { b"MM\0\x2a\0\0\0\x08" }.to_vec();
    for (at, entries) in [(8, &first[..]), (200, &exif), (400, &gps)] {
        block.resize(at, 0);
        block.extend(directory_of(little_endian, at, entries));
    }
    block
}

const JOURNAL: &str = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<r:Description xmlns:e="http://ns.adobe.com/exif/1.0/" xmlns:p="http://ns.adobe.com/photoshop/1.0/"
 xmlns:x1="http://ns.adobe.com/xap/1.0/" xmlns:i="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
 e:GPSLatitude="48,51.5N" e:DateTimeOriginal="2026-11-27" p:City="Paris" p:Credit="Ada" x1:CreateDate="2026-11-28"
 x1:Label="secret-label" i:Location="the tower"/></r:RDF></x:xmpmeta>"#;

/// What an output of [`journal`] and [`JOURNAL`] has of a kind: a tag, properties, and a dataset.
const OF_KINDS: [(MetadataKind, &str, &[&str], &[u8]); 3] = [
    (MetadataKind::Copyright, "Artist=\"Ada Lovelace\"", &["Credit=\"Ada\""], b"\x02\x50\0\x03Ada"),
    (
        MetadataKind::Creation,
        "DateTimeOriginal=2026-11-27 18:00:00",
        &["DateTimeOriginal=\"2026-11-27\"", "CreateDate=\"2026-11-28\""],
        b"\x02\x37\0\x0820261127",
    ),
    (
        MetadataKind::Location,
        "GPSMapDatum=\"WGS-84\"",
        &["GPSLatitude=\"48,51.5N\"", "City=\"Paris\"", "Location=\"the tower\""],
        b"\x02\x5a\0\x05Paris",
    ),
];

fn with_journal(little_endian: bool) -> Vec<u8> {
    let iptc = [
        dataset(1, 90, b"\x1b%G"),
        dataset(2, 55, b"20261127"),
        dataset(2, 80, b"Ada"),
        dataset(2, 90, b"Paris"),
        dataset(2, 120, b"secret-caption"),
    ];
    let resources = [b"Photoshop 3.0\0", &resource(0x0404, &iptc.concat())[..]].concat();
    let plain = jpeg(&Picture::photo(160, 120), Coding { quality: 98, ..Coding::default() });
    let input = with_segment(&xmp_segment(&plain, JOURNAL), 0xed, &resources);
    exif_segment(&input, &journal(little_endian))
}

#[test]
fn each_kind_is_kept_by_itself_and_with_others_and_nothing_else_is() {
    let chosen = Metadata::ALL.into_iter().filter(|metadata| matches!(metadata, Metadata::Chosen(_)));
    for (metadata, little_endian) in chosen.flat_map(|metadata| [(metadata, false), (metadata, true)]) {
        let output = run_with(&with_journal(little_endian), 70, metadata);
        let (tags, packet) = (tags(&output.bytes), packet_in(&output.bytes).unwrap());
        let datasets = segment(&output.bytes, b"Photoshop 3.0\0").unwrap();
        for (kind, tag, properties, dataset) in OF_KINDS {
            let wanted = metadata.has(kind);
            assert_eq!(tags.iter().any(|found| found == tag), wanted, "{metadata}: {tag} in {tags:?}");
            for property in properties {
                assert_eq!(packet.contains(property), wanted, "{metadata}: {property} in {packet}");
            }
            assert_eq!(contains(&datasets, dataset), wanted, "{metadata}: {dataset:?}");
        }
        for secret in ["secret-title", "secret-serial", "secret-label", "secret-caption"] {
            assert!(!contains(&output.bytes, secret.as_bytes()), "{metadata}: {secret}");
        }
        let gone = removed(&output);
        assert!(gone.contains(&"exif") && gone.contains(&"xmp") && gone.contains(&"iptc"), "{gone:?}");
        assert_eq!(gone.contains(&"gps"), !metadata.has(MetadataKind::Location), "{metadata}");
        let again = run_with(&output.bytes, 70, metadata);
        assert_eq!(removed(&again), [""; 0], "{metadata}");
        assert!(again.bytes == output.bytes, "{metadata}: a second pass");
    }
}
