//! Machines that have no more of something, and processes that are told to end while they work: nothing is stored by
//! half, and nothing is said to be stored that is not.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use reqwest::StatusCode;
use tokio::net::TcpStream;

use crate::support::{Client, NAMESPACE, Service, may_mount, noise_png, photo};

/// Everything that local storage has, temporary files included.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().unwrap().map(Result::unwrap) {
        if entry.path().is_dir() { found.extend(files(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_refuses_what_does_not_fit_and_serves_what_is_there() {
    if !may_mount().await {
        eprintln!("skipped: this system lets nobody mount a small disk");
        return;
    }
    let small_disk = "mkdir data && mount -t tmpfs -o size=600k none data";
    let service = Service::start_behind("serve", small_disk, &NAMESPACE, &[]).await;
    let client = Client::of(&service);
    let stored = client.receipt(photo(300, 200), &[]).await;
    let refused = client.refusal(noise_png(900, 700), &[("quality", "95")]).await;
    assert!(refused.is(500, "storage-failed"), "{refused:?}");
    assert!(!refused.message.contains("data"), "{refused:?}");
    assert_eq!(client.fetch(&stored).await.len(), stored["bytes"]);
    let next = client.receipt(photo(200, 300), &[]).await;
    assert_eq!(client.fetch(&next).await.len(), next["bytes"], "what fits is stored again");
    let inside = format!("/proc/{}/root{}", service.pid(), service.folder.path().display());
    assert_eq!(files(&Path::new(&inside).join("data/tmp")), [] as [&Path; 0], "nothing is left by half");
}

#[tokio::test]
async fn a_process_without_file_descriptors_answers_again_once_it_has_some() {
    let service = Service::start_behind("serve", "ulimit -n 64", &["sh"], &[]).await;
    let address = service.url.trim_start_matches("http://");
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(TcpStream::connect(address).await.unwrap());
    }
    drop(held);
    let client = Client::of(&service);
    let receipt = client.receipt(photo(120, 80), &[]).await;
    assert_eq!(client.fetch(&receipt).await.len(), receipt["bytes"]);
}

#[tokio::test]
async fn sigterm_under_load_costs_no_request_that_was_taken() {
    let mut service = Service::start("serve", &["--rate-limit-max", "100000"]).await;
    let (done, ends) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let clients: Vec<_> = (0..8)
        .map(|number| {
            let (client, done, ends) = (Client::of(&service), Arc::clone(&done), Arc::clone(&ends));
            tokio::spawn(async move { upload_until(&ends, &client, number, &done).await })
        })
        .collect();
    while done.load(Ordering::Relaxed) < 8 {
        tokio::task::yield_now().await;
    }
    ends.store(true, Ordering::Relaxed);
    service.terminate().await;
    let mut keys = Vec::new();
    for client in clients {
        keys.extend(client.await.unwrap());
    }
    assert_eq!(service.exit_code().await, Some(0));
    let stored = files(&service.folder.path().join("data"));
    for key in keys {
        let name = key.rsplit('/').next().unwrap().to_owned();
        assert!(stored.iter().any(|path| path.ends_with(&name)), "{key} is there");
    }
}

/// Uploads one picture after the other, and gives the keys of those that were taken. The others are told to come again.
async fn upload_until(ends: &AtomicBool, client: &Client, number: u32, done: &AtomicUsize) -> Vec<String> {
    let mut keys = Vec::new();
    for round in 0.. {
        if ends.load(Ordering::Relaxed) {
            break;
        }
        let response = client.compress(photo(160 + number, 100 + round % 50), &[]).await;
        if response.status() != StatusCode::OK {
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            break;
        }
        let receipt: serde_json::Value = response.json().await.unwrap();
        keys.push(receipt["key"].as_str().unwrap().to_owned());
        done.fetch_add(1, Ordering::Relaxed);
    }
    keys
}
