//! HEIC uploads: read where the build has the feature `heic`, refused with the reason where it has not.

use crate::support::{Client, Service};

/// Made and described by the tests of the codec.
const HEIC: &[u8] = include_bytes!("../../../imgpress-codec/tests/codec/heic/grid.heic");

#[cfg(feature = "heic")]
#[tokio::test]
async fn a_heic_becomes_the_jpeg_of_its_picture_behind_the_sandbox_too() {
    let png = include_bytes!("../../../imgpress-codec/tests/codec/heic/grid.png");
    let expected = image::load_from_memory(png).unwrap().into_rgb8();
    let engine = Service::start("engine", &[]).await;
    let gateway = Service::start("gateway", &["--engine-url", &engine.url]).await;
    let alone = Service::start("serve", &[]).await;
    for service in [&gateway, &alone] {
        let client = Client::of(service);
        let receipt = client.receipt(HEIC, &[("quality", "95")]).await;
        let original = &receipt["original"];
        assert_eq!((&receipt["format"], &original["format"]), (&"jpeg".into(), &"heic".into()), "{receipt}");
        assert_eq!((&receipt["width"], &receipt["height"]), (&100.into(), &120.into()), "{receipt}");
        let jpeg = client.fetch(&receipt).await;
        let decoded = crate::support::decode_jpeg(&jpeg);
        let difference: u64 = (0..120)
            .flat_map(|y| (0..100).map(move |x| (x, y)))
            .flat_map(|(x, y)| decoded.at(x, y).iter().zip(expected.get_pixel(x, y).0))
            .map(|(found, expected)| u64::from(found.abs_diff(expected)))
            .sum();
        assert!(difference < 4 * 3 * 100 * 120, "{difference} in all samples");
        let refusal = client.refusal(&HEIC[..HEIC.len() - 1], &[]).await;
        assert!(refusal.is(422, "image-corrupt"), "{refusal:?}");
    }
}

#[cfg(not(feature = "heic"))]
#[tokio::test]
async fn a_heic_is_refused_by_a_build_that_reads_none() {
    let service = Service::start("serve", &[]).await;
    let refusal = Client::of(&service).refusal(HEIC, &[]).await;
    assert!(refusal.is(415, "format-unsupported"), "{refusal:?}");
    assert!(refusal.message.starts_with("HEIC is not read by this build; send JPEG, "), "{refusal:?}");
}
