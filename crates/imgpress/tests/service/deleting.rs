//! Taking stored pictures away, whose they are, and what a folder keeps.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use imgpress_storage::test_server::{S3Server, SupabaseServer};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tokio::time::timeout;

use crate::metrics::value;
use crate::support::{Client, KEY, Refusal, Service, body, form, photo};

/// Longer than anything here takes; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Deletes with a key, or without one.
async fn delete(service: &Service, key: &str, api_key: Option<&str>) -> Response {
    let mut request =
        reqwest::Client::builder().no_proxy().build().unwrap().delete(format!("{}/files/{key}", service.url));
    if let Some(api_key) = api_key {
        request = request.header("x-api-key", api_key);
    }
    request.send().await.unwrap()
}

async fn status(service: &Service, key: &str, api_key: &str) -> StatusCode {
    delete(service, key, Some(api_key)).await.status()
}

/// Uploads as the client of this key.
async fn receipt(service: &Service, api_key: &str, side: u32) -> Value {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.post(format!("{}/compress", service.url)).header("x-api-key", api_key);
    request.multipart(form(photo(side, 30))).send().await.unwrap().json().await.unwrap()
}

fn key_of(receipt: &Value) -> String {
    receipt["key"].as_str().unwrap().to_owned()
}

async fn is_gone(receipt: &Value) -> bool {
    let url = receipt["url"].as_str().unwrap();
    let answer = reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap();
    !answer.status().is_success()
}

#[tokio::test]
async fn what_is_deleted_is_gone_whatever_the_store() {
    let (supabase, s3) = (SupabaseServer::start().await, S3Server::start().await);
    let (supabase_url, s3_url) = (supabase.url(), s3.url());
    let stores = [
        vec![],
        vec!["--supabase-url", &supabase_url, "--supabase-key", SupabaseServer::SECRET_KEY],
        vec![
            "--s3-bucket",
            S3Server::BUCKET,
            "--s3-endpoint",
            &s3_url,
            "--aws-access-key-id",
            S3Server::KEY_ID,
            "--aws-secret-access-key",
            S3Server::SECRET,
        ],
    ];
    for store in stores {
        let service = Service::start("serve", &store).await;
        let (one, other) = (receipt(&service, KEY, 40).await, receipt(&service, KEY, 41).await);
        assert!(!is_gone(&one).await);
        let answer = delete(&service, &key_of(&one), Some(KEY)).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{store:?}");
        assert!(answer.headers().contains_key("x-ratelimit-remaining"));
        assert_eq!(body(answer).await.len(), 0);
        assert!(is_gone(&one).await && !is_gone(&other).await, "{store:?}");
        let again = Refusal::read(delete(&service, &key_of(&one), Some(KEY)).await).await;
        assert!(again.is(404, "not-found"), "{again:?}");
        let stored_again = receipt(&service, KEY, 40).await;
        assert_eq!(stored_again["key"], one["key"]);
        assert!(!is_gone(&stored_again).await);
    }
}

#[tokio::test]
async fn a_deletion_takes_a_key_and_counts_against_the_rate_limit() {
    let service = Service::start("serve", &["--rate-limit-max", "7"]).await;
    let stored = receipt(&service, KEY, 40).await;
    for api_key in [None, Some("wrong")] {
        for key in [key_of(&stored), "nonsense".to_owned()] {
            let refusal = Refusal::read(delete(&service, &key, api_key).await).await;
            assert!(refusal.is(401, "unauthorized"), "{refusal:?}");
        }
    }
    for key in ["nonsense", "%ff"] {
        assert_eq!(status(&service, key, KEY).await, 404, "{key}");
    }
    assert_eq!(status(&service, &key_of(&stored), KEY).await, 429);
    assert!(!is_gone(&stored).await);
}

#[tokio::test]
async fn a_store_that_fails_a_deletion_is_500_and_strangers_learn_no_more() {
    let server = S3Server::start().await;
    let url = server.url();
    let store =
        ["--s3-endpoint", &url, "--s3-bucket", S3Server::BUCKET, "--aws-access-key-id", S3Server::KEY_ID];
    let service =
        Service::start("serve", &[&store[..], &["--aws-secret-access-key", "hunter2"]].concat()).await;
    let key = format!("ab/{}.jpg", "ab".repeat(32));
    let refusal = Refusal::read(delete(&service, &key, Some(KEY)).await).await;
    assert!(refusal.is(500, "storage-failed"), "{refusal:?}");
    assert!(!refusal.message.contains("ignature") && !refusal.message.contains("127.0.0.1"), "{refusal:?}");
}

const CLIENTS: [&str; 2] = ["--api-keys", "shop=shop-key,blog=blog-key"];

#[tokio::test]
async fn one_client_can_neither_touch_nor_guess_anothers_pictures() {
    let service = Service::start_with("serve", &[&CLIENTS[..], &["--client-prefix", "on"]].concat()).await;
    let (shops, blogs) = (receipt(&service, "shop-key", 40).await, receipt(&service, "blog-key", 40).await);
    assert_eq!(shops["sha256"], blogs["sha256"]);
    let (shops_key, blogs_key) = (key_of(&shops), key_of(&blogs));
    assert_ne!(shops_key, blogs_key);
    let (folder, plain) = shops_key.split_once('/').unwrap();
    assert!(folder.len() == 32 && !shops_key.contains("shop"), "{shops_key}");

    // Who knows the picture knows its hash, and so what its key would be without the folder.
    let client = Client::of(&service);
    assert_eq!(client.get(&format!("/files/{plain}")).await.status(), 404);
    for key in [shops_key.as_str(), plain] {
        assert_eq!(status(&service, key, "blog-key").await, 404, "{key}");
    }
    assert!(!is_gone(&shops).await);
    assert_eq!(status(&service, &shops_key, "shop-key").await, 204);
    assert!(is_gone(&shops).await && !is_gone(&blogs).await);
    assert_eq!(status(&service, &blogs_key, "blog-key").await, 204);
}

#[tokio::test]
async fn the_folder_of_a_client_is_the_same_after_a_restart_and_on_every_gateway_of_one_secret() {
    let data = tempfile::tempdir().unwrap();
    let dir = data.path().to_str().unwrap();
    let kept = [&CLIENTS[..], &["--client-prefix", "on", "--data-dir", dir]].concat();
    let mut keys = Vec::new();
    for _ in 0..2 {
        let service = Service::start_with("serve", &kept).await;
        keys.push(key_of(&receipt(&service, "shop-key", 40).await));
    }
    let given =
        [&CLIENTS[..], &["--client-prefix", "on", "--client-prefix-secret", "0123456789abcdef"]].concat();
    for _ in 0..2 {
        let service = Service::start_with("serve", &given).await;
        keys.push(key_of(&receipt(&service, "shop-key", 40).await));
    }
    assert!(keys[0] == keys[1] && keys[2] == keys[3] && keys[0] != keys[2], "{keys:?}");
}

#[tokio::test]
async fn local_storage_keeps_no_more_and_no_longer_than_it_is_told() {
    let data = tempfile::tempdir().unwrap();
    let dir = data.path().to_str().unwrap();
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    let picture = |number: u8| {
        let path: PathBuf =
            data.path().join(format!("files/{number:02x}/{}.jpg", format!("{number:02x}").repeat(32)));
        make(&path, hour_ago + Duration::from_secs(number.into()));
        path
    };
    let paths = [1, 2, 3].map(picture);
    let beside = data.path().join("tmp/imgpress-0123.part");
    make(&beside, SystemTime::now());
    let bounds = ["--data-dir", dir, "--storage-max-bytes", "2500", "--storage-max-age", "1d"];
    let service = Service::start("serve", &bounds).await;
    until(&service, "storage_expired_bytes_total{reason=\"size\"}", 1000.0).await;
    assert_eq!(paths.clone().map(|path| path.exists()), [false, true, true]);
    let client = Client::of(&service);
    assert_eq!(value(&client, "storage_local_bytes").await, 2000.0);
    assert_eq!(value(&client, "storage_expired_total{reason=\"size\"}").await, 1.0);
    assert_eq!(value(&client, "storage_expired_total{reason=\"age\"}").await, 0.0);
    drop(service);

    let service = Service::start("serve", &["--data-dir", dir, "--storage-max-age", "10m"]).await;
    until(&service, "storage_expired_bytes_total{reason=\"age\"}", 2000.0).await;
    assert_eq!(value(&Client::of(&service), "storage_local_bytes").await, 0.0);
    assert!(!paths[1].exists() && !paths[2].exists() && beside.exists());
}

/// Asks until a count is as wanted.
async fn until(service: &Service, series: &str, wanted: f64) {
    let client = Client::of(service);
    let reached = async { while value(&client, series).await != wanted {} };
    timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("{series} comes to {wanted}"));
}

fn make(path: &Path, written: SystemTime) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, [0; 1000]).unwrap();
    std::fs::File::open(path).unwrap().set_modified(written).unwrap();
}
