//! What is counted.

use crate::support::{Client, Service, body, photo};

/// The value of one time series, 0 where there is none yet.
pub async fn value(client: &Client, series: &str) -> f64 {
    let [value] = values(client, [series]).await;
    value
}

/// The values that several have at the same time.
pub async fn values<const N: usize>(client: &Client, series: [&str; N]) -> [f64; N] {
    let text = String::from_utf8(body(client.get("/metrics").await).await).unwrap();
    series.map(|series| {
        let found = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        found.map_or(0.0, |value| value.parse().unwrap())
    })
}

#[tokio::test]
async fn counters_move_by_exactly_what_was_sent() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let (one, other) = (photo(200, 100), photo(90, 120));
    let first = client.receipt(one.clone(), &[]).await;
    let second = client.compress(other.clone(), &[("store", "false")]).await;
    let second = body(second).await.len() as f64;
    client.refusal("not an image", &[]).await;
    client.refusal(one[..500].to_vec(), &[]).await;
    client.get("/nowhere").await;

    let bytes_in = value(&client, r#"processed_bytes_total{service="gateway",direction="in"}"#).await;
    assert_eq!(bytes_in, (one.len() + other.len()) as f64, "refused uploads count nothing");
    let bytes_out = value(&client, r#"processed_bytes_total{service="gateway",direction="out"}"#).await;
    assert_eq!(bytes_out, first["bytes"].as_f64().unwrap() + second);
    for (status, count) in [("200", 2.0), ("415", 1.0), ("422", 1.0)] {
        let series = format!(
            r#"http_requests_total{{service="gateway",method="POST",route="/compress",status="{status}"}}"#
        );
        assert_eq!(value(&client, &series).await, count, "{series}");
    }
    let durations =
        r#"http_requests_duration_seconds_count{service="gateway",method="POST",route="/compress"}"#;
    assert_eq!(value(&client, durations).await, 4.0);
    let bucket = r#"http_requests_duration_seconds_bucket{service="gateway",method="POST",route="/compress",le="+Inf"}"#;
    assert_eq!(value(&client, bucket).await, 4.0, "a histogram and no summary");
    let images = r#"images_total{format_in="png",format_out="jpeg",outcome="compressed"}"#;
    assert_eq!(value(&client, images).await, 2.0);
    assert_eq!(value(&client, r#"storage_requests_total{backend="local",outcome="stored"}"#).await, 1.0);
    assert_eq!(value(&client, r#"image_stage_duration_seconds_count{stage="encode"}"#).await, 2.0);
    for gauge in ["engine_workers_busy", "engine_queue_depth", "engine_memory_reserved_bytes"] {
        assert_eq!(value(&client, gauge).await, 0.0, "{gauge}");
    }
    assert_eq!(value(&client, r#"build_info{version="0.1.0"}"#).await, 1.0);
}

#[tokio::test]
async fn labels_are_no_strangers_choice() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    client.get("/nowhere-in-particular").await;
    let odd = reqwest::Method::from_bytes(b"BREW").unwrap();
    client.http.request(odd, format!("{}/health", service.url)).send().await.unwrap();
    let text = String::from_utf8(body(client.get("/metrics").await).await).unwrap();
    assert!(!text.contains("nowhere-in-particular") && !text.contains("BREW"), "{text}");
}

#[tokio::test]
async fn metrics_move_to_an_address_of_their_own() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let service = Service::start("serve", &["--metrics-listen", &free.to_string()]).await;
    let client = Client::of(&service);
    assert_eq!(client.get("/metrics").await.status(), 404);
    let response = client.http.get(format!("http://{free}/metrics")).send().await.unwrap();
    assert!(String::from_utf8(body(response).await).unwrap().contains("build_info"));
}

#[tokio::test]
async fn engine_and_gateway_each_count_their_own() {
    let engine = Service::start("engine", &[]).await;
    let gateway = Service::start("gateway", &["--engine-url", &engine.url]).await;
    let png = photo(100, 100);
    Client::of(&gateway).receipt(png.clone(), &[]).await;
    for (service, name) in [(&engine, "engine"), (&gateway, "gateway")] {
        let series = format!(r#"processed_bytes_total{{service="{name}",direction="in"}}"#);
        assert_eq!(value(&Client::of(service), &series).await, png.len() as f64, "{name}");
    }
}
