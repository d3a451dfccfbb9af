//! `Idempotency-Key`: a request that is sent again is answered again, and done once.

use std::time::{Duration, Instant};

use imgpress_gateway::test_server::RedisServer;
use reqwest::Response;
use reqwest::multipart::Form;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::wire::{body_of, connect, head, part};
use crate::support::{Client, KEY, Refusal, Service, body, form, photo};

/// Longer than anything here takes; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Enough for a test that asks until something is so.
const UNLIMITED: [&str; 2] = ["--rate-limit-max", "1000000"];

async fn send(service: &Service, api_key: &str, key: &str, form: Form, query: &[(&str, &str)]) -> Response {
    let request = Client::of(service).http.post(format!("{}/compress", service.url));
    let request = request.header("x-api-key", api_key).header("idempotency-key", key);
    request.query(query).multipart(form).send().await.unwrap()
}

async fn refusal(service: &Service, key: &str, form: Form, query: &[(&str, &str)]) -> Refusal {
    Refusal::read(send(service, KEY, key, form, query).await).await
}

/// A stored answer's text, and whether it was given before.
async fn answer(service: &Service, key: &str, image: Vec<u8>) -> (String, bool) {
    let response = send(service, KEY, key, form(image), &[]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    let replayed = response.headers().get("idempotency-replayed").is_some_and(|value| value == "true");
    (String::from_utf8(body(response).await).unwrap(), replayed)
}

/// How many images an engine has compressed.
async fn images(service: &Service) -> usize {
    let text = String::from_utf8(body(Client::of(service).get("/metrics").await).await).unwrap();
    let counts = text.lines().filter(|line| line.starts_with("images_total"));
    counts.map(|line| line.rsplit_once(' ').unwrap().1.parse::<usize>().unwrap()).sum()
}

#[tokio::test]
async fn the_same_request_again_gets_the_same_answer_and_is_not_done_again() {
    let service = Service::start("serve", &[]).await;
    let (first, replayed) = answer(&service, "order-1", photo(60, 40)).await;
    assert!(!replayed);
    for _ in 0..2 {
        assert_eq!(answer(&service, "order-1", photo(60, 40)).await, (first.clone(), true));
    }
    assert_eq!(images(&service).await, 1);
    let receipt: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(Client::of(&service).fetch(&receipt).await.len(), receipt["bytes"]);
    let (_, replayed) = answer(&service, "order-2", photo(60, 40)).await;
    assert!(!replayed, "another key is another request");
    assert_eq!(images(&service).await, 2);
}

#[tokio::test]
async fn a_picture_that_was_deleted_is_made_anew_and_not_promised() {
    let service = Service::start("serve", &[]).await;
    let (first, _) = answer(&service, "order-1", photo(60, 40)).await;
    let receipt: Value = serde_json::from_str(&first).unwrap();
    let file = format!("{}/files/{}", service.url, receipt["key"].as_str().unwrap());
    let deleted = Client::of(&service).http.delete(file).header("x-api-key", KEY).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    let (again, replayed) = answer(&service, "order-1", photo(60, 40)).await;
    assert!(!replayed);
    let receipt: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(Client::of(&service).fetch(&receipt).await.len(), receipt["bytes"]);
    assert_eq!(answer(&service, "order-1", photo(60, 40)).await, (again, true));
    assert_eq!(images(&service).await, 2);
}

#[tokio::test]
async fn a_key_that_was_used_for_another_request_is_refused() {
    let service = Service::start("serve", &[]).await;
    answer(&service, "order-1", photo(60, 40)).await;
    let other_image = refusal(&service, "order-1", form(photo(61, 40)), &[]).await;
    let other_option = refusal(&service, "order-1", form(photo(60, 40)), &[("quality", "30")]).await;
    let not_stored = refusal(&service, "order-1", form(photo(60, 40)), &[("store", "false")]).await;
    for refusal in [other_image, other_option, not_stored] {
        assert!(refusal.is(409, "idempotency-conflict"), "{refusal:?}");
    }
    assert!(answer(&service, "order-1", photo(60, 40)).await.1, "the first answer holds");
    assert_eq!(images(&service).await, 1);
}

#[tokio::test]
async fn keys_of_one_client_are_not_those_of_another() {
    let service =
        Service::start_with("serve", &["--api-keys", &format!("one={KEY},two=the-other-key")]).await;
    answer(&service, "order-1", photo(60, 40)).await;
    let other = send(&service, "the-other-key", "order-1", form(photo(50, 40)), &[]).await;
    assert_eq!(other.status(), 200);
    assert!(!other.headers().contains_key("idempotency-replayed"));
}

#[tokio::test]
async fn while_the_first_request_runs_the_second_is_409() {
    let service = Service::start("serve", &UNLIMITED).await;
    let upload = body_of(&[part("name=\"image\"; filename=\"a\"", &photo(60, 40))]);
    let (most, last) = upload.split_at(upload.len() - 1);
    let lines =
        format!("idempotency-key: order-1\r\nconnection: close\r\ncontent-length: {}\r\n", upload.len());
    let mut first = begun(&service, &lines).await;
    first.write_all(most).await.unwrap();
    let second = refusal(&service, "order-1", form(photo(60, 40)), &[]).await;
    assert!(second.is(409, "idempotency-conflict"), "{second:?}");
    assert!(second.headers.contains_key("retry-after"));
    first.write_all(last).await.unwrap();
    let mut answered = String::new();
    first.read_to_string(&mut answered).await.unwrap();
    assert!(answered.starts_with("HTTP/1.1 200"), "{answered}");
    let (again, replayed) = answer(&service, "order-1", photo(60, 40)).await;
    assert!(replayed && answered.ends_with(&again), "{answered}");
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_its_key_to_the_next_try() {
    let service = Service::start("serve", &UNLIMITED).await;
    let first = begun(&service, "idempotency-key: order-1\r\ncontent-length: 1000\r\n").await;
    let second = refusal(&service, "order-1", form(photo(60, 40)), &[]).await;
    assert!(second.is(409, "idempotency-conflict"), "{second:?}");
    drop(first);
    let started = Instant::now();
    while send(&service, KEY, "order-1", form(photo(60, 40)), &[]).await.status() != 200 {
        assert!(started.elapsed() < PATIENCE, "it keeps the key");
    }
}

#[tokio::test]
async fn what_failed_may_be_tried_again() {
    let service = Service::start("serve", &[]).await;
    let png = photo(60, 40);
    let cut = refusal(&service, "order-1", form(&png[..png.len() / 2]), &[]).await;
    assert!(cut.is(422, "image-corrupt"), "{cut:?}");
    assert!(!answer(&service, "order-1", png).await.1);
}

#[tokio::test]
async fn a_key_is_a_short_visible_text() {
    let service = Service::start("serve", &[]).await;
    for key in ["two words", "\u{e9}t\u{e9}", &"k".repeat(256)] {
        let refusal = refusal(&service, key, form(photo(8, 8)), &[]).await;
        assert!(
            refusal.is(400, "option-invalid") && refusal.message.contains("Idempotency-Key"),
            "{refusal:?}"
        );
    }
    for key in ["\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", &"k".repeat(255)] {
        assert!(!answer(&service, key, photo(8, 8)).await.1);
    }
}

#[tokio::test]
async fn only_so_many_are_remembered_and_none_where_that_is_none() {
    let few = Service::start("serve", &["--idempotency-keys", "2"]).await;
    for key in ["order-1", "order-2", "order-3"] {
        answer(&few, key, photo(8, 8)).await;
    }
    assert!(answer(&few, "order-3", photo(8, 8)).await.1);
    assert!(!answer(&few, "order-1", photo(8, 8)).await.1);
    let none = Service::start("serve", &["--idempotency-keys", "0"]).await;
    for _ in 0..2 {
        assert!(!answer(&none, "order-1", photo(8, 8)).await.1);
    }
}

#[tokio::test]
async fn a_request_that_one_gateway_has_done_the_other_does_not_do_again() {
    let (redis, data) = (RedisServer::start().await, tempfile::tempdir().unwrap());
    let (url, data) = (redis.url(), data.path().to_str().unwrap());
    let shared =
        ["--redis-url", &url, "--redis-timeout", "10s", "--rate-limit-max", "1000000", "--data-dir", data];
    let (one, other) = (Service::start("serve", &shared).await, Service::start("serve", &shared).await);
    let (first, _) = answer(&one, "order-1", photo(60, 40)).await;
    assert_eq!(answer(&other, "order-1", photo(60, 40)).await, (first.clone(), true));
    assert_eq!(images(&other).await, 0);
    let reused = refusal(&other, "order-1", form(photo(61, 40)), &[]).await;
    assert!(reused.is(409, "idempotency-conflict"), "{reused:?}");

    let receipt: Value = serde_json::from_str(&first).unwrap();
    let file = format!("{}/files/{}", one.url, receipt["key"].as_str().unwrap());
    let deleted = Client::of(&one).http.delete(file).header("x-api-key", KEY).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    assert!(!answer(&other, "order-1", photo(60, 40)).await.1, "what one has deleted the other makes anew");
    assert!(answer(&one, "order-1", photo(60, 40)).await.1);

    let running = begun(&one, "idempotency-key: order-2\r\ncontent-length: 1000\r\n").await;
    let second = refusal(&other, "order-2", form(photo(60, 40)), &[]).await;
    assert!(second.is(409, "idempotency-conflict"), "{second:?}");
    drop(running);
    let started = Instant::now();
    while send(&other, KEY, "order-2", form(photo(60, 40)), &[]).await.status() != 200 {
        assert!(started.elapsed() < PATIENCE, "it keeps the key");
    }
}

/// Begins a request. Its body is asked for only when it has its key, which is when this returns.
async fn begun(service: &Service, lines: &str) -> TcpStream {
    const GO_ON: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut stream = connect(service).await;
    stream.write_all(head(&format!("{lines}expect: 100-continue\r\n")).as_bytes()).await.unwrap();
    let mut answer = [0; GO_ON.len()];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, GO_ON);
    stream
}
