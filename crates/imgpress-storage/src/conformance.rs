//! What every backend promises, as tests: one suite that each of them is held to, so that they cannot drift
//! apart. Each function panics with what was not kept.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use imgpress_options::ImageFormat;
use tokio::io::AsyncReadExt;
use tokio::time::Instant;

use crate::client::{Client, no_body};
use crate::{Blob, ClientPrefix, Spool, Storage, StorageKey};

/// Runs all of it. Temporary files go into `temp_dir`. What is stored has bytes that were never there before, so
/// that the suite may run on a store that is in use.
pub async fn run(storage: &dyn Storage, temp_dir: &Path) {
    is_ready(storage).await;
    what_is_put_can_be_fetched(storage).await;
    putting_twice_is_success(storage).await;
    concurrent_puts_of_one_key_all_succeed(storage).await;
    a_large_blob_is_stored_whole(storage, temp_dir).await;
    an_unknown_key_is_not_found(storage).await;
    keys_differ_by_format_too(storage).await;
    only_what_was_put_is_held(storage).await;
    keys_differ_by_client_too(storage).await;
    what_is_deleted_is_gone_and_can_be_put_again(storage).await;
    deleting_what_is_not_there_is_no_error(storage).await;
}

/// A store that can take a put says so.
pub async fn is_ready(storage: &dyn Storage) {
    storage.ready().await.expect("the store is ready");
}

/// The public gets the very bytes, under the media type of the key's format.
pub async fn what_is_put_can_be_fetched(storage: &dyn Storage) {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Webp] {
        let blob = Blob::from(fresh(10_000));
        put(storage, &blob.key(format), &blob).await;
        expect_stored(storage, &blob.key(format), &blob).await;
    }
}

/// A retry, or the same image again, is no error, and the first copy stays as it is.
pub async fn putting_twice_is_success(storage: &dyn Storage) {
    let blob = Blob::from(fresh(10_000));
    let key = blob.key(ImageFormat::Jpeg);
    for _ in 0..2 {
        put(storage, &key, &blob).await;
    }
    expect_stored(storage, &key, &blob).await;
}

/// Clients that send the same image at once do not get into each other's way.
pub async fn concurrent_puts_of_one_key_all_succeed(storage: &dyn Storage) {
    let blob = Blob::from(fresh(300_000));
    let key = blob.key(ImageFormat::Jpeg);
    join_all((0..8).map(|_| put(storage, &key, &blob))).await;
    expect_stored(storage, &key, &blob).await;
}

/// A blob that lies in a temporary file arrives whole, and can be put a second time.
pub async fn a_large_blob_is_stored_whole(storage: &dyn Storage, temp_dir: &Path) {
    let length = 5 * Spool::IN_MEMORY + 12_345;
    let mut spool = Spool::new(temp_dir, length);
    let bytes = fresh(usize::try_from(length).expect("some MiB"));
    for chunk in bytes.chunks(70_000) {
        spool.write(chunk).await.expect("the spool takes it");
    }
    let blob = spool.finish().await.expect("the spool ends");
    for format in [ImageFormat::Png, ImageFormat::Webp] {
        put(storage, &blob.key(format), &blob).await;
        expect_stored(storage, &blob.key(format), &blob).await;
    }
}

/// Nothing is found under a key that was never put.
pub async fn an_unknown_key_is_not_found(storage: &dyn Storage) {
    let key = Blob::from(fresh(100)).key(ImageFormat::Jpeg);
    assert!(fetch(storage, &key).await.is_none(), "{key} was never put");
}

/// The same bytes under two formats are two objects.
pub async fn keys_differ_by_format_too(storage: &dyn Storage) {
    let blob = Blob::from(fresh(1_000));
    put(storage, &blob.key(ImageFormat::Png), &blob).await;
    assert!(fetch(storage, &blob.key(ImageFormat::Jpeg)).await.is_none(), "only the PNG was put");
}

/// A store knows what it has, and knows nothing of it in no time.
pub async fn only_what_was_put_is_held(storage: &dyn Storage) {
    let blob = Blob::from(fresh(1_000));
    let key = blob.key(ImageFormat::Jpeg);
    assert!(!storage.holds(&key, Instant::now() + PATIENCE).await, "{key} was never put");
    put(storage, &key, &blob).await;
    assert!(storage.holds(&key, Instant::now() + PATIENCE).await, "{key} was put");
    assert!(!storage.holds(&blob.key(ImageFormat::Png), Instant::now() + PATIENCE).await);
}

/// The same bytes in the folders of two clients are two objects, and a third in none.
pub async fn keys_differ_by_client_too(storage: &dyn Storage) {
    let blob = Blob::from(fresh(1_000));
    let key = blob.key(ImageFormat::Jpeg);
    let [one, other] = [1, 2].map(|bits| key.within(&ClientPrefix::new([bits; 16])));
    put(storage, &one, &blob).await;
    expect_stored(storage, &one, &blob).await;
    for absent in [&key, &other] {
        assert!(fetch(storage, absent).await.is_none(), "{absent} was never put");
    }
    put(storage, &other, &blob).await;
    assert!(delete(storage, &one).await);
    expect_stored(storage, &other, &blob).await;
}

/// A deleted object cannot be fetched, others can, and the same bytes can be put anew.
pub async fn what_is_deleted_is_gone_and_can_be_put_again(storage: &dyn Storage) {
    let blobs = [Blob::from(fresh(10_000)), Blob::from(fresh(10_000))];
    let [key, other] = [0, 1].map(|at: usize| blobs[at].key(ImageFormat::Png));
    put(storage, &key, &blobs[0]).await;
    put(storage, &other, &blobs[1]).await;
    assert!(delete(storage, &key).await, "it was there");
    assert!(fetch(storage, &key).await.is_none(), "{key} was deleted");
    expect_stored(storage, &other, &blobs[1]).await;
    put(storage, &key, &blobs[0]).await;
    expect_stored(storage, &key, &blobs[0]).await;
}

/// A second deletion, and one of a key that was never put, say so and do no harm.
pub async fn deleting_what_is_not_there_is_no_error(storage: &dyn Storage) {
    let blob = Blob::from(fresh(1_000));
    let key = blob.key(ImageFormat::Webp);
    assert!(!delete(storage, &key).await, "{key} was never put");
    put(storage, &key, &blob).await;
    assert!(delete(storage, &key).await);
    assert!(!delete(storage, &key).await, "{key} is gone already");
}

/// Far longer than any of it takes: a store that hangs fails the suite.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes without a short period that were never stored before.
fn fresh(length: usize) -> Bytes {
    let (seed, _) = uuid::Uuid::new_v4().as_u64_pair();
    let mut random = fastrand::Rng::with_seed(seed);
    std::iter::repeat_with(|| random.u8(..)).take(length).collect()
}

async fn put(storage: &dyn Storage, key: &StorageKey, blob: &Blob) {
    let put = storage.put(key, blob, Instant::now() + PATIENCE).await;
    put.unwrap_or_else(|failed| fail(format_args!("{key} could not be put: {failed}")));
}

async fn delete(storage: &dyn Storage, key: &StorageKey) -> bool {
    let deleted = storage.delete(key, Instant::now() + PATIENCE).await;
    deleted.unwrap_or_else(|failed| fail(format_args!("{key} could not be deleted: {failed}")))
}

async fn expect_stored(storage: &dyn Storage, key: &StorageKey, blob: &Blob) {
    let Some((media_type, bytes)) = fetch(storage, key).await else {
        fail(format_args!("{key} was put and is not there"));
    };
    assert_eq!(media_type, key.format().content_type());
    assert!(
        bytes == blob.to_bytes().await.expect("the blob can be read"),
        "{key} came back with other bytes"
    );
}

/// The media type and bytes that the public gets: from the store's own server, or from this process where that
/// is what serves.
async fn fetch(storage: &dyn Storage, key: &StorageKey) -> Option<(String, Vec<u8>)> {
    if storage.backend() != "local" {
        return fetch_url(&storage.public_url(key)).await;
    }
    let mut object = storage.open(key).await.expect("the store answers")?;
    let mut bytes = Vec::new();
    object.file.read_to_end(&mut bytes).await.expect("the object can be read");
    assert_eq!(object.length, bytes.len() as u64);
    assert_eq!(object.etag(), format!("\"{}\"", key.sha256_hex()));
    Some((object.format().content_type().to_owned(), bytes))
}

async fn fetch_url(url: &str) -> Option<(String, Vec<u8>)> {
    // A signature is no part of a base.
    let base = url.split('?').next().unwrap_or_default().parse().expect("a public URL");
    // Without a key, as the public is.
    let client = Client::new(&base, HeaderMap::new()).expect("an HTTP client can be made");
    let request = client.request(Method::GET, url).body(no_body()).expect("a request");
    let response = client.send(request).await.expect("the public URL answers");
    if !response.status().is_success() {
        assert!(response.status().is_client_error(), "{url}: {}", response.status());
        return None;
    }
    let media_type = response.headers()["content-type"].to_str().expect("ASCII").to_owned();
    let bytes = response.into_body().collect().await.expect("the body comes").to_bytes();
    Some((media_type, bytes.to_vec()))
}

/// A broken promise ends the test.
#[expect(clippy::panic, reason = "what a test does")]
fn fail(what: std::fmt::Arguments<'_>) -> ! {
    panic!("{what}")
}
