//! What every service's edge promises, over real sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy spares only the test functions themselves")]

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use futures_util::StreamExt;
use http::StatusCode;
use imgpress_engine_api::{ErrorCode, Failure};
use imgpress_http::{Connections, Draining, Error, Service, edge, health};
use reqwest::{Client, Response};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};

/// Serves a few routes behind the edge, and gives their base URL.
async fn serve() -> String {
    let routes = Router::new()
        .route("/health", get(health))
        .route("/panic", get(|| async { panic!("a secret about this machine") as () }))
        .route("/fails", get(|| async { Error(Failure::internal("the disk at /dev/sda is full")) }))
        .route("/refuse", post(|| async { Error(Failure::new(ErrorCode::Unauthorized, "No.")) }))
        .route("/first-chunk", post(first_chunk));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (draining, connections) = (Draining::default(), Connections::default());
    let routes = edge(routes, Service::Engine, draining.clone());
    tokio::spawn(imgpress_http::serve(listener, routes, connections, pending(), draining, Duration::ZERO));
    url
}

/// Loses interest in the body after its first chunk.
async fn first_chunk(body: Body) -> Error {
    let mut chunks = body.into_data_stream();
    assert!(chunks.next().await.is_some());
    Error(Failure::new(ErrorCode::UploadTooLarge, "Enough."))
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

async fn error(response: Response) -> (u16, String, String) {
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let json: Value = response.json().await.unwrap();
    assert_eq!(json["requestId"], id);
    let text = |name: &str| json[name].as_str().unwrap().to_owned();
    (u16::try_from(json["statusCode"].as_u64().unwrap()).unwrap(), text("code"), text("message"))
}

#[tokio::test]
async fn a_panic_costs_one_request_and_tells_strangers_nothing() {
    let (url, client) = (serve().await, client());
    for _ in 0..3 {
        let response = client.get(format!("{url}/panic")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let (status, code, message) = error(response).await;
        assert_eq!((status, code.as_str()), (500, "internal"));
        assert!(!message.contains("secret"), "{message}");
    }
    assert_eq!(client.get(format!("{url}/health")).send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn the_cause_of_a_fault_stays_here() {
    let (url, client) = (serve().await, client());
    let (status, code, message) = error(client.get(format!("{url}/fails")).send().await.unwrap()).await;
    assert_eq!((status, code.as_str()), (500, "internal"));
    assert!(!message.contains("/dev/sda"), "{message}");
}

#[tokio::test]
async fn the_router_speaks_the_same_shape() {
    let (url, client) = (serve().await, client());
    let nowhere = client.get(format!("{url}/nowhere")).send().await.unwrap();
    assert_eq!(nowhere.status(), 404);
    assert_eq!(error(nowhere).await.1, "not-found");
    let method = client.delete(format!("{url}/health")).send().await.unwrap();
    assert_eq!(method.headers()["allow"], "GET,HEAD");
    assert_eq!(error(method).await.1, "method-not-allowed");
}

/// A client that writes all it has before it reads, as many libraries do. Without throwing away what is left it meets
/// a broken pipe or a reset connection instead of the answer.
#[tokio::test]
async fn whoever_is_refused_in_the_middle_of_an_upload_reads_why() {
    const LENGTH: usize = 16 << 20;
    let url = serve().await;
    for (path, code) in [("refuse", "unauthorized"), ("first-chunk", "upload-too-large")] {
        for attempt in 0..10 {
            let mut stream = begin(&url, path, LENGTH, "close").await;
            let sent = stream.write_all(&vec![7; LENGTH]).await;
            assert!(sent.is_ok(), "{path}, attempt {attempt}: {sent:?}");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.contains(code), "{path}, attempt {attempt}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_short_rest_of_a_refused_upload_leaves_the_connection_as_it_was() {
    const LENGTH: usize = 60 << 10;
    let url = serve().await;
    let mut stream = begin(&url, "refuse", LENGTH, "keep-alive").await;
    for _ in 0..3 {
        stream.write_all(&vec![7; LENGTH]).await.unwrap();
        let request = format!("POST /refuse HTTP/1.1\r\nhost: a\r\ncontent-length: {LENGTH}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = answer(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 401 ") && !answer.contains("connection: close"), "{answer}");
    }
}

#[tokio::test]
async fn a_refused_upload_without_an_end_is_cut() {
    let mut stream = begin(&serve().await, "refuse", usize::MAX, "keep-alive").await;
    let piece = vec![7; 1 << 20];
    let mut pieces = 0;
    while stream.write_all(&piece).await.is_ok() {
        pieces += 1;
        assert!(pieces < 1000, "a megabyte each");
    }
}

/// Its connection would be closed by the time that it comes, if a drain ended with the last work.
#[tokio::test]
async fn a_request_on_its_way_when_the_last_work_ends_is_told_to_come_again() {
    let (begun, ends) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let work = {
        let (begun, ends) = (Arc::clone(&begun), Arc::clone(&ends));
        async move || {
            begun.notify_one();
            ends.notified().await;
            "{}"
        }
    };
    let draining = Draining::default();
    let routes = Router::new().route("/health", get(health)).route("/work", post(work));
    let routes = edge(routes, Service::Engine, draining.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async { stopped.await.unwrap() };
    let grace = Duration::from_secs(60);
    let served =
        imgpress_http::serve(listener, routes, Connections::default(), stopped, draining.clone(), grace);
    let served = tokio::spawn(served);

    let mut last = begin(&url, "work", 0, "keep-alive").await;
    begun.notified().await;
    let mut late = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    late.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert!(answer(&mut late).await.starts_with("HTTP/1.1 200 "));
    stop.send(()).unwrap();
    while !draining.is_draining() {
        tokio::task::yield_now().await;
    }
    ends.notify_one();
    assert!(answer(&mut last).await.starts_with("HTTP/1.1 200 "));
    late.write_all(b"POST /work HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    let refused = answer(&mut late).await;
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("draining"), "{refused}");
    served.await.unwrap();
}

/// Sends the head of an upload.
async fn begin(url: &str, path: &str, length: usize, connection: &str) -> TcpStream {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    let head = format!(
        "POST /{path} HTTP/1.1\r\nhost: a\r\nconnection: {connection}\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Reads one answer, whose body is JSON in an object.
async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        answer.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(answer).unwrap()
}
