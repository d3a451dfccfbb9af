//! What becomes of requests and of traces while nobody collects them.

use futures_util::future::join_all;

use super::*;
use crate::metrics::value;

/// Requests that are sent at a time, and how often at most: many more spans than wait to be sent.
const AT_A_TIME: usize = 100;
const ROUNDS: usize = 200;

#[tokio::test]
async fn a_collector_that_is_away_costs_no_request() {
    let mut service = Service::start("serve", &["--otel-exporter-otlp-endpoint", "http://127.0.0.1:1"]).await;
    Client::of(&service).receipt(photo(60, 40), &[]).await;
    let told = service.logged(|line| line["message"] == "traces are not collected").await;
    assert_eq!(told["level"], "WARN");
    Client::of(&service).receipt(photo(40, 60), &[]).await;
    end(&mut service).await;
}

#[tokio::test]
async fn the_log_says_once_that_traces_are_lost_and_once_that_they_are_not_any_more() {
    let mut collector = Collector::start(Answers::After(2)).await;
    let mut service = traced("serve", &collector, &[]).await;
    let (mut lost, mut sent) = (0, 0);
    for refused in [true, true, false] {
        Client::of(&service).receipt(photo(60, 40), &[]).await;
        *(if refused { &mut lost } else { &mut sent }) += collector.batch().await.len();
    }
    let about =
        |line: &Value| line["message"].as_str().is_some_and(|message| message.starts_with("traces are"));
    let first = service.logged(about).await;
    assert_eq!(first["message"], "traces are not collected");
    assert!(first["error"].as_str().unwrap().contains("503"), "{first}");
    assert_eq!(service.logged(about).await["message"], "traces are collected again");
    let client = Client::of(&service);
    for (outcome, count) in [("sent", sent), ("lost", lost), ("dropped", 0)] {
        let counted = value(&client, &format!("trace_spans_total{{outcome=\"{outcome}\"}}")).await;
        assert_eq!(counted, count as f64, "{outcome}");
    }
}

#[tokio::test]
async fn the_end_does_not_wait_for_a_collector_that_answers_nothing() {
    let mut collector = Collector::start(Answers::Never).await;
    let mut service = traced("serve", &collector, &[]).await;
    Client::of(&service).receipt(photo(60, 40), &[]).await;
    assert!(!collector.batch().await.is_empty());
    service.terminate().await;
    service.logged(|line| line["message"] == "the last traces were not sent in time").await;
    assert_eq!(service.exit_code().await, Some(0));
}

#[tokio::test]
async fn a_store_that_is_away_is_an_error_in_the_trace() {
    let mut collector = Collector::start(Answers::Always).await;
    let away = ["--supabase-url", "http://127.0.0.1:1", "--supabase-key", "a-key", "--request-timeout", "1s"];
    let mut service = traced("serve", &collector, &away).await;
    let refusal = Client::of(&service).refusal(photo(60, 40), &[]).await;
    assert_eq!(refusal.code, "storage-failed");
    end(&mut service).await;
    let spans = collector.spans();
    for name in ["storage.put", "POST /compress"] {
        let status = named(&spans, name).status.as_ref().unwrap();
        assert_eq!((status.code(), status.message.as_str()), (StatusCode::Error, "storage-failed"), "{name}");
    }
    assert!(!format!("{spans:?}").contains("127.0.0.1"), "no host is shown: {spans:#?}");
}

#[tokio::test]
async fn what_a_collector_that_answers_nothing_has_no_room_for_is_dropped_and_counted() {
    let mut collector = Collector::start(Answers::Never).await;
    let service = traced("serve", &collector, &["--rate-limit-max", "1000000"]).await;
    let client = Client::of(&service);
    let missing = format!("/files/{}.jpg", "0".repeat(64));
    let mut dropped = 0.0;
    for _ in 0..ROUNDS {
        let answers = join_all((0..AT_A_TIME).map(|_| client.get(&missing))).await;
        assert!(answers.iter().all(|answer| answer.status() == 404), "no request fails for it");
        dropped = value(&client, "trace_spans_total{outcome=\"dropped\"}").await;
        if dropped > 0.0 {
            break;
        }
    }
    assert!(dropped > 0.0);
    assert_eq!(value(&client, "trace_spans_total{outcome=\"sent\"}").await, 0.0);
    assert!(!collector.batch().await.is_empty(), "it was sent some");
}
