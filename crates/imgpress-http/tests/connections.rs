//! What connections may take, over real sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy spares only the test functions themselves")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::routing::get;
use futures_util::stream;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use imgpress_http::{Connections, Draining, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

/// Long enough for whatever has to happen, and for a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

fn hasty() -> Connections {
    Connections {
        header_timeout: Duration::from_millis(200),
        idle_timeout: Duration::from_millis(200),
        stall_timeout: Duration::from_millis(200),
        ..Connections::default()
    }
}

async fn start(routes: Router, connections: Connections) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let never = std::future::pending();
    tokio::spawn(serve(listener, routes, connections, never, Draining::default(), PATIENCE));
    address
}

fn hello() -> Router {
    Router::new()
        .route("/", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }))
}

/// Everything until the server closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    tokio::time::timeout(PATIENCE, stream.read_to_string(&mut text)).await.expect("it is closed").unwrap();
    text
}

async fn answer(stream: &mut TcpStream) -> String {
    stream.write_all(REQUEST).await.unwrap();
    let mut bytes = [0; 1024];
    let read = stream.read(&mut bytes).await.unwrap();
    String::from_utf8_lossy(&bytes[..read]).into_owned()
}

#[tokio::test]
async fn who_says_nothing_or_half_a_header_is_not_waited_for() {
    let address = start(hello(), hasty()).await;
    for said in [&b""[..], b"G", b"PRI * HT", &REQUEST[..20], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(said).await.unwrap();
        let mut answer = Vec::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        assert!(read.is_ok(), "{:?} is closed", String::from_utf8_lossy(said));
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn a_header_that_drips_ends_in_time_however_often_it_drips() {
    let address = start(hello(), hasty()).await;
    for first in [false, true] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if first {
            assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
        }
        let mut drips = tokio::time::interval(Duration::from_millis(40));
        let dripping = async {
            stream.write_all(b"GET / HTTP/1.1\r\nx: ").await?;
            loop {
                drips.tick().await;
                stream.write_all(b"x").await?;
            }
        };
        let ended: Result<Result<Infallible, std::io::Error>, _> =
            tokio::time::timeout(PATIENCE, dripping).await;
        assert!(ended.is_ok(), "it is closed, after a whole request: {first}");
    }
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request_longer_than_a_header_may_take() {
    let patient = Connections { idle_timeout: PATIENCE, ..hasty() };
    let (at_the_patient, at_the_hasty) = (start(hello(), patient).await, start(hello(), hasty()).await);
    let mut kept = TcpStream::connect(at_the_patient).await.unwrap();
    let mut closed = TcpStream::connect(at_the_hasty).await.unwrap();
    assert!(answer(&mut kept).await.starts_with("HTTP/1.1 200"));
    assert!(answer(&mut closed).await.starts_with("HTTP/1.1 200"));
    assert_eq!(rest(&mut closed).await, "");
    assert!(answer(&mut kept).await.starts_with("HTTP/1.1 200"), "as long as the other waited");
}

#[tokio::test]
async fn an_answer_that_takes_long_to_make_is_waited_for() {
    let done = Arc::new(Notify::new());
    let wait = Arc::clone(&done);
    let slow = get(move || async move {
        wait.notified().await;
        "done"
    });
    let address = start(Router::new().route("/", slow), hasty()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    // Another one that says nothing is closed meanwhile.
    assert_eq!(rest(&mut TcpStream::connect(address).await.unwrap()).await, "");
    done.notify_one();
    assert!(rest(&mut stream).await.ends_with("done"));
}

/// Tells when it is dropped.
struct Tell(Option<oneshot::Sender<()>>);

impl Drop for Tell {
    fn drop(&mut self) {
        let _ = self.0.take().map(|sender| sender.send(()));
    }
}

/// An answer without an end, and what tells when it has been given up.
fn endless() -> (Router, oneshot::Receiver<()>) {
    let (sender, gone) = oneshot::channel();
    let tell = Arc::new(std::sync::Mutex::new(Some(Tell(Some(sender)))));
    let endless = get(move || async move {
        let tell = tell.lock().unwrap().take();
        Body::from_stream(stream::repeat_with(move || {
            let _held = &tell;
            Ok::<_, Infallible>(Bytes::from_static(&[0; 64 << 10]))
        }))
    });
    (Router::new().route("/", endless), gone)
}

#[tokio::test]
async fn who_does_not_read_an_answer_is_not_waited_for() {
    let (routes, gone) = endless();
    let address = start(routes, hasty()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    tokio::time::timeout(PATIENCE, gone).await.expect("the answer is given up").unwrap();
}

#[tokio::test]
async fn who_opens_no_window_for_an_answer_of_http_2_is_not_waited_for() {
    for window in [0, 100] {
        let (routes, gone) = endless();
        let address = start(routes, hasty()).await;
        let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
        let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        let (mut sender, connection) =
            builder.initial_stream_window_size(window).handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let request = hyper::Request::get(format!("http://{address}/")).body(Empty::<Bytes>::new()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        tokio::time::timeout(PATIENCE, gone).await.expect("the answer is given up").unwrap();
    }
}

#[tokio::test]
async fn an_answer_in_one_piece_is_not_cut_off_while_it_is_read_slowly() {
    const LENGTH: usize = 64 << 20;
    let large = get(|| async { Bytes::from(vec![7; LENGTH]) });
    let limits = Connections { idle_timeout: Duration::from_millis(200), ..Connections::default() };
    let address = start(Router::new().route("/", large), limits).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut pace = tokio::time::interval(Duration::from_millis(10));
    let (mut piece, mut read) = (vec![0; 200_000], 0);
    loop {
        pace.tick().await;
        match stream.read(&mut piece).await.unwrap() {
            0 => break,
            count => read += count,
        }
    }
    assert!(read > LENGTH, "{read} bytes of {LENGTH} and a header");
}

#[tokio::test]
async fn pings_do_not_end_an_idle_connection_of_http_2() {
    let limits = Connections { idle_timeout: PATIENCE, ..hasty() };
    let address = start(hello(), limits).await;
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    builder.timer(hyper_util::rt::TokioTimer::new()).keep_alive_while_idle(true);
    builder.keep_alive_interval(Duration::from_millis(20));
    let (mut sender, connection) = builder.handshake(stream).await.unwrap();
    tokio::spawn(connection);
    for _ in 0..2 {
        let request = hyper::Request::get(format!("http://{address}/")).body(Empty::<Bytes>::new()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        response.into_body().collect().await.unwrap();
        // As long as a header may take, twice: others that say nothing are closed meanwhile.
        for _ in 0..2 {
            assert_eq!(rest(&mut TcpStream::connect(address).await.unwrap()).await, "");
        }
    }
}

#[tokio::test]
async fn who_is_one_too_many_reads_why_and_the_next_is_taken() {
    let limits = Connections { most_per_client: 2, ..Connections::default() };
    let address = start(hello(), limits).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    let mut second = TcpStream::connect(address).await.unwrap();
    assert!(answer(&mut first).await.starts_with("HTTP/1.1 200"));
    assert!(answer(&mut second).await.starts_with("HTTP/1.1 200"));
    for _ in 0..3 {
        let mut third = TcpStream::connect(address).await.unwrap();
        third.write_all(REQUEST).await.unwrap();
        let refusal = rest(&mut third).await;
        let (head, body) = refusal.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 503 ") && head.contains("retry-after: 1"), "{head}");
        let json: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!((json["statusCode"].as_u64(), json["code"].as_str()), (Some(503), Some("overloaded")));
    }
    first.shutdown().await.unwrap();
    assert_eq!(rest(&mut first).await, "");
    loop {
        let mut next = TcpStream::connect(address).await.unwrap();
        if answer(&mut next).await.starts_with("HTTP/1.1 200") {
            break;
        }
    }
}

#[tokio::test]
async fn many_who_are_too_many_at_once_all_read_why() {
    // More than are lingered for, and none of them goes before the last has come.
    const TOO_MANY: usize = 400;
    let limits = Connections { most_per_client: 1, ..Connections::default() };
    let address = start(hello(), limits).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    assert!(answer(&mut first).await.starts_with("HTTP/1.1 200"));
    let mut refused = Vec::new();
    for number in 0..TOO_MANY {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // Some have sent their request when they are told, others have not.
        if number % 2 == 0 {
            stream.write_all(REQUEST).await.unwrap();
        }
        refused.push(stream);
    }
    for (number, stream) in refused.iter_mut().enumerate() {
        let refusal = rest(stream).await;
        assert!(refusal.starts_with("HTTP/1.1 503 ") && refusal.ends_with('}'), "{number}: {refusal:?}");
    }
}

#[tokio::test]
async fn http_2_is_spoken_to_who_begins_with_it() {
    let address = start(hello(), Connections::default()).await;
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    for _ in 0..3 {
        let request = hyper::Request::get(format!("http://{address}/")).body(Empty::<Bytes>::new()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!((response.status().as_u16(), response.version()), (200, hyper::Version::HTTP_2));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(body.starts_with(b"127.0.0.1:"), "{body:?}");
    }
}
