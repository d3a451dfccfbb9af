//! The cache of results: the same upload again costs a hash and not an encode.

use imgpress_gateway::test_server::RedisServer;
use imgpress_storage::test_server::SupabaseServer;
use serde_json::Value;

use crate::support::{Client, KEY, Service, body, form, noise_png, photo};

const ON: [&str; 2] = ["--result-cache", "100"];

/// How many images an engine has compressed.
async fn images(service: &Service) -> usize {
    let text = String::from_utf8(body(Client::of(service).get("/metrics").await).await).unwrap();
    let counts = text.lines().filter(|line| line.starts_with("images_total"));
    counts.map(|line| line.rsplit_once(' ').unwrap().1.parse::<usize>().unwrap()).sum()
}

/// All of a receipt but how long it took, and whether it is an earlier one.
fn result(receipt: &Value) -> (Value, bool) {
    let mut receipt = receipt.clone();
    let cached = receipt.as_object_mut().unwrap().remove("cached").is_some_and(|cached| cached == true);
    receipt.as_object_mut().unwrap().remove("timings").unwrap();
    (receipt, cached)
}

#[tokio::test]
async fn the_same_upload_again_is_not_compressed_again_where_the_cache_is_on() {
    for (arguments, compressed) in [(&ON[..], 1), (&[], 2)] {
        let service = Service::start("serve", arguments).await;
        let client = Client::of(&service);
        let first = client.receipt(photo(60, 40), &[("quality", "70")]).await;
        let again = client.receipt(photo(60, 40), &[("quality", "70")]).await;
        assert_eq!(images(&service).await, compressed);
        let ((first, cached_first), (again, cached_again)) = (result(&first), result(&again));
        assert_eq!(first, again);
        assert_eq!((cached_first, cached_again), (false, compressed == 1));
        assert_eq!(client.fetch(&again).await.len(), again["bytes"]);
    }
}

#[tokio::test]
async fn nothing_was_done_says_the_receipt_and_the_metric_what_was_saved() {
    let service = Service::start("serve", &ON).await;
    let client = Client::of(&service);
    client.receipt(photo(60, 40), &[]).await;
    let again = client.receipt(photo(60, 40), &[]).await;
    assert_eq!(again["timings"], serde_json::json!({ "queueMs": 0.0, "decodeMs": 0.0, "encodeMs": 0.0 }));
    let metrics = String::from_utf8(body(client.get("/metrics").await).await).unwrap();
    for outcome in ["hit", "miss"] {
        let line = format!("result_cache_requests_total{{outcome=\"{outcome}\"}} 1");
        assert!(metrics.contains(&line), "{metrics}");
    }
}

#[tokio::test]
async fn what_is_to_become_something_else_is_another_upload() {
    let arguments = ["--api-keys", &format!("one={KEY},two=the-other-key"), "--result-cache", "100"];
    let service = Service::start_with("serve", &arguments).await;
    let client = Client::of(&service);
    let cached = async |key: &str, accept: &str, query: &[(&str, &str)]| {
        let request = client.http.post(format!("{}/compress", service.url)).header("x-api-key", key);
        let request = request.header("accept", accept).query(query).multipart(form(photo(60, 40)));
        let receipt: Value = request.send().await.unwrap().json().await.unwrap();
        result(&receipt).1
    };
    let auto = [("format", "auto")];
    for (key, accept, query) in [
        (KEY, "*/*", &[][..]),
        (KEY, "*/*", &[("quality", "30")]),
        (KEY, "*/*", &[("width", "20")]),
        (KEY, "*/*", &auto),
        (KEY, "image/avif", &auto),
        ("the-other-key", "*/*", &[]),
    ] {
        assert!(!cached(key, accept, query).await, "{key} {accept} {query:?} was never sent before");
        assert!(cached(key, accept, query).await, "{key} {accept} {query:?} was");
    }
    let back = client.compress(photo(60, 40), &[("store", "false")]).await;
    assert_eq!(back.status(), 200, "what is sent back is always made");
}

#[tokio::test]
async fn an_image_that_the_store_has_no_more_is_made_again() {
    let service = Service::start("serve", &ON).await;
    let client = Client::of(&service);
    let receipt = client.receipt(photo(60, 40), &[]).await;
    std::fs::remove_file(service.folder.path().join("data/files").join(receipt["key"].as_str().unwrap()))
        .unwrap();
    let (_, cached) = result(&client.receipt(photo(60, 40), &[]).await);
    assert!(!cached);
    assert_eq!(images(&service).await, 2);
    client.fetch(&receipt).await;
}

#[tokio::test]
async fn a_large_upload_goes_to_the_engine_as_it_comes() {
    let service = Service::start("serve", &ON).await;
    let client = Client::of(&service);
    let large = noise_png(2000, 1500);
    assert!(large.len() > 8 << 20);
    for _ in 0..2 {
        let (receipt, cached) = result(&client.receipt(large.clone(), &[]).await);
        assert_eq!((&receipt["original"]["bytes"], cached), (&large.len().into(), false));
    }
}

#[tokio::test]
async fn a_store_elsewhere_is_asked_before_a_result_is_trusted() {
    let server = SupabaseServer::start().await;
    let url = server.url();
    let store = ["--supabase-url", url.as_str(), "--supabase-key", SupabaseServer::SECRET_KEY];
    let service = Service::start("serve", &[&store, &ON[..]].concat()).await;
    let client = Client::of(&service);
    client.receipt(photo(60, 40), &[]).await;
    assert!(result(&client.receipt(photo(60, 40), &[]).await).1);
    assert_eq!(server.upload_requests(), 1);
    server.remove_bucket();
    assert_eq!(client.compress(photo(60, 40), &[]).await.status(), 500, "no answer promises what is gone");
}

#[tokio::test]
async fn a_result_of_one_gateway_is_one_of_the_other() {
    let (redis, data) = (RedisServer::start().await, tempfile::tempdir().unwrap());
    let data = data.path().to_str().unwrap();
    let url = redis.url();
    let shared = ["--redis-url", &url, "--redis-timeout", "10s", "--data-dir", data, "--result-cache", "100"];
    let (one, other) = (Service::start("serve", &shared).await, Service::start("serve", &shared).await);
    let (first, _) = result(&Client::of(&one).receipt(photo(60, 40), &[]).await);
    let (second, cached) = result(&Client::of(&other).receipt(photo(60, 40), &[]).await);
    assert!(cached);
    assert_eq!((&first["key"], images(&other).await), (&second["key"], 0));
}
