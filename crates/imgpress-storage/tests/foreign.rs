//! Stores that clients name: a real S3 server, and what Google Cloud Storage is sent. Of that there is no server to run:
//! the test reads the request off the wire.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test fail it too")]

use std::time::Duration;

use bytes::Bytes;
use imgpress_options::ImageFormat;
use imgpress_storage::test_server::S3Server;
use imgpress_storage::{
    Blob, ForeignKeys, ForeignObject, ForeignStores, ObjectHeaders, Refusal, StorageError,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

/// Puts a picture to a server that answers so, and gives what it was sent.
async fn put(answer: &str) -> (String, Result<(), StorageError>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let object = ForeignObject {
        endpoint: format!("http://{}", listener.local_addr().unwrap()).parse().unwrap(),
        path: "my-bucket/a b.jpg".parse().unwrap(),
        headers: ObjectHeaders::for_gcs([("Cache-Control", "no-cache"), ("x-goog-meta-who", "Ada")]).unwrap(),
        keys: ForeignKeys::Gcs { token: "ya29.hunter2".into() },
    };
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut sent = Vec::new();
        while !sent.ends_with(b"the bytes") {
            assert_ne!(stream.read_buf(&mut sent).await.unwrap(), 0, "all of it comes");
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(sent).unwrap()
    };
    let stores = ForeignStores::new().unwrap();
    let blob = Blob::from(Bytes::from_static(b"the bytes"));
    let deadline = Instant::now() + Duration::from_secs(60);
    tokio::join!(serve, stores.put(&object, ImageFormat::Jpeg, &blob, deadline))
}

#[tokio::test]
async fn google_is_sent_the_token_and_the_object() {
    let (sent, stored) = put("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    stored.unwrap();
    assert!(sent.starts_with("PUT /my-bucket/a%20b.jpg HTTP/1.1\r\n"), "{sent}");
    for header in [
        "authorization: Bearer ya29.hunter2",
        "content-type: image/jpeg",
        "content-length: 9",
        "cache-control: no-cache",
        "x-goog-meta-who: Ada",
    ] {
        assert!(sent.contains(&format!("\r\n{header}\r\n")), "{header}: {sent}");
    }
    assert!(!sent.contains("x-amz-"), "{sent}");
}

#[tokio::test]
async fn what_google_refuses_is_refused_without_the_token_in_the_words() {
    let body = "<Error><Code>AuthenticationRequired</Code><Message>no ya29.hunter2</Message></Error>";
    let length = body.len();
    let (_, refused) =
        put(&format!("HTTP/1.1 401 Unauthorized\r\ncontent-length: {length}\r\n\r\n{body}")).await;
    let error = refused.unwrap_err();
    assert!(matches!(error, StorageError::Refused { refusal: Refusal::Credentials, .. }), "{error:?}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
    let (_, failed) = put("HTTP/1.1 412 Precondition Failed\r\ncontent-length: 0\r\n\r\n").await;
    assert!(
        matches!(failed, Err(StorageError::Refused { refusal: Refusal::Other, .. })),
        "no condition was sent"
    );
}

#[tokio::test]
async fn wrong_keys_to_an_s3_are_refused_whatever_the_size_is() {
    let server = S3Server::start().await;
    let object = |secret: &str| ForeignObject {
        endpoint: server.url().parse().unwrap(),
        path: format!("{}/a.jpg", S3Server::BUCKET).parse().unwrap(),
        headers: ObjectHeaders::default(),
        keys: ForeignKeys::S3 {
            key_id: S3Server::KEY_ID.to_owned(),
            secret: secret.into(),
            region: S3Server::REGION.parse().unwrap(),
            public: false,
        },
    };
    let stores = ForeignStores::new().unwrap();
    for (number, length) in [1_000, 1_100_000, 30_000_000, 30_000_000].into_iter().enumerate() {
        let blob = Blob::from(Bytes::from(vec![7; length]));
        let deadline = Instant::now() + Duration::from_secs(60);
        let refused = stores.put(&object("hunter2"), ImageFormat::Jpeg, &blob, deadline).await;
        let error = refused.unwrap_err();
        let is_refused = matches!(error, StorageError::Refused { refusal: Refusal::Credentials, .. });
        assert!(is_refused, "{length} bytes: {error:?}");
        assert_eq!(server.upload_requests(), 2 * number + 1, "{length} bytes");
        stores.put(&object(S3Server::SECRET), ImageFormat::Jpeg, &blob, deadline).await.unwrap();
        assert_eq!(server.object("a.jpg").await.unwrap().bytes.len(), length);
    }
}
