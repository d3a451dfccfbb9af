use std::time::Duration;

use bytes::Bytes;
use imgpress_options::ImageFormat;

use super::*;
use crate::test_server::{Fault, SupabaseServer};

/// A store that hangs once costs a try, not the whole deadline.
#[tokio::test]
async fn a_try_that_hangs_leaves_time_for_another() {
    let server = SupabaseServer::start().await;
    server.fail_uploads(1, Fault::Hang);
    let config = SupabaseConfig {
        url: server.url().parse().unwrap(),
        key: SupabaseServer::JWT.into(),
        bucket: SupabaseServer::BUCKET.parse().unwrap(),
    };
    let mut storage = SupabaseStorage::new(config).unwrap();
    storage.retry = Retry::with_patience(Duration::from_secs(1));
    let blob = Blob::from(Bytes::from_static(b"a picture"));
    let deadline = Instant::now() + Duration::from_secs(60);
    storage.put(&blob.key(ImageFormat::Jpeg), &blob, deadline).await.unwrap();
    assert_eq!((server.upload_requests(), server.object_count()), (2, 1));
}
