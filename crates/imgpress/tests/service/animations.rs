//! Animations, through the service.

use std::io::Cursor;

use image::AnimationDecoder;
use image::codecs::webp::WebPDecoder;

use crate::support::{Client, Service};

/// A GIF of as many frames as there are colours, of 40 × 2 pixels each, shown for 0.1 s, 0.2 s and so on, for ever.
fn gif(colors: &[[u8; 3]]) -> Vec<u8> {
    let mut bytes = b"GIF89a\x28\0\x02\0\x86\0\0".to_vec();
    let table = colors.iter().copied().chain(std::iter::repeat([0; 3])).take(128);
    bytes.extend(table.flatten());
    bytes.extend_from_slice(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0");
    for number in 0..colors.len() as u8 {
        bytes.extend_from_slice(&[0x21, 0xf9, 4, 4, (number + 1) * 10, 0, 0, 0]);
        bytes.extend_from_slice(b"\x2c\0\0\0\0\x28\0\x02\0\0\x07");
        // Codes of eight bits as long as few are defined: clear, 80 pixels, end.
        bytes.extend_from_slice(&[82, 0x80]);
        bytes.extend_from_slice(&[number; 80]);
        bytes.extend_from_slice(&[0x81, 0]);
    }
    bytes.push(0x3b);
    bytes
}

#[tokio::test]
async fn an_animation_stays_one_or_is_said_to_be_none_any_more() {
    let colors = [[200, 30, 30], [30, 30, 200], [200, 30, 30]];
    let service = Service::start("serve", &["--max-frames", "3"]).await;
    let client = Client::of(&service);
    for format in ["webp", "auto"] {
        let receipt = client.receipt(gif(&colors), &[("format", format)]).await;
        assert_eq!((&receipt["format"], &receipt["quality"]), (&"webp".into(), &100.into()), "{receipt}");
        assert_eq!(receipt["notes"], serde_json::json!([]));
        let file = client.fetch(&receipt).await;
        let frames = WebPDecoder::new(Cursor::new(&file)).unwrap().into_frames().collect_frames().unwrap();
        assert_eq!(frames.len(), 3);
        for ((frame, color), number) in frames.iter().zip(colors).zip(1..) {
            assert_eq!(frame.delay().numer_denom_ms(), (number * 100, 1));
            assert!(frame.buffer().pixels().all(|pixel| pixel.0[..3] == color), "frame {number}");
        }
        let again = client.receipt(file, &[("format", format)]).await;
        assert_eq!((&again["outcome"], &again["key"]), (&"kept".into(), &receipt["key"]));
    }
    let still = client.receipt(gif(&colors), &[("format", "png")]).await;
    assert_eq!(still["notes"][0]["code"], "frames-dropped", "{still}");
    let long = [colors, colors].concat();
    let refusal = client.refusal(gif(&long), &[("format", "webp")]).await;
    assert!(refusal.is(413, "image-too-large"), "{refusal:?}");
    client.receipt(gif(&long), &[("format", "jpeg")]).await;
}
