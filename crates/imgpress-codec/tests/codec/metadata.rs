//! What goes and what stays of a JPEG's metadata, and what is said of it.

use imgpress_codec::Outcome;
use imgpress_codec::options::Metadata;

use crate::carriers::{
    MAKER_NOTE_AT, PACKET, SECRETS, block, contains, dataset, datasets, exif_segment, laden, notes,
    packet_in, removed, run_with, segment, segments, tags, xmp_segment,
};
use crate::fixtures::{Coding, Decoded, Picture, exif, jpeg, with_segment};

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
        let output = run_with(&laden(of, 6), at, Metadata::Copyright);
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
    let output = run_with(&input, 80, Metadata::Copyright);
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
        assert!(removed(&run_with(input, 70, Metadata::Copyright)).contains(&"gps"));
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
        for metadata in [Metadata::Copyright, Metadata::Keep] {
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
    let icc = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let sound = with_segment(&plain, 0xe2, &[b"ICC_PROFILE\0\x01\x01".as_slice(), &icc].concat());
    let output = run_with(&sound, 70, Metadata::Strip);
    assert_eq!((removed(&output), notes(&output)), (vec!["profile"], vec![]));
}
