//! S3 over real sockets, on a real server: the conformance suite, what is sent, and what answers are taken for.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test fail it too")]

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use imgpress_options::ImageFormat;
use imgpress_storage::test_server::{Fault, S3Server};
use imgpress_storage::{
    Blob, Refusal, S3Config, S3Storage, S3Urls, Storage, StorageError, StorageKey, conformance,
};
use tokio::time::Instant;

const SIGNED: S3Urls = S3Urls::Signed(Duration::from_secs(60));

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn picture_of(length: usize) -> (StorageKey, Blob) {
    let blob = Blob::from(Bytes::from(vec![7; length]));
    (blob.key(ImageFormat::Jpeg), blob)
}

fn picture() -> (StorageKey, Blob) {
    picture_of(300_000)
}

fn config(url: &str) -> S3Config {
    S3Config {
        endpoint: Some(url.parse().unwrap()),
        region: S3Server::REGION.parse().unwrap(),
        bucket: S3Server::BUCKET.parse().unwrap(),
        path_style: true,
        key_id: S3Server::KEY_ID.to_owned(),
        secret: S3Server::SECRET.into(),
        session_token: None,
        urls: SIGNED,
    }
}

fn storage(server: &S3Server) -> S3Storage {
    S3Storage::new(config(&server.url())).unwrap()
}

async fn put(server: &S3Server) -> Result<(), StorageError> {
    let (key, blob) = picture();
    storage(server).put(&key, &blob, soon()).await
}

fn refusal(put: Result<(), StorageError>) -> Refusal {
    match put {
        Err(StorageError::Refused { refusal, .. }) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn passes_the_conformance_suite_with_both_kinds_of_url() {
    let server = S3Server::start().await;
    let public = S3Urls::Public(server.public_url().parse().unwrap());
    for urls in [SIGNED, public] {
        let storage = S3Storage::new(S3Config { urls, ..config(&server.url()) }).unwrap();
        let folder = tempfile::tempdir().unwrap();
        conformance::run(&storage, folder.path()).await;
    }
}

#[tokio::test]
async fn passes_the_conformance_suite_where_puts_have_no_conditions() {
    let server = S3Server::start().await;
    server.forget_conditions();
    let folder = tempfile::tempdir().unwrap();
    conformance::run(&storage(&server), folder.path()).await;
}

#[tokio::test]
async fn sends_the_bytes_with_their_type_and_a_year_of_cache() {
    let server = S3Server::start().await;
    put(&server).await.unwrap();
    let (key, blob) = picture();
    let object = server.object(key.as_str()).await.unwrap();
    assert_eq!(object.bytes, blob.to_bytes().await.unwrap());
    assert_eq!(
        (object.content_type.as_str(), object.cache_control.as_str()),
        ("image/jpeg", "public, max-age=31536000, immutable")
    );
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn public_urls_are_under_their_base() {
    let urls = S3Urls::Public("https://cdn.example/pictures/".parse().unwrap());
    let storage = S3Storage::new(S3Config { urls, ..config("https://s3.example") }).unwrap();
    let (key, _) = picture();
    assert_eq!(storage.public_url(&key), format!("https://cdn.example/pictures/{key}"));
}

#[tokio::test]
async fn duplicates_of_any_size_are_success_and_large_ones_are_not_sent_again() {
    let server = S3Server::start().await;
    for length in [300_000, 3_000_000] {
        let before = server.upload_requests();
        let (key, blob) = picture_of(length);
        for _ in 0..10 {
            storage(&server).put(&key, &blob, soon()).await.unwrap();
        }
        let uploads = if length > 1 << 20 { 1 } else { 10 };
        assert_eq!(server.upload_requests() - before, uploads, "{length}");
    }
}

#[tokio::test]
async fn what_passes_is_tried_again_and_then_succeeds() {
    let faults = [
        Fault::SlowDown { retry_after: None },
        Fault::SlowDown { retry_after: Some(1) },
        Fault::InternalError,
        Fault::BadGateway,
        Fault::Unavailable,
        Fault::Locked,
        Fault::Reset,
        Fault::StoreThenReset,
    ];
    join_all(faults.map(|fault| async move {
        let server = S3Server::start().await;
        server.fail_uploads(2, fault);
        put(&server).await.unwrap_or_else(|failed| panic!("{fault:?}: {failed}"));
        assert_eq!(server.upload_requests(), 3, "{fault:?}");
        assert!(server.object(picture().0.as_str()).await.is_some(), "{fault:?}");
    }))
    .await;
}

#[tokio::test]
async fn a_store_that_stays_broken_is_given_up_after_five_tries() {
    let server = S3Server::start().await;
    server.fail_uploads(100, Fault::Reset);
    let failed = put(&server).await.unwrap_err();
    assert!(matches!(failed, StorageError::Unavailable { tries: 5, .. }), "{failed:?}");
    assert_eq!(server.upload_requests(), 5);
}

#[tokio::test]
async fn a_store_that_asks_for_a_long_wait_is_given_up_at_once() {
    let server = S3Server::start().await;
    server.fail_uploads(100, Fault::SlowDown { retry_after: Some(3600) });
    let failed = put(&server).await.unwrap_err();
    assert!(matches!(failed, StorageError::Unavailable { tries: 1, .. }), "{failed:?}");
}

#[tokio::test]
async fn a_store_that_hangs_is_given_up_by_the_deadline() {
    let server = S3Server::start().await;
    server.fail_uploads(100, Fault::Hang);
    let (key, blob) = picture();
    let put = async { storage(&server).put(&key, &blob, Instant::now() + Duration::from_secs(1)).await };
    let failed = tokio::time::timeout(Duration::from_secs(30), put).await.expect("the put ends").unwrap_err();
    assert!(matches!(failed, StorageError::Unavailable { .. }), "{failed:?}");
}

#[tokio::test]
async fn a_wrong_key_is_refused_without_a_second_try() {
    let server = S3Server::start().await;
    let right = || config(&server.url());
    let wrong = [
        S3Config { secret: "hunter2".into(), ..right() },
        S3Config { key_id: "AKIDNOBODY".to_owned(), ..right() },
    ];
    for (number, config) in wrong.into_iter().enumerate() {
        let storage = S3Storage::new(config).unwrap();
        let (key, blob) = picture();
        assert_eq!(refusal(storage.put(&key, &blob, soon()).await), Refusal::Credentials);
        assert_eq!(refusal(storage.ready().await), Refusal::Credentials);
        assert_eq!(server.requests(), 2 * (number + 1));
        assert!(server.object(key.as_str()).await.is_none());
    }
}

#[tokio::test]
async fn a_wrong_key_is_refused_whatever_the_size_is_without_a_second_try() {
    let server = S3Server::start().await;
    let wrong = S3Storage::new(S3Config { secret: "hunter2".into(), ..config(&server.url()) }).unwrap();
    for (number, length) in [1_000, 1_100_000, 30_000_000, 30_000_000].into_iter().enumerate() {
        let (key, blob) = picture_of(length);
        assert_eq!(refusal(wrong.put(&key, &blob, soon()).await), Refusal::Credentials, "{length} bytes");
        assert_eq!(server.upload_requests(), number + 1, "{length} bytes");
    }
}

#[tokio::test]
async fn what_may_not_be_deleted_is_refused_and_stays() {
    let server = S3Server::start().await;
    put(&server).await.unwrap();
    let wrong = S3Storage::new(S3Config { secret: "hunter2".into(), ..config(&server.url()) }).unwrap();
    let key = picture().0;
    assert_eq!(refusal(wrong.delete(&key, soon()).await.map(drop)), Refusal::Credentials);
    assert!(server.object(key.as_str()).await.is_some());
    assert!(storage(&server).delete(&key, soon()).await.unwrap());
    assert!(server.object(key.as_str()).await.is_none());
    drop(server);
}

#[tokio::test]
async fn a_missing_bucket_is_refused_without_a_second_try() {
    let server = S3Server::start().await;
    server.remove_bucket();
    assert_eq!(refusal(put(&server).await), Refusal::BucketMissing);
    assert_eq!(server.upload_requests(), 1);
    assert_eq!(refusal(storage(&server).ready().await), Refusal::BucketMissing);
}

#[tokio::test]
async fn readiness_lists_one_object_and_writes_nothing() {
    let server = S3Server::start().await;
    let storage = storage(&server);
    storage.ready().await.unwrap();
    assert_eq!((server.requests(), server.upload_requests()), (1, 0));
    server.deny_listing();
    storage.ready().await.expect("who may not list may write");
    drop(server);
    assert!(matches!(storage.ready().await, Err(StorageError::Unavailable { .. })));
}

#[tokio::test]
async fn no_secret_is_ever_shown() {
    let server = S3Server::start().await;
    let config = S3Config {
        secret: "hunter2hunter2".into(),
        session_token: Some("hunter2token".into()),
        ..config(&server.url())
    };
    let mut shown = format!("{config:?}");
    let storage = S3Storage::new(config).unwrap();
    let (key, blob) = picture();
    shown += &format!("{storage:?} {}", storage.public_url(&key).replace("hunter2token", "in a signed URL"));
    for _ in 0..2 {
        let failed = storage.put(&key, &blob, soon()).await.unwrap_err();
        shown += &format!("{failed} {failed:?} ");
        server.fail_uploads(5, Fault::Reset);
    }
    assert!(shown.contains("Unavailable") && shown.contains("Refused"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}
