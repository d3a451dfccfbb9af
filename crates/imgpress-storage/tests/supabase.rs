//! Supabase over real sockets: the conformance suite, what is sent, and what its answers are taken for.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test fail it too")]

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::join_all;
use imgpress_options::ImageFormat;
use imgpress_storage::test_server::{Fault, SupabaseServer};
use imgpress_storage::{
    Blob, Refusal, Storage, StorageError, StorageKey, SupabaseConfig, SupabaseStorage, conformance,
};

fn soon() -> tokio::time::Instant {
    tokio::time::Instant::now() + Duration::from_secs(60)
}

fn picture() -> (StorageKey, Blob) {
    picture_of(300_000)
}

fn picture_of(length: usize) -> (StorageKey, Blob) {
    let blob = Blob::from(Bytes::from(vec![7; length]));
    (blob.key(ImageFormat::Jpeg), blob)
}

fn storage_in(url: &str, key: &str, bucket: &str) -> SupabaseStorage {
    let bucket = bucket.parse().unwrap();
    SupabaseStorage::new(SupabaseConfig { url: url.parse().unwrap(), key: key.into(), bucket }).unwrap()
}

fn storage_with(server: &SupabaseServer, key: &str) -> SupabaseStorage {
    storage_in(&server.url(), key, SupabaseServer::BUCKET)
}

async fn put(server: &SupabaseServer) -> Result<(), StorageError> {
    let (key, blob) = picture();
    storage_with(server, SupabaseServer::JWT).put(&key, &blob, soon()).await
}

fn refusal(put: Result<(), StorageError>) -> Refusal {
    match put {
        Err(StorageError::Refused { refusal, .. }) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn passes_the_conformance_suite_with_both_kinds_of_key() {
    for key in [SupabaseServer::JWT, SupabaseServer::SECRET_KEY] {
        let server = SupabaseServer::start().await;
        let folder = tempfile::tempdir().unwrap();
        conformance::run(&storage_with(&server, key), folder.path()).await;
        assert_eq!(server.violations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn sends_the_bytes_with_their_type_and_a_year_of_cache() {
    let server = SupabaseServer::start().await;
    put(&server).await.unwrap();
    let (key, blob) = picture();
    let object = server.object(key.as_str()).unwrap();
    assert_eq!(object.bytes, blob.to_bytes().await.unwrap());
    assert_eq!(
        (object.content_type.as_str(), object.cache_control.as_str()),
        ("image/jpeg", "max-age=31536000")
    );
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn public_urls_escape_the_bucket() {
    let (key, _) = picture();
    let storage = storage_in("https://abc.supabase.co/", "eyJ", "my images?");
    let expected = format!("https://abc.supabase.co/storage/v1/object/public/my%20images%3F/{key}");
    assert_eq!(storage.public_url(&key), expected);
}

#[tokio::test]
async fn forty_duplicates_in_a_row_do_not_hang_on_what_the_store_left_unread() {
    let server = SupabaseServer::start().await;
    let (key, blob) = picture_of(3_000_000);
    let storage = storage_with(&server, SupabaseServer::JWT);
    for _ in 0..41 {
        let started = Instant::now();
        storage.put(&key, &blob, soon()).await.unwrap();
        assert!(started.elapsed() < Duration::from_secs(5));
    }
    assert_eq!((server.upload_requests(), server.object_count()), (41, 1));
}

#[tokio::test]
async fn what_passes_is_tried_again_and_then_succeeds() {
    let faults = [
        Fault::SlowDown { retry_after: None },
        Fault::SlowDown { retry_after: Some(1) },
        Fault::InternalError,
        Fault::BadGateway,
        Fault::Unavailable,
        Fault::DatabaseTimeout,
        Fault::LockTimeout,
        Fault::Locked,
        Fault::Reset,
    ];
    join_all(faults.map(|fault| async move {
        let server = SupabaseServer::start().await;
        server.fail_uploads(2, fault);
        put(&server).await.unwrap_or_else(|failed| panic!("{fault:?}: {failed}"));
        assert_eq!((server.upload_requests(), server.object_count()), (3, 1), "{fault:?}");
    }))
    .await;
}

#[tokio::test]
async fn a_duplicate_after_a_lost_answer_is_our_own_upload() {
    let server = SupabaseServer::start().await;
    server.fail_uploads(1, Fault::StoreThenReset);
    put(&server).await.unwrap();
    assert_eq!((server.upload_requests(), server.object_count()), (2, 1));
}

#[tokio::test]
async fn a_store_that_stays_broken_is_given_up_after_five_tries() {
    let server = SupabaseServer::start().await;
    server.fail_uploads(100, Fault::InternalError);
    let failed = put(&server).await.unwrap_err();
    assert!(matches!(failed, StorageError::Unavailable { tries: 5, .. }), "{failed:?}");
    assert_eq!(server.upload_requests(), 5);
}

#[tokio::test]
async fn a_store_that_asks_for_a_long_wait_is_given_up_at_once() {
    let server = SupabaseServer::start().await;
    server.fail_uploads(100, Fault::SlowDown { retry_after: Some(3600) });
    let failed = put(&server).await.unwrap_err();
    assert!(matches!(failed, StorageError::Unavailable { tries: 1, .. }), "{failed:?}");
}

#[tokio::test]
async fn a_wrong_key_is_refused_without_a_second_try() {
    let wrong = ["eyJ", "eyJh.eyJi.c2ln", SupabaseServer::EXPIRED_JWT, "sb_secret_wrong"];
    for key in wrong {
        let server = SupabaseServer::start().await;
        let (name, blob) = picture_of(3_000_000);
        let put = storage_with(&server, key).put(&name, &blob, soon()).await;
        assert_eq!(refusal(put), Refusal::Credentials, "{key}");
        assert_eq!((server.requests(), server.object_count()), (1, 0), "{key}");
    }
}

#[tokio::test]
async fn refusals_tell_what_for_with_and_without_codes_and_are_not_tried_again() {
    type Prepare = fn(&SupabaseServer);
    let cases: [(Prepare, Refusal); 4] = [
        (SupabaseServer::remove_bucket, Refusal::BucketMissing),
        (SupabaseServer::deny_writes, Refusal::Credentials),
        (|server| server.limit_size(299_999), Refusal::TooLarge),
        (|server| server.allow_media_types(&["image/png"]), Refusal::MediaType),
    ];
    for (prepare, expected) in cases {
        for codes in [true, false] {
            let server = SupabaseServer::start().await;
            prepare(&server);
            if !codes {
                server.leave_out_codes();
            }
            assert_eq!(refusal(put(&server).await), expected);
            assert_eq!(server.upload_requests(), 1);
        }
    }
}

#[tokio::test]
async fn what_may_not_be_deleted_is_refused_and_stays() {
    let server = SupabaseServer::start().await;
    put(&server).await.unwrap();
    let key = picture().0;
    let wrong = storage_with(&server, SupabaseServer::EXPIRED_JWT);
    assert_eq!(refusal(wrong.delete(&key, soon()).await.map(drop)), Refusal::Credentials);
    assert_eq!(server.object_count(), 1);
    server.remove_bucket();
    let storage = storage_with(&server, SupabaseServer::JWT);
    assert_eq!(refusal(storage.delete(&key, soon()).await.map(drop)), Refusal::BucketMissing);
}

#[tokio::test]
async fn duplicates_are_known_on_servers_without_codes() {
    let server = SupabaseServer::start().await;
    server.leave_out_codes();
    for _ in 0..2 {
        put(&server).await.unwrap();
    }
    assert_eq!((server.upload_requests(), server.object_count()), (2, 1));
}

#[tokio::test]
async fn readiness_asks_for_the_bucket_and_writes_nothing() {
    let server = SupabaseServer::start().await;
    let storage = storage_with(&server, SupabaseServer::SECRET_KEY);
    storage.ready().await.unwrap();
    assert_eq!((server.requests(), server.upload_requests()), (1, 0));
    server.make_private();
    assert_eq!(refusal(storage.ready().await), Refusal::BucketPrivate);
    server.remove_bucket();
    assert_eq!(refusal(storage.ready().await), Refusal::BucketMissing);
    let wrong = storage_with(&server, "sb_secret_wrong").ready().await;
    assert_eq!(refusal(wrong), Refusal::Credentials);
    drop(server);
    assert!(matches!(storage.ready().await, Err(StorageError::Unavailable { .. })));
}

#[tokio::test]
async fn no_secret_is_ever_shown() {
    let secret = "eyJhunter2.hunter2.hunter2";
    let server = SupabaseServer::start().await;
    let config = SupabaseConfig {
        url: server.url().parse().unwrap(),
        key: secret.into(),
        bucket: "images".parse().unwrap(),
    };
    let mut shown = format!("{config:?}");
    let storage = SupabaseStorage::new(config).unwrap();
    let (key, blob) = picture();
    shown += &format!("{storage:?}");
    for _ in 0..2 {
        let failed = storage.put(&key, &blob, soon()).await.unwrap_err();
        shown += &format!("{failed} {failed:?} ");
        server.fail_uploads(5, Fault::Reset);
    }
    assert!(shown.contains("Unavailable") && shown.contains("Refused"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}
