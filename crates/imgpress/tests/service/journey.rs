//! From an upload to a smaller image at a public URL.

use image::{GrayImage, ImageBuffer, Luma, Rgba, RgbaImage};
use imgpress_storage::StorageKey;
use reqwest::StatusCode;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::{Client, Service, body, decode_jpeg, form, photo, png_of, upload};

#[tokio::test]
async fn a_png_becomes_a_smaller_jpeg_behind_the_url() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let png = photo(640, 400);
    let receipt = client.receipt(png.clone(), &[]).await;
    let jpeg = client.fetch(&receipt).await;

    let decoded = decode_jpeg(&jpeg);
    assert_eq!((decoded.width, decoded.height, decoded.channels), (640, 400, 3));
    assert!(jpeg.len() < png.len());
    let hash: String = Sha256::digest(&jpeg).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(receipt["sha256"], hash);
    assert_eq!(receipt["key"], format!("{}/{hash}.jpg", &hash[..2]));
    assert_eq!(receipt["url"], format!("{}/files/{}/{hash}.jpg", service.url, &hash[..2]));
    assert_eq!(
        receipt["original"],
        serde_json::json!({"format": "png", "width": 640, "height": 400, "bytes": png.len()})
    );
    for (field, value) in [("outcome", "compressed"), ("format", "jpeg"), ("contentType", "image/jpeg")] {
        assert_eq!(receipt[field], value);
    }
    assert_eq!(
        (&receipt["width"], &receipt["height"], &receipt["quality"]),
        (&640.into(), &400.into(), &80.into())
    );
    assert_eq!(receipt["bytes"], jpeg.len());
    assert_eq!(receipt["savedBytes"], png.len() - jpeg.len());
    let ratio = receipt["ratio"].as_f64().unwrap();
    assert!((ratio - jpeg.len() as f64 / png.len() as f64).abs() < 0.001);
    assert_eq!(receipt["score"], Value::Null);
    for stage in ["queueMs", "decodeMs", "encodeMs", "uploadMs"] {
        assert!(receipt["timings"][stage].as_f64().unwrap() >= 0.0, "{stage}");
    }
}

#[tokio::test]
async fn the_same_image_gets_the_same_url_and_its_own_output_is_kept() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let first = client.receipt(photo(300, 200), &[]).await;
    let again = client.receipt(photo(300, 200), &[]).await;
    assert_eq!(first["url"], again["url"]);

    let jpeg = client.fetch(&first).await;
    let second_generation = client.receipt(jpeg.clone(), &[]).await;
    assert_eq!(second_generation["outcome"], "kept");
    assert_eq!(second_generation["url"], first["url"], "not one byte has changed");
    assert_eq!(second_generation["savedBytes"], 0);
}

#[tokio::test]
async fn without_storing_the_answer_is_the_image_and_the_receipt_a_header() {
    let service = Service::start("serve", &[]).await;
    let response = Client::of(&service).compress(photo(320, 200), &[("store", "false")]).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "image/jpeg");
    let receipt: Value =
        serde_json::from_slice(response.headers()["x-compression-receipt"].as_bytes()).unwrap();
    let length = response.headers()["content-length"].to_str().unwrap().to_owned();
    let jpeg = body(response).await;
    assert_eq!(length, jpeg.len().to_string());
    assert_eq!(receipt["bytes"], jpeg.len());
    for absent in ["url", "key", "sha256"] {
        assert!(receipt.get(absent).is_none(), "{absent}");
    }
    assert_eq!(decode_jpeg(&jpeg).width, 320);
    assert!(
        !service.folder.path().join("data/files").read_dir().unwrap().any(|_| true),
        "nothing was stored"
    );
}

#[tokio::test]
async fn options_come_by_query_by_header_and_by_field() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let png = photo(320, 200);
    let by_query = client.receipt(png.clone(), &[("quality", "35")]).await;
    let fields = form_with_quality(&png, "35");
    let by_field: Value = client.send(fields, &[]).await.json().await.unwrap();
    let request =
        client.http.post(format!("{}/compress", service.url)).header("x-api-key", crate::support::KEY);
    let by_header =
        request.header("x-compression-quality", "35").multipart(form(png.clone())).send().await.unwrap();
    let by_header: Value = by_header.json().await.unwrap();
    assert_eq!(by_query["quality"], 35);
    assert_eq!(by_query["url"], by_field["url"]);
    assert_eq!(by_query["url"], by_header["url"]);
    assert_ne!(by_query["url"], client.receipt(png, &[]).await["url"]);
}

#[tokio::test]
async fn effort_reaches_the_encoder() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let mut files = std::collections::BTreeSet::new();
    for effort in ["fast", "balanced"] {
        let receipt = client.receipt(photo(640, 480), &[("effort", effort)]).await;
        assert_eq!(decode_jpeg(&client.fetch(&receipt).await).width, 640);
        files.insert(receipt["key"].to_string());
    }
    assert_eq!(files.len(), 2);
    let most = client.receipt(photo(640, 480), &[("effort", "max")]).await;
    assert_eq!(decode_jpeg(&client.fetch(&most).await).width, 640);
}

fn form_with_quality(image: &[u8], quality: &str) -> reqwest::multipart::Form {
    reqwest::multipart::Form::new().text("quality", quality.to_owned()).part("image", upload(image))
}

#[tokio::test]
async fn transparency_shows_the_background_and_not_the_hidden_colour() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let hidden = RgbaImage::from_fn(64, 64, |x, _| Rgba([255, 0, 0, if x < 32 { 0 } else { 255 }]));
    let receipt = client.receipt(png_of(hidden), &[("background", "#0000ff")]).await;
    let decoded = decode_jpeg(&client.fetch(&receipt).await);
    assert!(close(decoded.at(8, 32), &[0, 0, 255]), "{:?}", decoded.at(8, 32));
    assert!(close(decoded.at(56, 32), &[255, 0, 0]), "{:?}", decoded.at(56, 32));
}

#[tokio::test]
async fn grey_stays_grey_and_sixteen_bits_are_scaled() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let grey = GrayImage::from_fn(64, 64, |x, _| Luma([(x * 4) as u8]));
    let deep: ImageBuffer<Luma<u16>, _> = ImageBuffer::from_fn(64, 64, |x, _| Luma([(x * 4 * 257) as u16]));
    let shallow = client.receipt(png_of(grey), &[("quality", "95")]).await;
    let decoded = decode_jpeg(&client.fetch(&shallow).await);
    assert_eq!(decoded.channels, 1);
    assert!(close(decoded.at(40, 20), &[160]), "{:?}", decoded.at(40, 20));
    let scaled = client.receipt(png_of(deep), &[("quality", "95")]).await;
    assert_eq!(scaled["url"], shallow["url"], "the same picture in 16 bits");
}

fn close(got: &[u8], wanted: &[u8]) -> bool {
    got.iter().zip(wanted).all(|(got, wanted)| got.abs_diff(*wanted) <= 6)
}

#[tokio::test]
async fn names_of_the_client_are_never_used() {
    let service = Service::start("serve", &[]).await;
    let receipt = Client::of(&service).receipt(photo(40, 30), &[]).await;
    assert!(receipt["key"].as_str().unwrap().parse::<StorageKey>().is_ok());
    assert!(!receipt.to_string().contains("passwd"));
}
