//! What a file carries beside its picture, through every door: the profile with `color`, the rest with `metadata`.

use std::sync::LazyLock;

use image::{Rgb, RgbImage};
use reqwest::StatusCode;
use serde_json::Value;

use crate::look::with_segment;
use crate::support::{Client, Service, body, command, photo, png_of, run, upload};

/// An EXIF segment of an artist and a position.
const EXIF: &[u8] = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x02\
    \x01\x3b\0\x02\0\0\0\x04Ada\0\
    \x88\x25\0\x04\0\0\0\x01\0\0\0\x26\
    \0\0\0\0\
    \0\x01\0\x01\0\x02\0\0\0\x02N\0\0\0\0\0\0\0";

/// A camera's JPEG: a picture in Display P3, with an artist, a position and a comment.
async fn camera(client: &Client) -> Vec<u8> {
    let plain = client.fetch(&client.receipt(photo(320, 200), &[("quality", "98")]).await).await;
    let icc = [b"ICC_PROFILE\0\x01\x01", p3().as_slice()].concat();
    let tagged = with_segment(&plain, 0xe2, &icc);
    with_segment(&with_segment(&tagged, 0xfe, b"a comment"), 0xe1, EXIF)
}

/// Made once: it says at which second that was.
fn p3() -> Vec<u8> {
    static PROFILE: LazyLock<Vec<u8>> =
        LazyLock::new(|| moxcms::ColorProfile::new_display_p3().encode().unwrap());
    PROFILE.clone()
}

fn profile_in(jpeg: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = jpeg_decoder::Decoder::new(jpeg);
    decoder.read_info().unwrap();
    decoder.icc_profile()
}

fn says(jpeg: &[u8], text: &str) -> bool {
    jpeg.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Where a GPS directory is pointed to: its tag, as a big-endian entry of one long number has it.
fn has_position(jpeg: &[u8]) -> bool {
    jpeg.windows(8).any(|window| window == b"\x88\x25\0\x04\0\0\0\x01")
}

#[tokio::test]
async fn a_receipt_says_what_went() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let camera = camera(&client).await;
    for (metadata, artist, position, gone) in [
        ("strip", false, false, serde_json::json!(["exif", "gps", "comment", "profile"])),
        ("copyright", true, false, serde_json::json!(["gps", "comment", "profile"])),
        ("keep", true, true, serde_json::json!(["comment", "profile"])),
    ] {
        let options = [("metadata", metadata), ("quality", "70")];
        let receipt = client.receipt(camera.clone(), &options).await;
        let jpeg = client.fetch(&receipt).await;
        assert_eq!((says(&jpeg, "Ada"), has_position(&jpeg)), (artist, position), "{metadata}");
        assert_eq!((&receipt["removed"], &receipt["notes"]), (&gone, &serde_json::json!([])), "{metadata}");
        let again = client.receipt(jpeg, &options).await;
        assert_eq!(again["url"], receipt["url"], "a second pass changes no byte");
        assert_eq!(again["removed"], serde_json::json!([]));
    }
    let plain = client.receipt(photo(40, 30), &[]).await;
    assert_eq!((&plain["removed"], &plain["notes"]), (&serde_json::json!([]), &serde_json::json!([])));
}

#[tokio::test]
async fn a_broken_profile_is_told_and_the_receipt_stays_ascii() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let plain = client.fetch(&client.receipt(photo(320, 200), &[("quality", "98")]).await).await;
    let broken = with_segment(&plain, 0xe2, b"ICC_PROFILE\0\x01\x01no profile");
    let response = client.compress(broken, &[("store", "false"), ("quality", "50")]).await;
    let receipt = response.headers()["x-compression-receipt"].to_str().unwrap();
    assert!(receipt.len() < 1024, "{receipt}");
    let receipt: Value = serde_json::from_str(receipt).unwrap();
    assert_eq!(receipt["notes"][0]["code"], "profile-unusable");
    assert!(receipt["notes"][0]["message"].as_str().unwrap().contains("sRGB"));
}

#[tokio::test]
async fn both_options_reach_an_engine_of_its_own_by_query_and_by_field() {
    let engine = Service::start("engine", &[]).await;
    let gateway = Service::start("gateway", &["--engine-url", &engine.url]).await;
    let client = Client::of(&gateway);
    let camera = camera(&client).await;
    let options = [("color", "keep"), ("metadata", "copyright"), ("quality", "70")];
    let receipt = client.receipt(camera.clone(), &options).await;
    let jpeg = client.fetch(&receipt).await;
    assert_eq!(receipt["removed"], serde_json::json!(["gps", "comment"]));
    assert_eq!(profile_in(&jpeg), Some(p3()));
    assert!(says(&jpeg, "Ada") && !has_position(&jpeg));
    let fields = options
        .into_iter()
        .fold(reqwest::multipart::Form::new(), |form, (name, value)| form.text(name, value));
    let by_field: Value =
        client.send(fields.part("image", upload(camera.clone())), &[]).await.json().await.unwrap();
    assert_eq!(by_field["url"], receipt["url"]);

    let query = "color=keep&metadata=copyright&quality=70";
    let direct =
        client.http.post(format!("{}/compress?{query}", engine.url)).body(camera).send().await.unwrap();
    assert_eq!(direct.status(), StatusCode::OK);
    assert_eq!(body(direct).await, jpeg, "and the engine by itself does the same");
    let again = client.receipt(jpeg, &options).await;
    assert_eq!((&again["outcome"], &again["url"]), (&"kept".into(), &receipt["url"]));
}

#[tokio::test]
async fn kept_colours_are_the_values_that_came() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let flat = png_of(RgbImage::from_pixel(64, 64, Rgb([180, 90, 60])));
    let untagged = client.fetch(&client.receipt(flat, &[("quality", "95")]).await).await;
    let icc = [b"ICC_PROFILE\0\x01\x01", p3().as_slice()].concat();
    let tagged = with_segment(&untagged, 0xe2, &icc);
    let options = [("quality", "80"), ("color", "keep"), ("width", "32")];
    let jpeg = client.fetch(&client.receipt(tagged, &options).await).await;
    assert_eq!(profile_in(&jpeg), Some(p3()));
    let got = crate::support::decode_jpeg(&jpeg).at(16, 16).to_vec();
    assert!(got.iter().zip([180, 90, 60]).all(|(got, wanted)| got.abs_diff(wanted) <= 4), "{got:?}");
}

#[tokio::test]
async fn the_command_line_takes_both_and_tells_of_a_position() {
    let service = Service::start("serve", &[]).await;
    let camera = camera(&Client::of(&service)).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.jpg"), camera).unwrap();
    for (metadata, told) in [("strip", true), ("copyright", true), ("keep", false)] {
        let mut compress = command(&folder);
        compress.args(["compress", "in.jpg", "-o", "out.jpg", "--quality", "70", "--color", "keep"]);
        let (code, said, complaint) = run({
            compress.args(["--metadata", metadata]);
            compress
        })
        .await;
        assert_eq!(code, Some(0), "{complaint}");
        assert_eq!(said.contains("the place where it was taken was removed"), told, "{said}");
        let jpeg = std::fs::read(folder.path().join("out.jpg")).unwrap();
        assert_eq!(profile_in(&jpeg), Some(p3()));
        assert_eq!((says(&jpeg, "Ada"), has_position(&jpeg)), (metadata != "strip", !told));
    }
    for wrong in [["--metadata", "all"], ["--color", "p3"]] {
        let mut compress = command(&folder);
        compress.args(["compress", "in.jpg", "-o", "out.jpg"]).args(wrong);
        let (code, _, complaint) = run(compress).await;
        assert_eq!(code, Some(2), "{complaint}");
        assert!(complaint.contains("keep"), "it says what is allowed: {complaint}");
    }
}
