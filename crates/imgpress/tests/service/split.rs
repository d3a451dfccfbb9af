//! Gateway and engine as two processes, and the engine by itself.

use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{Client, Refusal, Service, body, decode_jpeg, noise_png, photo};

async fn gateway_of(engine: &Service, arguments: &[&str]) -> Service {
    Service::start("gateway", &[&["--engine-url", &engine.url], arguments].concat()).await
}

#[tokio::test]
async fn two_processes_do_what_one_does() {
    let engine = Service::start("engine", &[]).await;
    let gateway = gateway_of(&engine, &[]).await;
    let alone = Service::start("serve", &[]).await;
    let (client, other) = (Client::of(&gateway), Client::of(&alone));
    let receipt = client.receipt(photo(500, 300), &[("quality", "70")]).await;
    let decoded = decode_jpeg(&client.fetch(&receipt).await);
    assert_eq!((decoded.width, decoded.height), (500, 300));
    assert_eq!(receipt["key"], other.receipt(photo(500, 300), &[("quality", "70")]).await["key"]);
    assert!(receipt["timings"]["encodeMs"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn an_output_that_goes_through_a_temporary_file_arrives_whole() {
    let engine = Service::start("engine", &[]).await;
    let gateway = gateway_of(&engine, &[]).await;
    let client = Client::of(&gateway);
    let receipt = client.receipt(noise_png(1600, 1200), &[("quality", "98")]).await;
    assert!(receipt["bytes"].as_u64().unwrap() > 1 << 20, "larger than what is held in memory: {receipt}");
    let jpeg = client.fetch(&receipt).await;
    assert_eq!(receipt["bytes"], jpeg.len());
    assert_eq!(decode_jpeg(&jpeg).width, 1600);
    let left = gateway.folder.path().join("data/tmp").read_dir().unwrap().count();
    assert_eq!(left, 0, "no temporary file is left");
}

#[tokio::test]
async fn refusals_of_the_engine_come_through_the_gateway() {
    let engine = Service::start("engine", &["--max-pixels", "1 MP"]).await;
    let gateway = gateway_of(&engine, &[]).await;
    let client = Client::of(&gateway);
    let text = client.refusal("just text", &[]).await;
    assert!(text.is(415, "format-unsupported"), "{text:?}");
    let png = photo(200, 200);
    let cut = client.refusal(&png[..png.len() / 2], &[]).await;
    assert!(cut.is(422, "image-corrupt"), "{cut:?}");
    let large = client.refusal(photo(1200, 1000), &[]).await;
    assert!(large.is(413, "image-too-large"), "{large:?}");
    let empty = client.refusal("", &[]).await;
    assert!(empty.is(400, "empty-body"), "{empty:?}");
}

#[tokio::test]
async fn an_engine_that_is_gone_is_503_and_comes_back() {
    let mut engine = Service::start("engine", &[]).await;
    let gateway = gateway_of(&engine, &[]).await;
    let client = Client::of(&gateway);
    assert_eq!(client.get("/ready").await.status(), StatusCode::OK);
    engine.kill().await;
    let gone = client.refusal(photo(50, 50), &[]).await;
    assert!(gone.is(503, "engine-unavailable"), "{gone:?}");
    assert!(gone.headers.contains_key("retry-after"));
    assert!(!gone.message.contains("127.0.0.1"), "strangers do not see hosts: {}", gone.message);
    assert_eq!(client.get("/health").await.status(), StatusCode::OK, "the gateway itself lives");

    let address = engine.url.trim_start_matches("http://").to_owned();
    let _back = Service::start_with("engine", &["--listen", &address]).await;
    client.receipt(photo(50, 50), &[]).await;
}

#[tokio::test]
async fn straight_to_the_engine_more_quality_is_more_bytes() {
    let engine = Service::start("engine", &[]).await;
    let client = Client::of(&engine);
    let mut sizes = Vec::new();
    for quality in ["30", "60", "90"] {
        let request = client.http.post(format!("{}/compress", engine.url)).body(photo(400, 300));
        let response = request.header("x-compression-quality", quality).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "image/jpeg");
        let receipt: Value =
            serde_json::from_slice(response.headers()["x-compression-receipt"].as_bytes()).unwrap();
        assert_eq!(receipt["quality"].to_string(), quality);
        let jpeg = body(response).await;
        assert_eq!(decode_jpeg(&jpeg).width, 400);
        sizes.push(jpeg.len());
    }
    assert!(sizes.is_sorted_by(|one, other| one < other), "{sizes:?}");
}

#[tokio::test]
async fn the_engine_refuses_bad_options_and_empty_bodies() {
    let engine = Service::start("engine", &[]).await;
    let client = Client::of(&engine);
    for quality in ["0", "101", "abc"] {
        let request =
            client.http.post(format!("{}/compress", engine.url)).header("x-compression-quality", quality);
        let refusal = Refusal::read(request.body(photo(40, 40)).send().await.unwrap()).await;
        assert!(refusal.is(400, "option-invalid"), "{quality}: {refusal:?}");
    }
    let store = client.http.post(format!("{}/compress?store=true", engine.url)).body(photo(40, 40));
    assert!(
        Refusal::read(store.send().await.unwrap()).await.is(400, "option-invalid"),
        "an engine stores nothing"
    );
    let empty = client.http.post(format!("{}/compress", engine.url)).send().await.unwrap();
    assert!(Refusal::read(empty).await.is(400, "empty-body"));
}

#[tokio::test]
async fn a_request_keeps_its_id_from_the_client_to_the_engine() {
    let mut engine = Service::start("engine", &[]).await;
    let gateway = gateway_of(&engine, &[]).await;
    let client = Client::of(&gateway);
    let request =
        client.http.post(format!("{}/compress", gateway.url)).header("x-api-key", crate::support::KEY);
    let request =
        request.header("x-request-id", "my-own-id.1").multipart(crate::support::form(photo(40, 40)));
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["x-request-id"], "my-own-id.1");
    engine.logged(|line| line["route"] == "/compress" && line.to_string().contains("my-own-id.1")).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn every_thread_of_an_engine_is_behind_the_sandbox_unless_it_is_off() {
    for (wanted, filters) in [("required", "Seccomp:\t2"), ("off", "Seccomp:\t0")] {
        let engine = Service::start("engine", &["--sandbox", wanted]).await;
        let gateway = gateway_of(&engine, &[]).await;
        Client::of(&gateway).receipt(photo(300, 200), &[("format", "avif")]).await;
        let tasks = std::fs::read_dir(format!("/proc/{}/task", engine.pid())).unwrap();
        let statuses: Vec<_> =
            tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("status")).unwrap()).collect();
        assert!(statuses.len() > 1, "it has threads");
        for status in statuses {
            assert!(status.contains(filters), "{wanted}: {status}");
        }
    }
}
