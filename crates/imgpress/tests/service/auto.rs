//! A look in place of a quality, on every way in.

use crate::support::{Client, Service, body, command, photo, run};

#[tokio::test]
async fn a_look_is_answered_with_the_score_that_was_reached_by_one_process_and_by_two() {
    let engine = Service::start("engine", &[]).await;
    let gateway = Service::start("gateway", &["--engine-url", &engine.url]).await;
    let alone = Service::start("serve", &[]).await;
    let mut keys = Vec::new();
    for service in [&gateway, &alone] {
        let client = Client::of(service);
        let receipt = client.receipt(photo(300, 200), &[("quality", "ssim2:75.5")]).await;
        let score = receipt["score"].as_f64().unwrap();
        assert!((score - 75.5).abs() < 2.5, "{receipt}");
        let used = receipt["quality"].to_string();
        let same = client.receipt(photo(300, 200), &[("quality", &used)]).await;
        assert_eq!((&same["key"], &same["score"]), (&receipt["key"], &serde_json::Value::Null));
        keys.push(receipt["key"].clone());
    }
    assert_eq!(keys[0], keys[1]);
}

#[tokio::test]
async fn a_look_may_come_as_a_header_and_on_the_command_line() {
    let engine = Service::start("engine", &[]).await;
    let client = Client::of(&engine);
    let request = client.http.post(format!("{}/compress", engine.url)).body(photo(300, 200));
    let response = request.header("x-compression-quality", "auto:high").send().await.unwrap();
    let receipt = response.headers()["x-compression-receipt"].to_str().unwrap();
    let receipt: serde_json::Value = serde_json::from_str(receipt).unwrap();
    assert!((receipt["score"].as_f64().unwrap() - 85.0).abs() < 2.5, "{receipt}");
    let by_header = body(response).await;

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.png"), photo(300, 200)).unwrap();
    let mut compress = command(&folder);
    compress.args(["compress", "in.png", "-o", "out.jpg", "--quality", "auto:high"]);
    let (code, _, complaint) = run(compress).await;
    assert_eq!(code, Some(0), "{complaint}");
    assert!(std::fs::read(folder.path().join("out.jpg")).unwrap() == by_header);
}

#[tokio::test]
async fn a_look_that_does_not_fit_says_so() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let free = client.receipt(photo(300, 200), &[("quality", "auto")]).await;
    let limit = (free["bytes"].as_u64().unwrap() / 2).to_string();
    let receipt = client.receipt(photo(300, 200), &[("quality", "auto"), ("max_bytes", &limit)]).await;
    assert_eq!(receipt["notes"][0]["code"], "max-bytes-reached", "{receipt}");
    assert!(receipt["score"].as_f64() < free["score"].as_f64(), "{receipt}");
}
