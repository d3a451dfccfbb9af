//! How puts are counted.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test fail it too")]

use std::time::Duration;

use bytes::Bytes;
use imgpress_options::ImageFormat;
use imgpress_storage::test_server::{Fault, SupabaseServer};
use imgpress_storage::{Blob, LocalStorage, Storage, SupabaseConfig, SupabaseStorage};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::time::Instant;

/// The counters after some puts, sorted, as Prometheus reads them.
fn counted(puts: impl Future<Output = ()>) -> Vec<String> {
    let recorder = PrometheusBuilder::new().build_recorder();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(puts));
    let text = recorder.handle().render();
    let mut lines: Vec<String> =
        text.lines().filter(|line| line.starts_with("storage_requests_total{")).map(str::to_owned).collect();
    lines.sort();
    lines
}

async fn put_twice(storage: &dyn Storage) {
    let blob = Blob::from(Bytes::from_static(b"a picture"));
    for _ in 0..2 {
        let deadline = Instant::now() + Duration::from_secs(60);
        let _ = storage.put(&blob.key(ImageFormat::Jpeg), &blob, deadline).await;
    }
}

fn supabase(server: &SupabaseServer, key: &str) -> SupabaseStorage {
    let (url, bucket) = (server.url().parse().unwrap(), SupabaseServer::BUCKET.parse().unwrap());
    SupabaseStorage::new(SupabaseConfig { url, key: key.into(), bucket }).unwrap()
}

#[test]
fn a_local_put_is_stored_or_a_duplicate() {
    let folder = tempfile::tempdir().unwrap();
    let lines = counted(async {
        let storage = LocalStorage::open(folder.path(), "http://localhost".parse().unwrap()).await.unwrap();
        put_twice(&storage).await;
    });
    let line = |outcome| format!(r#"storage_requests_total{{backend="local",outcome="{outcome}"}} 1"#);
    assert_eq!(lines, [line("duplicate"), line("stored")]);
}

#[test]
fn a_removal_is_deleted_or_missing() {
    let folder = tempfile::tempdir().unwrap();
    let lines = counted(async {
        let storage = LocalStorage::open(folder.path(), "http://localhost".parse().unwrap()).await.unwrap();
        put_twice(&storage).await;
        let key = Blob::from(Bytes::from_static(b"a picture")).key(ImageFormat::Jpeg);
        for expected in [true, false] {
            let deleted = storage.delete(&key, Instant::now() + Duration::from_secs(60)).await;
            assert_eq!(deleted.unwrap(), expected);
        }
    });
    let line = |outcome| format!(r#"storage_requests_total{{backend="local",outcome="{outcome}"}} 1"#);
    assert_eq!(lines, ["deleted", "duplicate", "missing", "stored"].map(line));
}

#[test]
fn each_further_try_and_each_end_of_a_supabase_put_is_counted() {
    let lines = counted(async {
        let server = SupabaseServer::start().await;
        server.fail_uploads(1, Fault::Unavailable);
        put_twice(&supabase(&server, SupabaseServer::JWT)).await;
        put_twice(&supabase(&server, SupabaseServer::EXPIRED_JWT)).await;
        server.fail_uploads(2, Fault::SlowDown { retry_after: Some(3600) });
        put_twice(&supabase(&server, SupabaseServer::JWT)).await;
    });
    let line = |outcome, count| {
        format!(r#"storage_requests_total{{backend="supabase",outcome="{outcome}"}} {count}"#)
    };
    let expected =
        [line("duplicate", 1), line("failed", 2), line("refused", 2), line("retried", 1), line("stored", 1)];
    assert_eq!(lines, expected);
}
