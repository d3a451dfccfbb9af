//! The size that is asked for is the size that comes out: in the receipt, and of the picture itself.

use image::{Rgb, RgbImage};

use crate::support::{Client, Service, decode_jpeg, photo, png_of};

/// Sends a picture, and gives its size by the receipt once it is that of the decoded answer too.
async fn size_of(client: &Client, input: Vec<u8>, options: &[(&str, &str)]) -> (u32, u32) {
    let receipt = client.receipt(input, options).await;
    let decoded = decode_jpeg(&client.fetch(&receipt).await);
    let by_receipt = (receipt["width"].as_u64().unwrap() as u32, receipt["height"].as_u64().unwrap() as u32);
    assert_eq!((decoded.width as u32, decoded.height as u32), by_receipt, "{options:?}");
    by_receipt
}

#[tokio::test]
async fn width_height_and_fit_give_the_size_that_they_say() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    for (options, size) in [
        (&[("width", "160")][..], (160, 100)),
        (&[("height", "100")], (160, 100)),
        (&[("width", "100"), ("height", "100")], (100, 63)),
        (&[("width", "100"), ("height", "100"), ("fit", "contain")], (100, 63)),
        (&[("width", "100"), ("height", "100"), ("fit", "cover")], (100, 100)),
        (&[("width", "640"), ("fit", "contain")], (640, 400)),
        (&[("width", "500"), ("height", "50"), ("fit", "cover")], (500, 50)),
        (&[("fit", "cover")], (320, 200)),
    ] {
        assert_eq!(size_of(&client, photo(320, 200), options).await, size, "{options:?}");
    }
}

#[tokio::test]
async fn nothing_is_enlarged_unless_it_is_asked_for() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    for options in [
        &[("width", "900")][..],
        &[("height", "900")],
        &[("width", "900"), ("height", "900"), ("fit", "scale-down")],
    ] {
        assert_eq!(size_of(&client, photo(320, 200), options).await, (320, 200), "{options:?}");
    }
}

#[tokio::test]
async fn a_box_is_for_the_picture_as_it_is_shown() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let stored = RgbImage::from_fn(320, 200, |x, y| Rgb([(x * 2 % 256) as u8, y as u8, (x * y % 251) as u8]));
    let upright = client.receipt(png_of(stored), &[("quality", "95")]).await;
    let jpeg = client.fetch(&upright).await;
    let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let turned = [&jpeg[..2], &[0xff, 0xe1], &length, exif, &jpeg[2..]].concat();
    for (options, size) in [
        (&[("width", "100")][..], (100, 160)),
        (&[("width", "100"), ("height", "80")], (50, 80)),
        (&[("width", "90"), ("height", "30"), ("fit", "cover")], (90, 30)),
    ] {
        assert_eq!(size_of(&client, turned.clone(), options).await, size, "{options:?}");
    }
    let receipt = client.receipt(turned, &[("width", "100")]).await;
    assert_eq!((&receipt["original"]["width"], &receipt["original"]["height"]), (&200.into(), &320.into()));
}
