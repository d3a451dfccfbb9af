//! The picture that comes out looks like the one that went in: upright, in its colours.

use image::{Rgb, RgbImage};

use crate::support::{Client, Service, decode_jpeg, png_of};

/// Four corners of four colours, wider than tall: every turn and flip of it is another picture.
fn corners() -> RgbImage {
    RgbImage::from_fn(96, 64, |x, y| {
        let corner = match (x < 48, y < 32) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => YELLOW,
        };
        // Some grain, or there would be nothing to save and the file would be kept.
        let grain = (x * 7 + y * 13 + x * y) % 9;
        Rgb(corner.0.map(|channel| channel.saturating_add(grain as u8)))
    })
}

const RED: Rgb<u8> = Rgb([200, 30, 30]);
const GREEN: Rgb<u8> = Rgb([30, 160, 40]);
const BLUE: Rgb<u8> = Rgb([40, 40, 190]);
const YELLOW: Rgb<u8> = Rgb([210, 200, 40]);

/// The stored corners (top left, top right, bottom left, bottom right) that are shown in those places for each
/// EXIF orientation (EXIF 2.32, section 4.6.4, tag 0x0112).
const SHOWN: [[Rgb<u8>; 4]; 8] = [
    [RED, GREEN, BLUE, YELLOW],
    [GREEN, RED, YELLOW, BLUE],
    [YELLOW, BLUE, GREEN, RED],
    [BLUE, YELLOW, RED, GREEN],
    [RED, BLUE, GREEN, YELLOW],
    [BLUE, RED, YELLOW, GREEN],
    [YELLOW, GREEN, BLUE, RED],
    [GREEN, YELLOW, RED, BLUE],
];

#[tokio::test]
async fn the_eight_orientations_come_out_upright() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let upright = client.receipt(png_of(corners()), &[("quality", "95")]).await;
    let jpeg = client.fetch(&upright).await;
    for (shown, orientation) in SHOWN.iter().zip(1..) {
        let receipt = client.receipt(oriented(&jpeg, orientation), &[("quality", "80")]).await;
        let turned = orientation > 4;
        let (width, height) = if turned { (64, 96) } else { (96, 64) };
        assert_eq!((&receipt["width"], &receipt["height"]), (&width.into(), &height.into()), "{orientation}");
        assert_eq!(receipt["outcome"], "compressed");
        let decoded = decode_jpeg(&client.fetch(&receipt).await);
        assert_eq!((decoded.width, decoded.height), (width, height), "{orientation}");
        let places = [(8, 8), (width - 9, 8), (8, height - 9), (width - 9, height - 9)];
        for ((x, y), wanted) in places.into_iter().zip(shown) {
            let got = decoded.at(x, y);
            assert!(near(got, wanted.0, 16), "orientation {orientation} at {x},{y}: {got:?} for {wanted:?}");
        }
    }
}

/// A JPEG with an EXIF segment that holds an orientation and nothing else.
fn oriented(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let tiff =
        [b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", &[orientation][..], b"\0\0\0\0\0\0"]
            .concat();
    with_segment(jpeg, 0xe1, &tiff)
}

pub fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, content, &jpeg[2..]].concat()
}

#[tokio::test]
async fn a_display_p3_photo_keeps_its_colours() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let icc = [b"ICC_PROFILE\0\x01\x01", profile.as_slice()].concat();
    for p3 in [[180, 90, 60], [60, 140, 80], [90, 100, 170], [128, 128, 128], [230, 225, 210]] {
        let flat = png_of(RgbImage::from_pixel(64, 64, Rgb(p3)));
        let untagged = client.fetch(&client.receipt(flat, &[("quality", "95")]).await).await;
        let receipt = client.receipt(with_segment(&untagged, 0xe2, &icc), &[("quality", "80")]).await;
        let decoded = decode_jpeg(&client.fetch(&receipt).await);
        let (got, wanted) = (decoded.at(32, 32), srgb_of_p3(p3));
        assert!(near(got, wanted, 4), "{p3:?} in Display P3 is {wanted:?} in sRGB, not {got:?}");
    }
}

/// Display P3 to sRGB by the matrices of the two spaces, which share white point and transfer curve
/// (CSS Color 4, section 17).
fn srgb_of_p3(p3: [u8; 3]) -> [u8; 3] {
    const MATRIX: [[f64; 3]; 3] =
        [[1.224_940, -0.224_940, 0.0], [-0.042_057, 1.042_057, 0.0], [-0.019_638, -0.078_636, 1.098_274]];
    let linear = p3.map(|value| {
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    MATRIX.map(|row| {
        let value: f64 = row.iter().zip(linear).map(|(factor, value)| factor * value).sum();
        let value = if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
        (value.clamp(0.0, 1.0) * 255.0).round() as u8
    })
}

fn near(got: &[u8], wanted: [u8; 3], tolerance: u8) -> bool {
    got.iter().zip(wanted).all(|(got, wanted)| got.abs_diff(wanted) <= tolerance)
}

#[tokio::test]
async fn nothing_of_the_cameras_notes_is_left() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let plain = client.fetch(&client.receipt(png_of(corners()), &[]).await).await;
    let marked = with_segment(&oriented(&plain, 6), 0xfe, b"GPS 48.8584 N 2.2945 E");
    let marked = [&marked[..], b"<script>trailing</script>"].concat();
    for quality in ["30", "100"] {
        let output = client.fetch(&client.receipt(marked.clone(), &[("quality", quality)]).await).await;
        for secret in ["GPS", "script"] {
            assert!(
                !output.windows(secret.len()).any(|window| window == secret.as_bytes()),
                "{secret} at {quality}"
            );
        }
        assert!(output.ends_with(&[0xff, 0xd9]));
    }
}
