//! What every service's edge promises, over real sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy spares only the test functions themselves")]

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use futures_util::StreamExt;
use http::StatusCode;
use imgpress_engine_api::{ErrorCode, Failure};
use imgpress_http::{Draining, Error, Service, edge, health};
use reqwest::{Client, Response};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

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
    tokio::spawn(axum::serve(listener, edge(routes, Service::Engine, Draining::default())).into_future());
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

/// A client that writes all it has before it reads, as many libraries do. Without draining what is left it meets
/// a broken pipe or a reset connection instead of the answer.
#[tokio::test]
async fn whoever_is_refused_in_the_middle_of_an_upload_reads_why() {
    const LENGTH: usize = 16 << 20;
    let url = serve().await;
    for (path, code) in [("refuse", "unauthorized"), ("first-chunk", "upload-too-large")] {
        for attempt in 0..10 {
            let mut stream = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
            let head = format!(
                "POST /{path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {LENGTH}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            let sent = stream.write_all(&vec![7; LENGTH]).await;
            assert!(sent.is_ok(), "{path}, attempt {attempt}: {sent:?}");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.contains(code), "{path}, attempt {attempt}: {answer}");
        }
    }
}
