//! Going away when asked to.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{Client, Service, photo};

#[tokio::test]
async fn sigterm_ends_work_in_flight_and_then_the_process_with_0() {
    let mut service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    // An upload whose rest is still to come is work in flight.
    let mut upload = TcpStream::connect(service.url.trim_start_matches("http://")).await.unwrap();
    let body = multipart(&photo(200, 100));
    let head = format!(
        "POST /compress HTTP/1.1\r\nhost: a\r\nx-api-key: {}\r\ncontent-type: multipart/form-data; boundary=B\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        crate::support::KEY,
        body.len()
    );
    upload.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    tokio::io::AsyncReadExt::read_exact(&mut upload, &mut go_on).await.unwrap();
    assert!(go_on.starts_with(b"HTTP/1.1 100"), "the handler has begun to read");

    service.terminate().await;
    service.logged(|line| line["message"] == "draining").await;
    let refused = client.refusal(photo(9, 9), &[]).await;
    assert!(refused.is(503, "draining"), "{refused:?}");
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(client.get("/ready").await.status(), 503, "readiness has flipped");
    assert_eq!(client.get("/health").await.status(), 200, "and the process lives");

    upload.write_all(&body).await.unwrap();
    let mut answer = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut upload, &mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(service.exit_code().await, Some(0));
}

fn multipart(image: &[u8]) -> Vec<u8> {
    let head = b"--B\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a\"\r\n\r\n";
    [&head[..], image, b"\r\n--B--\r\n"].concat()
}

#[tokio::test]
async fn every_role_ends_at_once_when_it_has_nothing_to_do() {
    let engine = Service::start("engine", &[]).await;
    let gateway = Service::start("gateway", &["--engine-url", &engine.url]).await;
    for mut service in [gateway, engine, Service::start("serve", &[]).await] {
        // A connection that is kept open and idle must not hold it up.
        let client = Client::of(&service);
        assert_eq!(client.get("/health").await.status(), 200);
        service.terminate().await;
        assert_eq!(service.exit_code().await, Some(0));
    }
}

#[tokio::test]
async fn the_grace_has_an_end() {
    let mut service = Service::start("serve", &["--shutdown-grace", "200ms"]).await;
    let mut never_finished = TcpStream::connect(service.url.trim_start_matches("http://")).await.unwrap();
    let head = format!(
        "POST /compress HTTP/1.1\r\nhost: a\r\nx-api-key: {}\r\ncontent-type: multipart/form-data; boundary=B\r\ncontent-length: 1000\r\n\r\n--B",
        crate::support::KEY
    );
    never_finished.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(Client::of(&service).get("/health").await.status(), 200);
    service.terminate().await;
    assert_eq!(service.exit_code().await, Some(0));
}
