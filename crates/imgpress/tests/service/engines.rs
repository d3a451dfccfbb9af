//! A gateway before several engines, of which some die, hang or refuse.

mod names;
mod tls;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::metrics::value;
use crate::support::wire::{body_of, connect, part, statuses, upload_of};
use crate::support::{Client, Service, body, photo, png_of};

/// Longer than anything here takes; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Far more than it takes to draw each of two engines once.
const DRAWS: u32 = 200;

const EJECTED: &str = r#"gateway_engines{state="ejected"}"#;

async fn gateway_of(urls: &[&str], arguments: &[&str]) -> Service {
    let urls = urls.join(",");
    let given = ["--engine-url", &urls, "--rate-limit-max", "1000000"];
    Service::start("gateway", &[&given, arguments].concat()).await
}

/// Asks until a count is as wanted.
async fn until(client: &Client, series: &str, wanted: impl Fn(f64) -> bool) {
    let reached = async { while !wanted(value(client, series).await) {} };
    timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("{series} comes to that"));
}

fn requests(engine: usize, outcome: &str) -> String {
    format!(r#"gateway_engine_requests_total{{engine="{engine}",outcome="{outcome}"}}"#)
}

fn in_flight(engine: usize) -> String {
    format!(r#"gateway_engine_in_flight{{engine="{engine}"}}"#)
}

fn moved(why: &str) -> String {
    format!(r#"gateway_engine_moved_total{{why="{why}"}}"#)
}

/// A picture that keeps a worker busy for a while.
fn hard() -> Vec<u8> {
    png_of(image::RgbImage::from_fn(4000, 3000, |x, y| {
        let wave = |at: u32, length: f32| ((at as f32 / length).sin() * 100.0 + 128.0) as u8;
        image::Rgb([wave(x, 31.0), wave(y, 47.0), wave(x + y, 83.0)])
    }))
}

const HARD: [(&str, &str); 3] = [("quality", "auto:high"), ("effort", "max"), ("store", "false")];

#[tokio::test]
async fn killing_one_of_three_engines_under_load_costs_no_request_and_its_return_is_noticed() {
    let (first, second) = (Service::start("engine", &[]).await, Service::start("engine", &[]).await);
    let mut third = Service::start("engine", &[]).await;
    let gateway = gateway_of(&[&first.url, &second.url, &third.url], &[]).await;
    let client = Client::of(&gateway);
    let (done, ends) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let clients: Vec<_> = (0..6)
        .map(|number| {
            let (client, done, ends) = (Client::of(&gateway), Arc::clone(&done), Arc::clone(&ends));
            tokio::spawn(async move { upload_until(&ends, &client, number, &done).await })
        })
        .collect();
    for engine in 0..3 {
        until(&client, &requests(engine, "answered"), |count| count > 0.0).await;
    }
    until(&client, &in_flight(2), |count| count > 0.0).await;
    third.kill().await;
    let by_then = done.load(Ordering::Relaxed);
    until(&client, EJECTED, |count| count == 1.0).await;
    while done.load(Ordering::Relaxed) < by_then + 60 {
        tokio::task::yield_now().await;
    }

    let address = third.url.trim_start_matches("http://").to_owned();
    let answered = value(&client, &requests(2, "answered")).await;
    let _back = Service::start_with("engine", &["--listen", &address]).await;
    until(&client, EJECTED, |count| count == 0.0).await;
    until(&client, &requests(2, "answered"), |count| count > answered).await;
    ends.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    assert!(value(&client, &requests(2, "failed")).await > 0.0, "something was lost, and nobody saw it");
    assert_eq!(value(&client, "gateway_replay_bytes").await, 0.0);
}

/// Uploads one picture after the other; each is taken.
async fn upload_until(ends: &AtomicBool, client: &Client, number: u32, done: &AtomicUsize) {
    for round in 0.. {
        if ends.load(Ordering::Relaxed) {
            break;
        }
        let response = client.compress(photo(260 + number, 200 + round % 50), &[]).await;
        let status = response.status();
        assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&body(response).await));
        done.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn an_upload_that_is_on_its_way_to_an_engine_that_dies_arrives_whole_at_another() {
    let mut engines = [Service::start("engine", &[]).await, Service::start("engine", &[]).await];
    let gateway = gateway_of(&[&engines[0].url, &engines[1].url], &[]).await;
    let client = Client::of(&gateway);
    let picture = photo(300, 200);
    let upload = upload_of(&body_of(&[part("name=\"image\"; filename=\"a\"", &picture)]));
    let mut stream = connect(&gateway).await;
    stream.write_all(&upload[..upload.len() - 200]).await.unwrap();
    let has_it = async {
        loop {
            for engine in 0..2 {
                if value(&client, &in_flight(engine)).await == 1.0 {
                    return engine;
                }
            }
        }
    };
    let has_it = timeout(PATIENCE, has_it).await.unwrap();
    engines[has_it].kill().await;
    stream.write_all(&upload[upload.len() - 200..]).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert_eq!(statuses(&answer), [200], "{answer}");
    assert!(answer.contains(&format!("\"bytes\":{}", picture.len())), "{answer}");
    assert_eq!(value(&client, &requests(1 - has_it, "answered")).await, 1.0);
}

#[tokio::test]
async fn a_picture_that_is_at_work_when_its_engine_dies_is_made_by_another() {
    let mut engines = [Service::start("engine", &[]).await, Service::start("engine", &[]).await];
    let replay = ["--replay-bytes", "32 MiB"];
    let gateway = gateway_of(&[&engines[0].url, &engines[1].url], &replay).await;
    let (client, uploading) = (Client::of(&gateway), Client::of(&gateway));
    let uploading = tokio::spawn(async move { uploading.compress(hard(), &HARD).await });
    let works = async {
        loop {
            for (number, engine) in engines.iter().enumerate() {
                if value(&Client::of(engine), "engine_workers_busy").await == 1.0 {
                    return number;
                }
            }
        }
    };
    let works = timeout(PATIENCE, works).await.unwrap();
    engines[works].kill().await;
    assert_eq!(timeout(PATIENCE, uploading).await.unwrap().unwrap().status(), StatusCode::OK);
    assert_eq!(value(&client, &moved("lost")).await, 1.0);
}

#[tokio::test]
async fn an_upload_that_is_too_large_to_be_kept_is_503_when_its_engine_dies() {
    let mut engine = Service::start("engine", &[]).await;
    let other = Service::start("engine", &[]).await;
    let gateway = gateway_of(&[&engine.url], &["--replay-bytes", "0"]).await;
    let client = Client::of(&gateway);
    let uploading = tokio::spawn(async move { client.refusal(hard(), &HARD).await });
    until(&Client::of(&engine), "engine_workers_busy", |count| count == 1.0).await;
    engine.kill().await;
    let refusal = timeout(PATIENCE, uploading).await.unwrap().unwrap();
    assert!(refusal.is(503, "engine-unavailable"), "{refusal:?}");
    drop(other);
}

#[tokio::test]
async fn a_request_that_a_full_engine_refuses_is_done_by_another() {
    let full = Service::start("engine", &["--workers", "1", "--queue", "0"]).await;
    let free = Service::start("engine", &[]).await;
    let gateway = gateway_of(&[&full.url, &free.url], &[]).await;
    let client = Client::of(&gateway);
    // Work that the gateway does not know of.
    let mut aside = TcpStream::connect(full.url.trim_start_matches("http://")).await.unwrap();
    let picture = hard();
    let head = format!(
        "POST /compress?quality=auto:high&effort=max HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n",
        picture.len()
    );
    aside.write_all(&[head.as_bytes(), &picture].concat()).await.unwrap();
    until(&Client::of(&full), "engine_workers_busy", |count| count == 1.0).await;
    for number in 0..DRAWS {
        client.receipt(photo(40 + number, 40), &[]).await;
        if value(&client, &moved("refused")).await > 0.0 {
            return;
        }
    }
    panic!("the full engine was never asked");
}

#[tokio::test]
async fn an_engine_that_takes_a_request_and_never_answers_holds_none_past_its_deadline_and_gets_no_more() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let engine = Service::start("engine", &[]).await;
    let gateway = gateway_of(&[&url, &engine.url], &["--request-timeout", "3s"]).await;
    let client = Client::of(&gateway);
    let mut late = None;
    for number in 0..DRAWS {
        let response = client.compress(photo(40 + number, 40), &[]).await;
        if response.status() != StatusCode::OK {
            late = Some(crate::support::Refusal::read(response).await);
            break;
        }
    }
    let late = late.expect("the silent one is drawn");
    assert!(late.is(504, "deadline-exceeded"), "{late:?}");
    assert_eq!(value(&client, EJECTED).await, 1.0);
    for number in 0..20 {
        client.receipt(photo(40, 41 + number), &[]).await;
    }
    assert_eq!(client.get("/ready").await.status(), StatusCode::OK, "one engine is enough");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_never_stored_by_half() {
    let dying = half_answers().await;
    let alone = gateway_of(&[&dying], &[]).await;
    let client = Client::of(&alone);
    let refusal = client.refusal(photo(50, 50), &[]).await;
    assert!(refusal.is(503, "engine-unavailable"), "{refusal:?}");
    // One that is not kept here is spooled as it comes.
    let unkept = gateway_of(&[&dying], &["--replay-bytes", "0"]).await;
    let refusal = Client::of(&unkept).refusal(photo(50, 50), &[]).await;
    assert!(refusal.is(503, "engine-unavailable"), "{refusal:?}");
    for gateway in [&alone, &unkept] {
        assert_eq!(files(&gateway.folder.path().join("data")), [] as [PathBuf; 0]);
    }
}

/// The URL of an engine that dies in the midst of every answer.
async fn half_answers() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut read = Vec::new();
            while !read.ends_with(b"0\r\n\r\n") && stream.read_buf(&mut read).await.unwrap() > 0 {}
            // More than is held in memory, so that there is a file for the half.
            let receipt = json!({
                "outcome": "compressed", "format": "jpeg", "contentType": "image/jpeg", "width": 1, "height": 1,
                "bytes": 4 << 20, "original": { "format": "png", "width": 1, "height": 1, "bytes": 1 },
                "savedBytes": 0, "ratio": 1.0, "quality": 80, "score": null,
                "timings": { "queueMs": 0.0, "decodeMs": 0.0, "encodeMs": 0.0 },
            });
            let head = format!(
                "HTTP/1.1 200 OK\r\nx-compression-receipt: {receipt}\r\ncontent-length: {}\r\n\r\n",
                4 << 20
            );
            let _ = stream.write_all(&[head.as_bytes(), &vec![0; 2 << 20]].concat()).await;
        }
    });
    url
}

#[tokio::test]
async fn a_gateway_is_ready_while_one_engine_is() {
    let (mut first, mut second) = (Service::start("engine", &[]).await, Service::start("engine", &[]).await);
    let gateway = gateway_of(&[&first.url, &second.url], &[]).await;
    let client = Client::of(&gateway);
    first.kill().await;
    assert_eq!(client.get("/ready").await.status(), StatusCode::OK);
    second.kill().await;
    let gone = async { while client.get("/ready").await.status() == StatusCode::OK {} };
    timeout(PATIENCE, gone).await.expect("it says that none is left");
    let refusal = client.refusal(photo(30, 30), &[]).await;
    assert!(refusal.is(503, "engine-unavailable"), "{refusal:?}");
}

#[tokio::test]
async fn no_address_of_an_engine_is_in_what_strangers_see() {
    let engine = Service::start("engine", &[]).await;
    let gateway = gateway_of(&[&engine.url, "http://127.0.0.1:1"], &[]).await;
    let client = Client::of(&gateway);
    for number in 0..10 {
        client.receipt(photo(30, 30 + number), &[]).await;
    }
    let text = String::from_utf8(crate::support::body(client.get("/metrics").await).await).unwrap();
    assert!(text.contains(&requests(0, "answered")) && !text.contains("127.0.0.1"), "{text}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().unwrap().map(Result::unwrap) {
        if entry.path().is_dir() { found.extend(files(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}
