//! The command `store`, on a real S3 server.

use imgpress_storage::test_server::{Fault, S3Server};

use super::*;
use crate::support::{command as binary, run};

async fn storing_at(url: &str, arguments: &[&str]) -> Service {
    let endpoints = format!("s3={url}");
    Service::start("serve", &[&["--allow-store-endpoints", &endpoints], arguments].concat()).await
}

/// The command, for an object in the bucket of the server.
fn store(object: &str) -> Value {
    json!({
        "service": "s3", "aws_access_key_id": S3Server::KEY_ID, "aws_secret_access_key": S3Server::SECRET,
        "region": S3Server::REGION, "path": format!("{}/{object}", S3Server::BUCKET),
    })
}

/// The command with a field as given.
fn with(field: &str, value: Value) -> Value {
    let mut command = store("a.png");
    command[field] = value;
    json!({ "store": command })
}

#[tokio::test]
async fn what_is_stored_is_what_would_be_answered_without_and_is_found_where_the_answer_says() {
    let server = S3Server::start().await;
    let service = storing_at(&server.url(), &[]).await;
    let place = location(&service, photo(320, 200)).await;
    for (number, mut commands) in [
        json!({}),
        json!({ "resize": { "method": "fit", "width": 100, "height": 100 }, "convert": { "type": "image/webp" } }),
        json!({ "convert": { "type": ["image/png", "image/webp"] }, "preserve": ["copyright"] }),
        json!({ "convert": { "type": "image/jpeg" }, "transform": { "background": "black" } }),
    ]
    .into_iter()
    .enumerate()
    {
        let (bytes, media_type, size) = image(make(&service, &place, commands.clone()).await).await;
        let object = format!("of tests/ä+{number}.img");
        commands["store"] = store(&object);
        commands["store"]["headers"] =
            json!({ "Cache-Control": "public, max-age=60", "X-Amz-Meta-Who": "Ada  L" });
        let answer = make(&service, &place, commands.clone()).await;
        assert_eq!(answer.status(), 200, "{commands}: {}", text(answer).await);
        let headers = answer.headers().clone();
        assert_eq!(headers["content-length"], "0");
        assert_eq!(
            (headers["image-width"].to_str().unwrap(), headers["image-height"].to_str().unwrap()),
            (&*size.0.to_string(), &*size.1.to_string())
        );
        let url = headers["location"].to_str().unwrap();
        assert_eq!(url, format!("{}/of%20tests/%C3%A4%2B{number}.img", server.public_url()));
        let stored = Client::of(&service).http.get(url).send().await.unwrap();
        let headers = stored.headers().clone();
        assert_eq!(body(stored).await, bytes);
        assert_eq!(headers["content-type"], media_type);
        assert_eq!(headers["cache-control"], "public, max-age=60");
        assert_eq!(headers["x-amz-meta-who"].to_str().unwrap().split_whitespace().collect::<Vec<_>>(), ["Ada", "L"]);
    }
}

#[tokio::test]
async fn what_the_clients_keys_or_bucket_cannot_do_is_400_and_is_tried_once() {
    let server = S3Server::start().await;
    let service = storing_at(&server.url(), &["--rust-log", "debug"]).await;
    let place = location(&service, photo(40, 30)).await;
    let refused = async |command: Value| {
        let before = server.upload_requests();
        let (status, words, message) = error(make(&service, &place, command).await).await;
        assert_eq!((status, words.as_str()), (400, "Store failed"), "{message}");
        for hidden in ["127.0.0.1", "Signature", "NoSuchBucket", "hunter2", S3Server::SECRET] {
            assert!(!message.contains(hidden), "{message}");
        }
        assert_eq!(server.upload_requests(), before + 1);
        message
    };
    for field in ["aws_secret_access_key", "aws_access_key_id"] {
        assert!(refused(with(field, json!("hunter2"))).await.contains("keys"), "{field}");
    }
    server.remove_bucket();
    assert!(refused(json!({ "store": store("a.png") })).await.contains("bucket"));
    let log = service.everything_logged().await;
    assert!(log.contains("SignatureDoesNotMatch") && log.contains("NoSuchBucket"), "{log}");
    assert!(!log.contains(S3Server::SECRET), "{log}");
}

#[tokio::test]
async fn a_store_that_is_away_or_slow_is_502_and_the_log_says_why_once() {
    let server = S3Server::start().await;
    let service = storing_at(&server.url(), &["--request-timeout", "2s"]).await;
    let place = location(&service, photo(40, 30)).await;
    server.fail_uploads(1, Fault::Reset);
    let command = json!({ "store": store("a.png") });
    assert_eq!(make(&service, &place, command.clone()).await.status(), 200, "it is asked again");
    server.fail_uploads(100, Fault::Hang);
    let away = async || {
        let (status, words, message) = error(make(&service, &place, command.clone()).await).await;
        assert_eq!((status, words.as_str()), (502, "InternalServerError"), "{message}");
        assert!(!message.contains("127.0.0.1"), "{message}");
    };
    away().await;
    drop(server);
    away().await;
    let log = service.everything_logged().await;
    assert_eq!(log.matches("request failed").count(), 2, "{log}");
    assert!(!log.contains(S3Server::SECRET), "{log}");
}

#[tokio::test]
async fn what_is_no_store_of_the_list_is_refused_before_anything_is_sent() {
    let server = S3Server::start().await;
    let service = storing_at(&server.url(), &[]).await;
    let place = location(&service, photo(40, 30)).await;
    for command in [
        with("service", json!("gcs")),
        with("service", json!("azure")),
        with("endpoint", json!("http://127.0.0.1:1")),
        with("region", json!("no region")),
        with("region", json!("evil.example/")),
        with("region", Value::Null),
        with("path", json!("images/../other/a.png")),
        with("acl", json!("bucket-owner-full-control")),
        with("headers", json!({ "x-amz-acl": "public-read" })),
        with("headers", json!({ "x-amz-copy-source": "/images/b" })),
        with("headers", json!({ "Authorization": "a" })),
        with("headers", json!({ "Content-Length": "1" })),
        with("headers", json!({ "Cache-Control": "a\r\nx-amz-acl: public-read" })),
        with("headers", json!({ "Expires\r\nhost": "a" })),
        with("aws_access_key_id", json!("a\r\nhost: b")),
        json!({ "store": S3Server::SECRET }),
    ] {
        let (status, words, message) = error(make(&service, &place, command.clone()).await).await;
        assert_eq!((status, words.as_str()), (400, "JSON validation error"), "{command}");
        assert!(message.starts_with("store: ") && !message.contains(S3Server::SECRET), "{message}");
    }
    assert_eq!(server.requests(), 0);
    let without = Service::start("serve", &[]).await;
    let place = location(&without, photo(40, 30)).await;
    let (status, _, message) = error(make(&without, &place, json!({ "store": store("a.png") })).await).await;
    assert!(status == 400 && message.contains("IMGPRESS_ALLOW_STORE_ENDPOINTS"), "{message}");
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = binary(&folder);
    wrong.args(["serve", "--allow-store-endpoints", "s3=https://{region}"]);
    let (code, _, complaint) = run(wrong).await;
    assert!(code == Some(2) && complaint.contains("IMGPRESS_ALLOW_STORE_ENDPOINTS"), "{complaint}");
}
