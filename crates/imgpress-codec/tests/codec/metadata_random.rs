//! Whatever stands where metadata are, a picture comes out, and comes out the same when it comes again.

use imgpress_codec::Outcome;
use imgpress_codec::options::Metadata;
use proptest::prelude::*;

use crate::carriers::{PACKET, block, datasets, exif_segment, laden, resource, run_with, xmp_segment};
use crate::fixtures::{Coding, Decoded, Picture, jpeg, png_rgb, with_segment};
use crate::png_colors::with_chunk;

fn plain() -> Vec<u8> {
    jpeg(&Picture::photo(16, 16), Coding { quality: 20, ..Coding::default() })
}

fn mutated(seed: &[u8], edits: &[(prop::sample::Index, u8)], cut: Option<prop::sample::Index>) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for (index, value) in edits {
        bytes[index.index(seed.len())] = *value;
    }
    bytes.truncate(cut.map_or(seed.len(), |index| index.index(seed.len())));
    bytes
}

fn assert_settles(input: &[u8]) {
    for wanted in Metadata::ALL {
        let first = run_with(input, 80, wanted);
        assert_eq!(Decoded::of(&first.bytes).pixels.len() % 256, 0);
        let second = run_with(&first.bytes, 80, wanted);
        assert_eq!(second.outcome, Outcome::Kept);
        assert!(second.bytes == first.bytes, "{wanted}: a second pass changed bytes");
        assert!(second.removed.is_empty(), "{wanted}: {:?} went only at the second pass", second.removed);
        if first.outcome == Outcome::Kept {
            assert!(first.bytes.len() <= input.len(), "{wanted}");
        }
    }
}

fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    let telling = prop_oneof![any::<u8>(), prop::sample::select(b"\0\x01\x08\xff<>\"&/ :;".to_vec())];
    prop::collection::vec((any::<prop::sample::Index>(), telling), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_exif_settles(
        orientation in 0_u8..=9,
        edits in edits(),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let block = mutated(&block(orientation), &edits, cut);
        assert_settles(&exif_segment(&plain(), &block));
        assert_settles(&with_chunk(&png_rgb(&Picture::photo(16, 16)), b"eXIf", &block));
    }

    #[test]
    fn mutated_packets_settle(edits in edits(), cut in prop::option::weighted(0.2, any::<prop::sample::Index>())) {
        let packet = mutated(PACKET.as_bytes(), &edits, cut);
        let payload = [b"http://ns.adobe.com/xap/1.0/\0", &packet[..]].concat();
        assert_settles(&with_segment(&plain(), 0xe1, &payload));
    }

    #[test]
    fn mutated_datasets_settle(edits in edits(), cut in prop::option::weighted(0.2, any::<prop::sample::Index>())) {
        let resources = [resource(0x0404, &datasets()), resource(0x0422, &block(1))].concat();
        let payload = [b"Photoshop 3.0\0", &mutated(&resources, &edits, cut)[..]].concat();
        assert_settles(&with_segment(&plain(), 0xed, &payload));
    }

    #[test]
    fn random_blocks_settle(
        start in prop::sample::select(vec![
            &b"Exif\0\0MM\0\x2a\0\0\0\x08"[..], b"Exif\0\0II\x2a\0\x08\0\0\0", b"http://ns.adobe.com/xap/1.0/\0<a ", b"Photoshop 3.0\08BIM\x04\x04",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        marker in prop::sample::select(vec![0xe1, 0xed]),
    ) {
        assert_settles(&with_segment(&plain(), marker, &[start, &bytes].concat()));
    }

    #[test]
    fn several_of_each_settle(order in prop::collection::vec(0_usize..4, 0..6), orientation in 1_u8..=8) {
        let mut input = laden(20, orientation);
        for which in order {
            input = match which {
                0 => exif_segment(&input, &block(9 - orientation)),
                1 => xmp_segment(&input, PACKET),
                2 => with_segment(&input, 0xed, &[b"Photoshop 3.0\0", &resource(0x0404, &datasets())[..]].concat()),
                _ => with_segment(&input, 0xe1, b"Exif\0\0broken"),
            };
        }
        for wanted in Metadata::ALL {
            let first = run_with(&input, 80, wanted);
            let second = run_with(&first.bytes, 80, wanted);
            assert!(second.bytes == first.bytes && second.removed.is_empty(), "{wanted}: {:?}", second.removed);
        }
    }
}
