//! What a client of the engine sees, over real sockets.
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod server;

use imgpress_engine_api::wire::{self, ErrorBody};
use imgpress_engine_api::{ErrorCode, Outcome, Receipt};
use reqwest::{Body, Client, Method, RequestBuilder, Response};
use server::{Server, config, start};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A grey picture as a binary PGM.
fn picture() -> Vec<u8> {
    let mut picture = b"P5\n64 48\n255\n".to_vec();
    picture.extend((0..64 * 48_u32).map(|at| (at * at / 7).to_le_bytes()[0]));
    picture
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

fn post(server: &Server, query: &str, body: impl Into<Body>) -> RequestBuilder {
    client().post(format!("{}/compress{query}", server.url)).body(body)
}

async fn bytes(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        body.extend_from_slice(&chunk);
    }
    body
}

/// Asserts the one shape of errors, and gives what it says.
async fn refused(request: RequestBuilder) -> ErrorBody {
    let response = request.send().await.unwrap();
    let status = response.status();
    let id = response.headers()[wire::REQUEST_ID].to_str().unwrap().to_owned();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("application/json"));
    let error: ErrorBody = serde_json::from_slice(&bytes(response).await).unwrap();
    assert_eq!((error.code.status(), error.status_code), (status, status.as_u16()));
    assert_eq!(error.request_id, id);
    error
}

async fn code(request: RequestBuilder) -> ErrorCode {
    refused(request).await.code
}

#[tokio::test]
async fn answers_the_image_and_its_receipt() {
    let server = start(config()).await;
    let response = post(&server, "?quality=40", picture()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    let body = bytes(response).await;
    let receipt: Receipt = serde_json::from_slice(headers[wire::RECEIPT].as_bytes()).unwrap();
    assert_eq!(headers["content-type"], "image/jpeg");
    assert_eq!(headers["content-length"], body.len().to_string().as_str());
    assert!(headers.contains_key(wire::REQUEST_ID));
    assert_eq!((receipt.bytes, receipt.quality), (body.len() as u64, 40));
    assert_eq!((receipt.width, receipt.height, receipt.outcome), (64, 48, Outcome::Compressed));
    assert!(body.starts_with(&[0xff, 0xd8]));
}

#[tokio::test]
async fn the_quality_may_come_as_a_header() {
    let server = start(config()).await;
    let response = post(&server, "", picture()).header(wire::QUALITY, "33").send().await.unwrap();
    let receipt: Receipt = serde_json::from_slice(response.headers()[wire::RECEIPT].as_bytes()).unwrap();
    assert_eq!(receipt.quality, 33);
}

#[tokio::test]
async fn options_are_refused_by_name() {
    let server = start(config()).await;
    for (query, name) in [
        ("?quality=0", "quality"),
        ("?quality=", "quality"),
        ("?nonsense=1", "nonsense"),
        ("?store=false", "store"),
        ("?width=0", "width"),
        ("?max_bytes=200KB", "max_bytes"),
        ("?background=red", "background"),
    ] {
        let error = refused(post(&server, query, picture())).await;
        assert_eq!(error.code, ErrorCode::OptionInvalid, "{query}");
        assert!(error.message.contains(name), "{}", error.message);
    }
    let twice = post(&server, "?quality=50", picture()).header(wire::QUALITY, "51");
    assert_eq!(code(twice).await, ErrorCode::OptionInvalid);
    let binary = reqwest::header::HeaderValue::from_bytes(b"\xff").unwrap();
    assert_eq!(
        code(post(&server, "", picture()).header(wire::QUALITY, binary)).await,
        ErrorCode::OptionInvalid
    );
    let malformed = post(&server, "", picture()).header(wire::TIMEOUT_MS, "soon");
    assert_eq!(code(malformed).await, ErrorCode::OptionInvalid);
}

#[tokio::test]
async fn each_fault_has_its_status() {
    let server = start(config()).await;
    let half = picture()[..100].to_vec();
    for (body, expected) in [
        (Vec::new(), ErrorCode::EmptyBody),
        (b"hello".to_vec(), ErrorCode::FormatUnsupported),
        (b"P5\n60000 60000\n255\n\0".to_vec(), ErrorCode::ImageTooLarge),
        (half, ErrorCode::ImageCorrupt),
        (vec![0; 2_000_001], ErrorCode::UploadTooLarge),
    ] {
        assert_eq!(code(post(&server, "", body)).await, expected);
    }
    let in_chunks = Body::wrap_stream(futures_util::stream::iter(
        (0..40).map(|_| Ok::<_, std::io::Error>(vec![0; 64 << 10])),
    ));
    assert_eq!(code(post(&server, "", in_chunks)).await, ErrorCode::UploadTooLarge);
}

#[tokio::test]
async fn no_time_left_is_a_504() {
    let server = start(config()).await;
    assert_eq!(
        code(post(&server, "", picture()).header(wire::TIMEOUT_MS, "0")).await,
        ErrorCode::DeadlineExceeded
    );
}

#[tokio::test]
async fn what_the_head_shows_is_refused_before_the_body_is_sent() {
    let server = start(config()).await;
    let address = server.url.strip_prefix("http://").unwrap();
    for (path, length, status) in
        [("/compress", "2000001", " 413 "), ("/compress?quality=abc", "1000", " 400 ")]
    {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: e\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12 + 1];
        stream.read_exact(&mut answer).await.unwrap();
        assert!(String::from_utf8_lossy(&answer).contains(status), "{answer:?}");
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_refused_in_the_same_shape() {
    let server = start(config()).await;
    assert_eq!(code(client().get(format!("{}/nothing", server.url))).await, ErrorCode::NotFound);
    assert_eq!(code(client().get(format!("{}/compress", server.url))).await, ErrorCode::MethodNotAllowed);
}

#[tokio::test]
async fn health_and_readiness_part_when_it_drains() {
    let server = start(config()).await;
    let status = async |method: Method, path: &str| {
        client().request(method, format!("{}{path}", server.url)).send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(Method::GET, "/health").await, 200);
    assert_eq!(status(Method::HEAD, "/health").await, 200);
    assert_eq!(status(Method::GET, "/ready").await, 200);
    server.draining.begin();
    assert_eq!(status(Method::GET, "/health").await, 200);
    assert_eq!(status(Method::GET, "/ready").await, 503);
    let refused = post(&server, "", picture()).send().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn the_caller_names_the_request() {
    let server = start(config()).await;
    let request = post(&server, "", "hello").header(wire::REQUEST_ID, "from-the-gateway");
    assert_eq!(refused(request).await.request_id, "from-the-gateway");
}
