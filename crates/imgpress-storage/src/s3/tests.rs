use bytes::Bytes;
use imgpress_options::ImageFormat;

use super::*;
use crate::test_server::{Fault, S3Server};

fn config(endpoint: Option<&str>, path_style: bool) -> S3Config {
    S3Config {
        endpoint: endpoint.map(|url| url.parse().unwrap()),
        region: "eu-central-1".parse().unwrap(),
        bucket: "my-images".parse().unwrap(),
        path_style,
        key_id: S3Server::KEY_ID.to_owned(),
        secret: S3Server::SECRET.into(),
        session_token: None,
        urls: S3Urls::Signed(Duration::from_secs(60)),
    }
}

#[test]
fn the_bucket_is_in_the_path_or_ahead_of_the_host() {
    let aws = "https://s3.eu-central-1.amazonaws.com";
    for (endpoint, path_style, bucket_url) in [
        (None, true, format!("{aws}/my-images")),
        (None, false, "https://my-images.s3.eu-central-1.amazonaws.com".to_owned()),
        (Some("http://minio:9000/"), true, "http://minio:9000/my-images".to_owned()),
        (Some("http://minio:9000"), false, "http://my-images.minio:9000".to_owned()),
        (
            Some("https://abc.supabase.co/storage/v1/s3"),
            true,
            "https://abc.supabase.co/storage/v1/s3/my-images".to_owned(),
        ),
    ] {
        let storage = S3Storage::new(config(endpoint, path_style)).unwrap();
        assert_eq!(storage.bucket_url.as_str(), bucket_url);
        let key = StorageKey::new([7; 32], ImageFormat::Png);
        let signed = storage.public_url(&key);
        assert!(
            signed.starts_with(&format!("{bucket_url}/{key}?X-Amz-Algorithm=AWS4-HMAC-SHA256")),
            "{signed}"
        );
        assert!(signed.contains("X-Amz-Expires=60") && !signed.contains(S3Server::SECRET), "{signed}");
    }
    assert!(matches!(S3Storage::new(config(Some("http://127.0.0.1:1"), false)), Err(S3SetupError::NoHost)));
}

#[test]
fn keys_that_no_header_can_hold_and_urls_for_too_long_are_refused_without_being_repeated() {
    for secret in ["", "hunter 2", "hunter2\n", "hunter2ä"] {
        let refused = S3Storage::new(S3Config { secret: secret.into(), ..config(None, true) }).unwrap_err();
        assert!(matches!(refused, S3SetupError::KeyMalformed), "{secret:?}");
        assert!(!format!("{refused} {refused:?}").contains("hunter"), "{secret:?}");
    }
    let token = Some("a token".into());
    assert!(S3Storage::new(S3Config { session_token: token, ..config(None, true) }).is_err());
    for seconds in [0, 7 * 24 * 3600 + 1] {
        let urls = S3Urls::Signed(Duration::from_secs(seconds));
        let refused = S3Storage::new(S3Config { urls, ..config(None, true) }).unwrap_err();
        assert!(matches!(refused, S3SetupError::Expiry), "{seconds}");
    }
}

#[test]
fn secrets_are_scrubbed_off_what_others_say() {
    let token = Some("t0ken".into());
    let storage = S3Storage::new(S3Config { session_token: token, ..config(None, true) }).unwrap();
    let said = storage.transport.scrub(&format!("no {} or t0ken\r\n\u{1b}for you", S3Server::SECRET));
    assert_eq!(said, "no [secret] or [secret]for you");
}

/// A store that hangs once costs a try, not the whole deadline.
#[tokio::test]
async fn a_try_that_hangs_leaves_time_for_another() {
    let server = S3Server::start().await;
    server.fail_uploads(1, Fault::Hang);
    let bucket = S3Server::BUCKET.parse().unwrap();
    let mut storage = S3Storage::new(S3Config { bucket, ..config(Some(&server.url()), true) }).unwrap();
    storage.retry = Retry::with_patience(Duration::from_secs(1));
    let blob = Blob::from(Bytes::from_static(b"a picture"));
    let (key, deadline) = (blob.key(ImageFormat::Jpeg), Instant::now() + Duration::from_secs(60));
    storage.put(&key, &blob, deadline).await.unwrap();
    assert_eq!(server.upload_requests(), 2);
    assert!(server.object(key.as_str()).await.is_some());
}
