use std::time::Duration;

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};

use super::*;

const MAX_BYTES: u64 = 1 << 20;

/// Reads a whole upload that arrives in pieces of `step` bytes: its options' quality and its image.
async fn read(body: Vec<u8>, step: usize) -> Result<(u8, Vec<u8>), Failure> {
    let pieces: Vec<_> = body.chunks(step).map(Bytes::copy_from_slice).map(Ok::<_, Failure>).collect();
    let body = Body::from_stream(stream::iter(pieces));
    let deadline = Instant::now() + Duration::from_secs(30);
    let boundary = Boundary("B".to_owned());
    let upload = Upload::begin(body, boundary, OptionSet::default(), MAX_BYTES, deadline).await?;
    let quality = upload.options.options().quality.nominal().get();
    let image: Vec<Bytes> = upload.source.into_stream().try_collect().await?;
    assert!(upload.ended.get().is_some());
    Ok((quality, image.concat()))
}

fn part(disposition: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("--B\r\nContent-Disposition: form-data; {disposition}\r\n\r\n");
    [head.as_bytes(), content, b"\r\n"].concat()
}

fn image(content: &[u8]) -> Vec<u8> {
    part("name=\"image\"; filename=\"a.png\"", content)
}

fn quality(value: &str) -> Vec<u8> {
    part("name=\"quality\"", value.as_bytes())
}

fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat(), b"--B--\r\n".to_vec()].concat()
}

async fn code(body: Vec<u8>) -> ErrorCode {
    let by_the_piece = read(body.clone(), 7).await.unwrap_err().code();
    let at_once = read(body, usize::MAX).await.unwrap_err().code();
    assert_eq!(by_the_piece, at_once);
    at_once
}

#[tokio::test]
async fn gives_the_image_exactly_however_it_arrives() {
    let content: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).take(1 << 20).collect();
    for step in [1 << 10, 65_536, 100_003, usize::MAX] {
        let (quality, got) = read(form(&[quality("55"), image(&content)]), step).await.unwrap();
        assert_eq!(quality, 55);
        assert!(got == content, "pieces of {step}");
    }
}

#[tokio::test]
async fn an_image_over_the_limit_is_too_large() {
    let content = vec![7; usize::try_from(MAX_BYTES).unwrap() + 1];
    assert_eq!(code(form(&[image(&content)])).await, ErrorCode::UploadTooLarge);
}

#[tokio::test]
async fn options_come_before_the_image_and_mean_something() {
    assert_eq!(code(form(&[image(b"x"), quality("55")])).await, ErrorCode::OptionInvalid);
    assert_eq!(code(form(&[quality("0"), image(b"x")])).await, ErrorCode::OptionInvalid);
    assert_eq!(code(form(&[quality("5"), quality("6"), image(b"x")])).await, ErrorCode::OptionInvalid);
    assert_eq!(code(form(&[part("name=\"colour\"", b"1"), image(b"x")])).await, ErrorCode::OptionInvalid);
}

#[tokio::test]
async fn there_is_one_image_and_it_is_called_image() {
    assert_eq!(code(form(&[])).await, ErrorCode::ImageMissing);
    assert_eq!(code(form(&[quality("55")])).await, ErrorCode::ImageMissing);
    assert_eq!(code(form(&[part("name=\"photo\"; filename=\"a\"", b"x")])).await, ErrorCode::ImageMissing);
    assert_eq!(code(form(&[image(b"x"), image(b"y")])).await, ErrorCode::MultipartMalformed);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_malformed() {
    let whole = form(&[quality("55"), image(b"some picture")]);
    for cut in [10, 60, whole.len() - 30, whole.len() - 6] {
        let code = code(whole[..cut].to_vec()).await;
        assert!(matches!(code, ErrorCode::MultipartMalformed), "cut at {cut}: {code}");
    }
    assert_eq!(code(b"no multipart at all".to_vec()).await, ErrorCode::MultipartMalformed);
}

#[tokio::test]
async fn floods_of_headers_and_fields_end_early() {
    let long_header = format!("--B\r\nX-Flood: {}\r\n\r\n", "a".repeat(200_000));
    assert_eq!(code(long_header.into_bytes()).await, ErrorCode::MultipartMalformed);
    let many = vec![quality("55"); 100];
    assert_eq!(code(form(&many)).await, ErrorCode::MultipartMalformed);
    assert_eq!(code(form(&[quality(&"5".repeat(100_000))])).await, ErrorCode::MultipartMalformed);
}

#[test]
fn only_form_data_has_a_boundary() {
    let boundary = |text: &str| Boundary::of(text.parse().ok()).map_err(|failure| failure.code());
    assert!(boundary("multipart/form-data; boundary=abc").is_ok());
    for other in ["application/json", "multipart/mixed; boundary=abc", "image/png", "text/plain"] {
        assert_eq!(boundary(other).unwrap_err(), ErrorCode::NotMultipart, "{other}");
    }
    assert_eq!(Boundary::of(None).unwrap_err().code(), ErrorCode::NotMultipart);
    assert_eq!(boundary("multipart/form-data").unwrap_err(), ErrorCode::MultipartMalformed);
}
