//! The client against servers that answer by a script, over real sockets.

use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use imgpress_options::{ColorSpace, Fit, ImageFormat, Metadata, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::*;
use crate::wire::ErrorBody;
use crate::{Note, Original, Outcome, Receipt, RequestId, Source, Timings};

mod moving;

fn engine(addresses: &[SocketAddr]) -> RemoteEngine {
    RemoteEngine::new(config(addresses)).unwrap()
}

fn config(addresses: &[SocketAddr]) -> RemoteConfig {
    let urls: Vec<String> = addresses.iter().map(|address| format!("http://{address}")).collect();
    RemoteConfig::new(urls.join(",").parse().unwrap())
}

fn job(source: impl Into<Source>) -> Job {
    Job {
        options: Options::default(),
        source: source.into(),
        timeout: Duration::from_secs(30),
        request_id: "the-request".parse().unwrap(),
        traceparent: None,
    }
}

fn receipt(bytes: u64) -> Receipt {
    Receipt {
        outcome: Outcome::Compressed,
        format: ImageFormat::Jpeg,
        content_type: "image/jpeg".to_owned(),
        width: 1,
        height: 1,
        bytes,
        original: Original { format: ImageFormat::Png, width: 1, height: 1, bytes: 100 },
        saved_bytes: 0,
        ratio: 1.0,
        quality: 80,
        score: None,
        removed: vec!["gps".to_owned(), "of-a-later-version".to_owned()],
        notes: vec![Note { code: "n".to_owned(), message: "In words.".to_owned() }],
        timings: Timings::default(),
    }
}

fn success(receipt: &Receipt, body: &str) -> String {
    let receipt = serde_json::to_string(receipt).unwrap();
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nx-compression-receipt: {receipt}\r\ncontent-length: {length}\r\n\r\n{body}")
}

fn refusal_of(failure: &Failure, headers: &str) -> String {
    let body = serde_json::to_string(&ErrorBody::new(failure, &RequestId::random())).unwrap();
    let (status, length) = (failure.code().status(), body.len());
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}")
}

/// Reads until `end` has come in; gives all that came.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !read.windows(end.len()).any(|window| window == end.as_bytes()) {
        if stream.read_buf(&mut read).await.unwrap() == 0 {
            break;
        }
    }
    String::from_utf8(read).unwrap()
}

/// An engine that reads one request to the end of its chunked body, and answers `answer`. The handle gives what
/// was sent to it.
async fn scripted(answer: String) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read_until(&mut stream, "\r\n0\r\n\r\n").await;
        stream.write_all(answer.as_bytes()).await.unwrap();
        request
    });
    (address, serving)
}

/// An address at which nobody listens.
async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

async fn answer_to(answer: String) -> Result<Output, Failure> {
    let (address, _) = scripted(answer).await;
    engine(&[address]).compress(job(Bytes::from_static(b"image"))).await
}

async fn code_of(answer: String) -> ErrorCode {
    answer_to(answer).await.unwrap_err().code()
}

#[tokio::test]
async fn sends_the_job_whole_and_returns_the_answer_whole() {
    let (address, serving) = scripted(success(&receipt(4), "jpeg")).await;
    let mut job = job(Bytes::from_static(b"the picture"));
    job.options.width = "640".parse().ok();
    job.options.fit = Fit::Cover;
    job.options.color = ColorSpace::Keep;
    job.options.metadata = Metadata::COPYRIGHT;
    job.traceparent = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap());
    let output = engine(&[address]).compress(job).await.unwrap();
    assert_eq!(output.receipt, receipt(4));
    let body: Vec<Bytes> = output.into_stream().try_collect().await.unwrap();
    assert_eq!(body.concat(), b"jpeg");
    let request = serving.await.unwrap();
    for part in [
        "POST /compress?effort=balanced&format=jpeg&lossless=auto&avif=false&jxl=false&background=%23ffffff&fit=cover&color=keep&metadata=copyright&width=640 HTTP/1.1\r\n",
        "x-request-id: the-request\r\n",
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n",
        "x-imgpress-timeout-ms: 30000\r\n",
        "the picture",
    ] {
        assert!(request.contains(part), "{part} in {request}");
    }
}

#[tokio::test]
async fn nobody_there_is_engine_unavailable() {
    let failure = engine(&[nobody().await]).compress(job(Bytes::from_static(b"image"))).await.unwrap_err();
    assert_eq!(failure.code(), ErrorCode::EngineUnavailable);
    assert!(failure.retry_after_seconds().is_some());
}

#[tokio::test]
async fn a_job_goes_to_the_next_engine_when_one_takes_no_connection() {
    let (address, serving) = scripted(success(&receipt(4), "jpeg")).await;
    let engine = engine(&[nobody().await, address]);
    assert!(engine.compress(job(Bytes::from_static(b"image"))).await.is_ok());
    assert!(serving.await.unwrap().contains("image"));
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_engine_unavailable() {
    assert_eq!(code_of(String::new()).await, ErrorCode::EngineUnavailable);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_failure_and_never_half_an_output() {
    let mut broken = success(&receipt(4), "jpeg");
    broken.truncate(broken.len() - 1);
    assert_eq!(code_of(broken.clone()).await, ErrorCode::EngineUnavailable);
    let (address, _) = scripted(broken).await;
    let too_large_to_keep = RemoteConfig { replay_bytes: 0, ..config(&[address]) };
    let engine = RemoteEngine::new(too_large_to_keep).unwrap();
    let output = engine.compress(job(Bytes::from_static(b"image"))).await.unwrap();
    let chunks: Vec<_> = output.into_stream().collect().await;
    assert_eq!(chunks.last().unwrap().as_ref().unwrap_err().code(), ErrorCode::EngineUnavailable);
}

#[tokio::test]
async fn a_receipt_of_an_engine_that_says_nothing_of_metadata_is_read() {
    let mut json = serde_json::to_value(receipt(4)).unwrap();
    for later in ["removed", "notes"] {
        json.as_object_mut().unwrap().remove(later).unwrap();
    }
    let answer = format!("HTTP/1.1 200 OK\r\nx-compression-receipt: {json}\r\ncontent-length: 4\r\n\r\njpeg");
    let read = answer_to(answer).await.unwrap().receipt;
    assert_eq!(read, Receipt { removed: Vec::new(), notes: Vec::new(), ..receipt(4) });
}

#[tokio::test]
async fn what_is_no_engines_answer_is_engine_failed() {
    let html = Receipt { content_type: "text/html".to_owned(), ..receipt(4) };
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\njpeg".to_owned(),
        "HTTP/1.1 200 OK\r\nx-compression-receipt: {}\r\ncontent-length: 4\r\n\r\njpeg".to_owned(),
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 422 No\r\ncontent-length: 4\r\n\r\nnope".to_owned(),
        success(&receipt(3), "jpeg"),
        success(&receipt(0), ""),
        success(&html, "jpeg"),
    ] {
        assert_eq!(code_of(answer.clone()).await, ErrorCode::EngineFailed, "{answer}");
    }
}

#[tokio::test]
async fn a_balancer_that_finds_no_engine_is_engine_unavailable() {
    let answer = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 4\r\n\r\n<hr>".to_owned();
    assert_eq!(code_of(answer).await, ErrorCode::EngineUnavailable);
}

#[tokio::test]
async fn what_is_wrong_with_the_image_is_passed_on() {
    let corrupt = Failure::new(ErrorCode::ImageCorrupt, "The file ends early.");
    let failure = answer_to(refusal_of(&corrupt, "")).await.unwrap_err();
    assert_eq!((failure.code(), failure.message()), (ErrorCode::ImageCorrupt, "The file ends early."));
}

#[tokio::test]
async fn an_overloaded_engines_advice_is_passed_on() {
    let overloaded = Failure::new(ErrorCode::Overloaded, "Busy.");
    let failure = answer_to(refusal_of(&overloaded, "retry-after: 7\r\n")).await.unwrap_err();
    assert_eq!((failure.code(), failure.retry_after_seconds()), (ErrorCode::Overloaded, Some(7)));
}

#[tokio::test]
async fn what_is_between_the_services_is_not_the_clients_to_see() {
    let secret = Failure::new(ErrorCode::NotFound, "no route /internal/path");
    let failure = answer_to(refusal_of(&secret, "")).await.unwrap_err();
    assert_eq!(failure.code(), ErrorCode::EngineFailed);
    assert!(!failure.message().contains("path"));
}

#[tokio::test]
async fn an_answer_before_the_uploads_end_is_the_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_until(&mut stream, "first").await;
        let full = Failure::new(ErrorCode::Overloaded, "Busy.");
        stream.write_all(refusal_of(&full, "").as_bytes()).await.unwrap();
        // The client lets go of the connection although the upload never ended.
        while stream.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {}
    });
    let endless = stream::iter([Ok(Bytes::from_static(b"first"))]).chain(stream::pending());
    let failure = engine(&[address]).compress(job(Source::new(endless, None))).await.unwrap_err();
    assert_eq!((failure.code(), failure.message()), (ErrorCode::Overloaded, "Busy."));
    serving.await.unwrap();
}

#[tokio::test]
async fn a_failing_source_breaks_the_request_off_and_comes_back_as_it_is() {
    let (address, serving) = scripted("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
    let slow = Failure::new(ErrorCode::UploadTimeout, "Too slow.").retry_after(Duration::from_secs(9));
    let source = stream::iter([Ok(Bytes::from_static(b"first")), Err(slow)]);
    let failure = engine(&[address]).compress(job(Source::new(source, Some(5)))).await.unwrap_err();
    assert_eq!((failure.code(), failure.message()), (ErrorCode::UploadTimeout, "Too slow."));
    assert_eq!(failure.retry_after_seconds(), Some(9));
    assert!(
        !serving.await.is_ok_and(|request| request.ends_with("0\r\n\r\n")),
        "the body must not look whole"
    );
}

#[tokio::test]
async fn an_engine_that_never_answers_is_deadline_exceeded() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut job = job(Bytes::from_static(b"image"));
    job.timeout = Duration::ZERO;
    let failure = engine(&[listener.local_addr().unwrap()]).compress(job).await.unwrap_err();
    assert_eq!(failure.code(), ErrorCode::DeadlineExceeded);
}

#[tokio::test]
async fn dropping_the_job_closes_its_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let engine = engine(&[listener.local_addr().unwrap()]);
    let (dropped, gone) = oneshot::channel::<()>();
    let endless = stream::once(async move {
        let _held_until_dropped = dropped;
        std::future::pending().await
    });
    let running = tokio::spawn(async move { engine.compress(job(Source::new(endless, None))).await });
    let (mut stream, _) = listener.accept().await.unwrap();
    read_until(&mut stream, "\r\n\r\n").await;
    running.abort();
    assert!(gone.await.is_err());
    while stream.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {}
}

#[tokio::test]
async fn ready_is_what_any_engine_says() {
    let ready = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    let draining = refusal_of(&Failure::new(ErrorCode::Draining, "Going."), "");
    let serve = async |answer: &str| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, answer) = (listener.local_addr().unwrap(), answer.to_owned());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                read_until(&mut stream, "\r\n\r\n").await;
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        address
    };
    let (ready, draining) = (serve(ready).await, serve(&draining).await);
    assert!(engine(&[draining, nobody().await, ready]).ready().await.is_ok());
    assert_eq!(engine(&[draining]).ready().await.unwrap_err().code(), ErrorCode::Draining);
    assert_eq!(engine(&[nobody().await]).ready().await.unwrap_err().code(), ErrorCode::EngineUnavailable);
}
