use serde_json::json;

use super::*;

fn endpoints() -> StoreEndpoints {
    "s3=https://s3.{region}.example.com,gcs=https://storage.example".parse().unwrap()
}

/// A command with one field as given.
fn s3_with(name: &str, value: Value) -> Value {
    let mut command = json!({
        "service": "s3", "aws_access_key_id": "AKID", "aws_secret_access_key": "hunter2",
        "region": "eu-west-1", "path": "bucket/a b.jpg", "headers": { "Cache-Control": "no-cache" },
    });
    command[name] = value;
    command
}

#[test]
fn a_command_says_where_and_with_whose_keys() {
    let object = read(&s3_with("acl", Value::Null), &endpoints()).unwrap();
    assert_eq!(object.url(), "https://s3.eu-west-1.example.com/bucket/a%20b.jpg");
    assert!(matches!(object.keys, ForeignKeys::S3 { public: true, .. }), "as with TinyPNG");
    assert!(!format!("{object:?}").contains("hunter2"));
    let object = read(&s3_with("acl", json!("no-acl")), &endpoints()).unwrap();
    assert!(matches!(object.keys, ForeignKeys::S3 { public: false, .. }));
    let command = json!({ "service": "gcs", "gcp_access_token": "ya29.hunter2", "path": "bucket/a.jpg" });
    let object = read(&command, &endpoints()).unwrap();
    assert_eq!(object.url(), "https://storage.example/bucket/a.jpg");
    assert!(!format!("{object:?}").contains("hunter2"));
}

#[test]
fn what_is_no_command_is_refused_without_being_repeated() {
    for (name, value, word) in [
        ("service", json!("hunter2"), "s3 or gcs"),
        ("service", Value::Null, "s3 or gcs"),
        ("hunter2", json!("a"), "aws_access_key_id"),
        ("aws_session_token", json!("hunter2"), "aws_access_key_id"),
        ("aws_access_key_id", json!("hunter2 hunter2"), "aws_access_key_id"),
        ("aws_secret_access_key", json!("hunter2\r\nx: y"), "aws_secret_access_key"),
        ("aws_secret_access_key", json!(["hunter2"]), "aws_secret_access_key"),
        ("aws_secret_access_key", json!(""), "aws_secret_access_key"),
        ("aws_secret_access_key", json!("s".repeat(5000)), "aws_secret_access_key"),
        ("region", Value::Null, "region"),
        ("region", json!("hunter2.example"), "region"),
        ("region", json!("evil.example/"), "region"),
        ("region", json!("-us"), "region"),
        ("region", json!("EU"), "region"),
        ("region", json!("r".repeat(33)), "region"),
        ("path", json!("bucket"), "bucket"),
        ("path", json!("bucket/../hunter2"), "bucket"),
        ("headers", json!({ "x-amz-acl": "hunter2" }), "Cache-Control"),
        ("headers", json!({ "Expires": "0\r\nhost: hunter2" }), "Cache-Control"),
        ("headers", json!({ "Expires": 0 }), "headers"),
        ("headers", json!(["hunter2"]), "headers"),
        ("acl", json!("hunter2"), "no-acl"),
    ] {
        let refused = read(&s3_with(name, value.clone()), &endpoints()).unwrap_err();
        assert!(refused.message().contains(word), "{name} {value}: {refused}");
        assert!(!refused.message().contains("hunter2"), "{name} {value}: {refused}");
    }
    assert!(read(&json!("hunter2"), &endpoints()).unwrap_err().message().contains("s3 or gcs"));
}

#[test]
fn a_service_without_an_endpoint_is_refused_whatever_else_it_says() {
    let only_gcs = "gcs=https://storage.example".parse().unwrap();
    let only_s3 = "s3=https://s3.example".parse().unwrap();
    for (command, endpoints) in [("s3", &only_gcs), ("gcs", &only_s3)] {
        let refused = read(&json!({ "service": command }), endpoints).unwrap_err();
        assert!(refused.message().contains("IMGPRESS_ALLOW_STORE_ENDPOINTS"), "{refused}");
    }
}
