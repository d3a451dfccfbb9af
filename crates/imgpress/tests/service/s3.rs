//! Storing in S3, on a real server, and what is said when it fails.

use std::time::{Duration, Instant};

use imgpress_storage::test_server::{Fault, S3Server};

use crate::support::{Client, Refusal, Service, photo};

async fn on_s3(server: &S3Server, arguments: &[&str]) -> Service {
    on_s3_with(&server.url(), S3Server::SECRET, arguments).await
}

async fn on_s3_with(url: &str, secret: &str, arguments: &[&str]) -> Service {
    let store = [
        ["--s3-bucket", S3Server::BUCKET],
        ["--s3-endpoint", url],
        ["--aws-access-key-id", S3Server::KEY_ID],
        ["--aws-secret-access-key", secret],
    ];
    Service::start("serve", &[store.as_flattened(), arguments].concat()).await
}

#[tokio::test]
async fn an_upload_is_stored_in_s3_under_a_signed_url_or_a_public_one() {
    let server = S3Server::start().await;
    let public = server.public_url();
    for (arguments, mark) in [(vec![], "X-Amz-Signature="), (vec!["--s3-public-url", public.as_str()], "")] {
        let service = on_s3(&server, &arguments).await;
        let client = Client::of(&service);
        assert_eq!(client.get("/ready").await.status(), 200);
        let receipt = client.receipt(photo(200, 100), &[]).await;
        let (key, url) = (receipt["key"].as_str().unwrap(), receipt["url"].as_str().unwrap());
        assert!(url.starts_with(&format!("{public}/{key}")) && url.contains(mark), "{url}");
        assert_eq!(client.fetch(&receipt).await.len(), receipt["bytes"]);
        let object = server.object(key).await.unwrap();
        assert_eq!(
            (object.bytes.len(), object.content_type.as_str()),
            (client.fetch(&receipt).await.len(), "image/jpeg")
        );
        assert_eq!(client.get(&format!("/files/{key}")).await.status(), 404, "the store serves it");
    }
}

#[tokio::test]
async fn a_store_that_is_busy_or_cuts_connections_is_asked_again() {
    let server = S3Server::start().await;
    let service = on_s3(&server, &[]).await;
    let client = Client::of(&service);
    for (quality, fault) in [("40", Fault::SlowDown { retry_after: None }), ("60", Fault::Reset)] {
        server.fail_uploads(1, fault);
        let before = server.upload_requests();
        let receipt = client.receipt(photo(60, 40), &[("quality", quality)]).await;
        assert_eq!(server.upload_requests(), before + 2);
        assert!(server.object(receipt["key"].as_str().unwrap()).await.is_some());
    }
}

/// Held against what strangers may learn: neither what failed nor where.
async fn fails(client: &Client, server: &str) -> Refusal {
    let refusal = client.refusal(photo(60, 40), &[]).await;
    assert!(refusal.is(500, "storage-failed"), "{refusal:?}");
    let told = refusal.message.to_lowercase();
    for hidden in ["bucket", "s3", "signature", "127.0.0.1", server.trim_start_matches("http://")] {
        assert!(!told.contains(hidden), "{told}");
    }
    refusal
}

#[tokio::test]
async fn a_wrong_secret_is_500_with_the_cause_in_the_log_alone_and_not_ready() {
    let server = S3Server::start().await;
    let mut service = on_s3_with(&server.url(), "hunter2", &[]).await;
    let client = Client::of(&service);
    let refusal = fails(&client, &server.url()).await;
    let logged = service.logged(|line| line["level"] == "ERROR").await.to_string();
    assert!(logged.contains(&refusal.request_id) && logged.contains("SignatureDoesNotMatch"), "{logged}");
    assert!(!logged.contains("hunter2"), "{logged}");
    let unready = Refusal::read(client.get("/ready").await).await;
    assert!(unready.is(503, "storage-unavailable"), "{unready:?}");
    assert_eq!(server.upload_requests(), 1, "what cannot succeed is not tried again");
}

#[tokio::test]
async fn a_missing_bucket_is_500_with_the_cause_in_the_log_alone_and_not_ready() {
    let server = S3Server::start().await;
    let mut service = on_s3(&server, &[]).await;
    let client = Client::of(&service);
    server.remove_bucket();
    let refusal = fails(&client, &server.url()).await;
    let logged = service.logged(|line| line["level"] == "ERROR").await.to_string();
    assert!(logged.contains(&refusal.request_id) && logged.contains("NoSuchBucket"), "{logged}");
    assert!(!logged.contains(S3Server::SECRET), "{logged}");
    let unready = Refusal::read(client.get("/ready").await).await;
    assert!(unready.is(503, "storage-unavailable"), "{unready:?}");
}

#[tokio::test]
async fn a_store_that_hangs_or_is_gone_is_500_within_the_deadline() {
    let server = S3Server::start().await;
    let service = on_s3(&server, &["--request-timeout", "2s"]).await;
    let client = Client::of(&service);
    server.fail_uploads(100, Fault::Hang);
    let url = server.url();
    let started = Instant::now();
    fails(&client, &url).await;
    drop(server);
    fails(&client, &url).await;
    assert!(started.elapsed() < Duration::from_secs(20), "within two deadlines");
    assert_eq!(client.get("/health").await.status(), 200);
}
