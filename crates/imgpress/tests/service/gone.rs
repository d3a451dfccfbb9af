//! Who goes away in the middle: clients take their work with them, and an engine that dies costs the requests that it had.

use std::path::{Path, PathBuf};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::metrics::{value, values};
use crate::support::wire::{body_of, connect, exchange, head, part, statuses, upload_of};
use crate::support::{Client, Service, photo, png_of};

/// An upload of few bytes whose picture keeps a worker busy for a while.
fn hard() -> Vec<u8> {
    let path = "/compress?quality=auto:high&effort=max&store=false";
    let head = head("content-length: LENGTH\r\n").replace("/compress", path);
    let picture = image::RgbImage::from_fn(4000, 3000, |x, y| {
        let wave = |at: u32, length: f32| ((at as f32 / length).sin() * 100.0 + 128.0) as u8;
        image::Rgb([wave(x, 31.0), wave(y, 47.0), wave(x + y, 83.0)])
    });
    let body = body_of(&[part("name=\"image\"; filename=\"a\"", &png_of(picture))]);
    [head.replace("LENGTH", &body.len().to_string()).as_bytes(), &body].concat()
}

async fn send(service: &Service, upload: &[u8]) -> TcpStream {
    let mut stream = connect(service).await;
    stream.write_all(upload).await.unwrap();
    stream
}

/// What an engine has to do at one moment: asked for one after the other, work that begins between is in none of them.
struct Load {
    working: f64,
    waiting: f64,
    /// Bytes.
    reserved: f64,
}

/// Asks until an engine has as much to do as is wanted.
async fn until(engine: &Client, wanted: impl Fn(&Load) -> bool) -> Load {
    let series = ["engine_workers_busy", "engine_queue_depth", "engine_memory_reserved_bytes"];
    let reached = async {
        loop {
            let [working, waiting, reserved] = values(engine, series).await;
            let load = Load { working, waiting, reserved };
            if wanted(&load) {
                break load;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(120), reached).await.expect("it comes to that")
}

fn nobody(load: &Load) -> bool {
    load.working + load.waiting + load.reserved == 0.0
}

#[tokio::test]
async fn clients_that_go_away_take_their_work_with_them() {
    let alone = Service::start("serve", &["--workers", "1", "--queue-timeout", "2m"]).await;
    let engine = Service::start("engine", &["--workers", "1", "--queue-timeout", "2m"]).await;
    let gateway = Service::start("gateway", &["--engine-url", &engine.url]).await;
    let upload = hard();
    for (front, back) in [(&alone, &alone), (&gateway, &engine)] {
        let counts = Client::of(back);
        let mut clients = Vec::new();
        for _ in 0..6 {
            clients.push(send(front, &upload).await);
        }
        let Load { waiting, .. } = until(&counts, |load| load.working == 1.0 && load.waiting >= 3.0).await;
        drop(clients);
        until(&counts, nobody).await;
        let done = value(&counts, r#"image_stage_duration_seconds_count{stage="encode"}"#).await;
        assert!(done <= 6.0 - waiting, "those that waited were never begun: {done}");
        Client::of(front).receipt(photo(40, 40), &[]).await;
    }
}

#[tokio::test]
async fn an_engine_killed_at_work_is_503_and_the_gateway_lives_on() {
    let mut engine = Service::start("engine", &["--workers", "1"]).await;
    let gateway = Service::start("gateway", &["--engine-url", &engine.url]).await;
    let mut working = send(&gateway, &hard()).await;
    let body = body_of(&[part("name=\"image\"; filename=\"a\"", &photo(60, 40))]);
    let rest = upload_of(&body);
    let mut uploading = send(&gateway, &rest[..rest.len() - 100]).await;
    until(&Client::of(&engine), |load| load.working == 1.0).await;
    engine.kill().await;

    let mut answer = vec![0; 4096];
    let length = working.read(&mut answer).await.unwrap();
    assert_lost(&String::from_utf8_lossy(&answer[..length]));
    // Whether it is told so before or after its rest, it is told so.
    let _ = uploading.write_all(&rest[rest.len() - 100..]).await;
    let mut answer = String::new();
    uploading.read_to_string(&mut answer).await.unwrap();
    assert_lost(&answer);
    assert_eq!(Client::of(&gateway).get("/health").await.status(), 200);
    assert_eq!(files(&gateway.folder.path().join("data")), [] as [PathBuf; 0], "nothing is stored by half");

    let address = engine.url.trim_start_matches("http://").to_owned();
    let _back = Service::start_with("engine", &["--listen", &address]).await;
    let client = Client::of(&gateway);
    let receipt = client.receipt(photo(60, 40), &[]).await;
    assert_eq!(client.fetch(&receipt).await.len(), receipt["bytes"]);
}

fn assert_lost(answer: &str) {
    assert_eq!(statuses(answer), [503], "{answer}");
    assert!(answer.contains("engine-unavailable") && answer.contains("retry-after: "), "{answer}");
    assert!(!answer.contains("127.0.0.1"), "{answer}");
}

#[tokio::test]
async fn an_upload_that_is_broken_off_anywhere_is_stored_nowhere() {
    // Each is in the queue for a moment, also while nobody has noticed yet that it broke off: there is room for all.
    let service = Service::start("serve", &["--rate-limit-max", "1000", "--queue", "100"]).await;
    let upload = upload_of(&body_of(&[part("name=\"image\"; filename=\"a\"", &photo(60, 40))]));
    for length in (0..upload.len()).step_by(upload.len() / 40) {
        drop(send(&service, &upload[..length]).await);
    }
    until(&Client::of(&service), nobody).await;
    assert_eq!(files(&service.folder.path().join("data")), [] as [PathBuf; 0]);
    assert_eq!(statuses(&exchange(&service, &upload).await), [200]);
    assert_eq!(files(&service.folder.path().join("data/files")).len(), 1);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().unwrap().map(Result::unwrap) {
        if entry.path().is_dir() { found.extend(files(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}
