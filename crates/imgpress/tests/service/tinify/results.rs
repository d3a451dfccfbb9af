//! How long, and how much of it, what clients sent is kept.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::*;

/// A service on a folder that outlives it.
async fn serve(data: &Path, arguments: &[&str]) -> Service {
    Service::start("serve", &[&["--data-dir", data.to_str().unwrap()], arguments].concat()).await
}

/// The files that are kept.
fn kept(data: &Path) -> Vec<PathBuf> {
    data.join("tinify").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn results_and_counts_outlive_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let mut service = serve(data.path(), &[]).await;
    let place = location(&service, photo(90, 60)).await;
    let first = image(get(&service, &place).await).await;
    service.kill().await;
    let service = serve(data.path(), &[]).await;
    assert_eq!(image(get(&service, &place).await).await, first);
    let made = make(&service, &place, json!({ "resize": { "method": "scale", "width": 30 } })).await;
    assert_eq!(made.headers()["compression-count"], "2");
    assert_eq!(image(made).await.2, (30, 20));
    assert_eq!(data.path().join("tmp").read_dir().unwrap().count(), 0, "no temporary file is left");
}

#[tokio::test]
async fn results_belong_to_the_key_that_made_them_and_so_do_counts() {
    let keys = format!("shop={KEY},blog=another-key");
    let service = Service::start_with("serve", &["--api-keys", &keys]).await;
    let place = location(&service, photo(90, 60)).await;
    let other = with_key(&service, Method::GET, &place, "another-key").send().await.unwrap();
    assert_eq!(other.headers()["compression-count"], "0");
    let unknown = "/output/0123456789abcdef0123456789abcdef";
    let nowhere = with_key(&service, Method::GET, unknown, "another-key").send().await.unwrap();
    assert_eq!(error(other).await, error(nowhere).await, "nobody learns that there is one");
    assert_eq!(get(&service, &place).await.status(), 200);
}

#[tokio::test]
async fn what_is_too_old_is_gone() {
    let data = tempfile::tempdir().unwrap();
    let service = serve(data.path(), &["--tinify-keep-for", "10m"]).await;
    let place = location(&service, photo(90, 60)).await;
    let written = |age: u64| {
        let file = std::fs::File::options().write(true).open(&kept(data.path())[0]).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(60 * age)).unwrap();
    };
    written(9);
    assert_eq!(get(&service, &place).await.status(), 200);
    written(10);
    let (status, words, message) = error(get(&service, &place).await).await;
    assert_eq!((status, words.as_str()), (404, "Not Found"));
    assert!(message.contains("again"), "{message}");
    serve(data.path(), &["--tinify-keep-for", "10m"]).await;
    assert_eq!(kept(data.path()), [] as [PathBuf; 0], "and a start removes it");
}

#[tokio::test]
async fn the_oldest_goes_where_there_is_too_much_and_an_image_that_is_refused_leaves_nothing() {
    let data = tempfile::tempdir().unwrap();
    let service = serve(data.path(), &["--tinify-keep-bytes", "100kB"]).await;
    let mut places = Vec::new();
    for side in 0..6 {
        places.push(location(&service, photo(100 + side, 100)).await);
    }
    assert_eq!(get(&service, &places[5]).await.status(), 200);
    assert_eq!(error(get(&service, &places[0]).await).await.0, 404);
    let bytes: u64 = kept(data.path()).iter().map(|path| path.metadata().unwrap().len()).sum();
    assert!((50_000..=100_000).contains(&bytes), "{bytes}");
    let before = kept(data.path()).len();
    assert_eq!(error(shrink(&service, b"no image".to_vec()).await).await.0, 415);
    assert_eq!(error(shrink(&service, photo(90, 90)[..4000].to_vec()).await).await.0, 422);
    assert_eq!(kept(data.path()).len(), before);
    assert_eq!(data.path().join("tmp").read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn where_nothing_can_be_kept_the_fault_is_ours() {
    let data = tempfile::tempdir().unwrap();
    let service = serve(data.path(), &[]).await;
    std::fs::remove_dir_all(data.path().join("tmp")).unwrap();
    let (status, words, message) = error(shrink(&service, photo(90, 60)).await).await;
    assert_eq!((status, words.as_str()), (500, "InternalServerError"));
    assert!(!message.contains(data.path().to_str().unwrap()), "{message}");
}
