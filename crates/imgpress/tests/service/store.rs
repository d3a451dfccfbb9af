//! Storing in Supabase, and stores that fail.

use std::time::{Duration, Instant};

use imgpress_storage::test_server::{Fault, SupabaseServer};

use crate::support::{Client, Service, photo};

async fn on_supabase(server: &SupabaseServer, arguments: &[&str]) -> Service {
    let url = server.url();
    let store = ["--supabase-url", url.as_str(), "--supabase-key", SupabaseServer::SECRET_KEY];
    Service::start("serve", &[&store, arguments].concat()).await
}

#[tokio::test]
async fn an_upload_is_stored_in_supabase_under_its_public_url() {
    let server = SupabaseServer::start().await;
    let service = on_supabase(&server, &[]).await;
    let client = Client::of(&service);
    assert_eq!(client.get("/ready").await.status(), 200);
    let receipt = client.receipt(photo(200, 100), &[]).await;
    let key = receipt["key"].as_str().unwrap();
    assert_eq!(receipt["url"], format!("{}/storage/v1/object/public/images/{key}", server.url()));
    assert_eq!(client.fetch(&receipt).await.len(), receipt["bytes"]);
    assert!(server.object(key).is_some());
    assert_eq!(
        client.get(&format!("/files/{key}")).await.status(),
        404,
        "the store serves it, not the gateway"
    );
    assert!(server.violations().is_empty(), "{:?}", server.violations());
}

#[tokio::test]
async fn forty_duplicates_in_a_row_all_succeed_at_once() {
    let server = SupabaseServer::start().await;
    let service = on_supabase(&server, &[]).await;
    let client = Client::of(&service);
    let first = client.receipt(photo(60, 40), &[]).await;
    for number in 1..=40 {
        let started = Instant::now();
        let again = client.receipt(photo(60, 40), &[]).await;
        assert_eq!(again["url"], first["url"]);
        // A connection that the server has left hanging costs several seconds.
        assert!(started.elapsed() < Duration::from_secs(1), "number {number}: {:?}", started.elapsed());
    }
    assert_eq!(server.object_count(), 1);
}

#[tokio::test]
async fn a_store_that_is_busy_is_asked_again() {
    let server = SupabaseServer::start().await;
    let service = on_supabase(&server, &[]).await;
    let client = Client::of(&service);
    for fault in [Fault::SlowDown { retry_after: None }, Fault::Unavailable] {
        server.fail_uploads(1, fault);
        let before = server.upload_requests();
        let receipt =
            client.receipt(photo(60, 40), &[("quality", if before == 0 { "40" } else { "60" })]).await;
        assert_eq!(server.upload_requests(), before + 2);
        assert!(server.object(receipt["key"].as_str().unwrap()).is_some());
    }
}

#[tokio::test]
async fn a_broken_store_is_500_with_the_cause_in_the_log_alone() {
    let server = SupabaseServer::start().await;
    let mut service = on_supabase(&server, &["--request-timeout", "2s"]).await;
    let client = Client::of(&service);
    server.remove_bucket();
    let refusal = client.refusal(photo(60, 40), &[]).await;
    assert!(refusal.is(500, "storage-failed"), "{refusal:?}");
    assert!(!refusal.message.to_lowercase().contains("bucket"), "{}", refusal.message);
    let logged = service.logged(|line| line["level"] == "ERROR").await.to_string();
    assert!(logged.contains(&refusal.request_id) && logged.to_lowercase().contains("bucket"), "{logged}");
    assert!(!logged.contains(SupabaseServer::SECRET_KEY));
    let unready = crate::support::Refusal::read(client.get("/ready").await).await;
    assert!(unready.is(503, "storage-unavailable"), "{unready:?}");

    drop(server);
    let started = Instant::now();
    let dead = client.refusal(photo(60, 40), &[]).await;
    assert!(dead.is(500, "storage-failed"), "{dead:?}");
    assert!(started.elapsed() < Duration::from_secs(10), "within the deadline");
    assert_eq!(client.get("/health").await.status(), 200);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_500_and_not_ready() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let data = service.folder.path().join("data");
    std::fs::remove_dir_all(data.join("files")).unwrap();
    std::fs::write(data.join("files"), "in the way").unwrap();
    let refusal = client.refusal(photo(60, 40), &[]).await;
    assert!(refusal.is(500, "storage-failed"), "{refusal:?}");
    assert!(!refusal.message.contains("data"), "{}", refusal.message);
    let unready = crate::support::Refusal::read(client.get("/ready").await).await;
    assert!(unready.is(503, "storage-unavailable"), "{unready:?}");
    let sent_back = client.compress(photo(60, 40), &[("store", "false")]).await;
    assert_eq!(sent_back.status(), 200, "what needs no store goes on");
}
