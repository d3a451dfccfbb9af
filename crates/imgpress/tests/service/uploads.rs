//! Bodies that are no upload: each ends in a refusal that can be read, and holds up nobody.

use crate::support::wire::{body_of, exchange, head, part, statuses, upload_of};
use crate::support::{Client, Service, photo};

const FILE: &str = "name=\"image\"; filename=\"a\"";

async fn refused(service: &Service, body: &[u8], status: u16, code: &str) {
    let answer = exchange(service, &upload_of(body)).await;
    assert_eq!(statuses(&answer), [status], "{answer}");
    assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{answer}");
}

#[tokio::test]
async fn a_multipart_body_has_bounds_in_every_direction() {
    let service = Service::start("serve", &["--max-upload-bytes", "1MiB", "--rate-limit-max", "1000"]).await;
    let image = || part(FILE, &photo(30, 20));
    let field = |value: &str| part("name=\"quality\"", value.as_bytes());
    let refused = async |body: &[u8], status, code| refused(&service, body, status, code).await;

    let fields = vec![field("50"); 33];
    refused(&body_of(&[fields.concat(), image()]), 400, "multipart-malformed").await;
    refused(&body_of(&[field(&"5".repeat(257)), image()]), 400, "multipart-malformed").await;
    let many_headers = format!("{FILE}{}", "\r\nx: y".repeat(40));
    refused(&body_of(&[part(&many_headers, b"x")]), 400, "multipart-malformed").await;
    let long_header = format!("{FILE}\r\nx: {}", "y".repeat(900_000));
    refused(&body_of(&[part(&long_header, b"x")]), 400, "multipart-malformed").await;
    let after = format!("name=\"a\"\r\nx: {}", "y".repeat(900_000));
    refused(&body_of(&[image(), part(&after, b"x")]), 400, "multipart-malformed").await;
    refused(&body_of(&[part("filename=\"a\"", b"x")]), 400, "multipart-malformed").await;
    refused(&body_of(&[image(), image()]), 400, "multipart-malformed").await;
    refused(&[b"x".repeat(900_000), body_of(&[image()])].concat(), 400, "multipart-malformed").await;
    refused(&body_of(&[part(FILE, &[0; (1 << 20) + 1])]), 413, "upload-too-large").await;
    refused(&body_of(&[image()])[..100], 400, "multipart-malformed").await;

    let enough = vec![field("50"); 32];
    let taken = exchange(&service, &upload_of(&body_of(&[enough.concat(), image()]))).await;
    assert_eq!(statuses(&taken), [200], "{taken}");
}

#[tokio::test]
async fn a_boundary_is_no_longer_than_it_may_be() {
    let service = Service::start("serve", &[]).await;
    for (length, status) in [(70, 200), (71, 400), (20_000, 400)] {
        let boundary = "b".repeat(length);
        let body = String::from_utf8_lossy(&body_of(&[part(FILE, b"P5\n1 1\n255\n7")])).into_owned();
        let body = body.replace("--B", &format!("--{boundary}"));
        let head = head(&format!("connection: close\r\ncontent-length: {}\r\n", body.len()));
        let head = head.replace("boundary=B", &format!("boundary={boundary}"));
        let answer = exchange(&service, format!("{head}{body}").as_bytes()).await;
        assert_eq!(statuses(&answer), [status], "{length}: {answer}");
    }
}

#[tokio::test]
async fn a_declared_length_that_is_too_large_is_413_before_the_body() {
    let service = Service::start("serve", &[]).await;
    let head = head("connection: close\r\ncontent-length: 107374182400\r\n");
    let answer = exchange(&service, head.as_bytes()).await;
    assert_eq!(statuses(&answer), [413], "{answer}");
    Client::of(&service).receipt(photo(20, 20), &[]).await;
}
