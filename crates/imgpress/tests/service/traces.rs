//! Traces, as a collector gets them.

mod collector;
mod losses;

use imgpress_storage::test_server::S3Server;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use self::collector::{Answers, Collector, text};
use crate::support::{Client, KEY, Service, form, photo};

const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
const PARENT: u64 = 0x00f0_67aa_0ba9_02b7;

/// Stands between a gateway and an engine; gives its URL, and what the gateway says first on each connection.
async fn overheard(engine: &Service) -> (String, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let engine = engine.url.trim_start_matches("http://").to_owned();
    let (said, heard) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut gateway, _)) = listener.accept().await {
            let (said, mut engine) = (said.clone(), TcpStream::connect(&engine).await.unwrap());
            tokio::spawn(async move {
                let mut first = Vec::new();
                while !first.windows(4).any(|end| end == b"\r\n\r\n") {
                    if gateway.read_buf(&mut first).await.unwrap() == 0 {
                        return;
                    }
                }
                engine.write_all(&first).await.unwrap();
                let _ = said.send(String::from_utf8_lossy(&first).into_owned());
                let _ = copy_bidirectional(&mut gateway, &mut engine).await;
            });
        }
    });
    (url, heard)
}

/// The head of the next upload that an engine was sent.
async fn upload_heard(heard: &mut UnboundedReceiver<String>) -> String {
    loop {
        let head = heard.recv().await.unwrap();
        if head.starts_with("POST ") {
            return head;
        }
    }
}

fn traceparent(sampled: bool) -> String {
    format!("00-{TRACE:032x}-{PARENT:016x}-{:02x}", u8::from(sampled))
}

async fn upload(service: &Service, headers: &[(&str, &str)]) -> Value {
    let client = Client::of(service);
    let mut request = client.http.post(format!("{}/compress", service.url)).header("x-api-key", KEY);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.multipart(form(photo(300, 200))).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

async fn traced(role: &str, collector: &Collector, arguments: &[&str]) -> Service {
    let told = ["--otel-exporter-otlp-endpoint", &collector.url];
    Service::start(role, &[&told[..], arguments].concat()).await
}

async fn end(service: &mut Service) {
    service.terminate().await;
    assert_eq!(service.exit_code().await, Some(0));
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    assert_eq!(found.len(), 1, "{name} in {spans:#?}");
    found[0]
}

/// The names of the spans below one.
fn below<'a>(spans: &'a [Span], above: &Span) -> Vec<&'a str> {
    let mut names: Vec<_> = spans
        .iter()
        .filter(|span| span.parent_span_id == above.span_id)
        .map(|span| span.name.as_str())
        .collect();
    names.sort_unstable();
    names
}

fn nanoseconds(span: &Span) -> u64 {
    span.end_time_unix_nano.checked_sub(span.start_time_unix_nano).expect("a span ends after it began")
}

#[tokio::test]
async fn one_trace_goes_from_the_client_through_gateway_and_engine_to_the_store() {
    let mut collector = Collector::start(Answers::Always).await;
    let engine = Service::start("engine", &[]).await;
    let mut gateway = traced("gateway", &collector, &["--engine-url", &engine.url]).await;
    let receipt = upload(&gateway, &[("traceparent", &traceparent(true))]).await;
    end(&mut gateway).await;
    let spans = collector.spans();
    assert_eq!(spans.len(), 6, "{spans:#?}");
    assert!(spans.iter().all(|span| span.trace_id == TRACE.to_be_bytes()), "{spans:#?}");
    let server = named(&spans, "POST /compress");
    assert_eq!((&server.parent_span_id[..], server.kind()), (&PARENT.to_be_bytes()[..], SpanKind::Server));
    assert_eq!(text(&server.attributes, "http.response.status_code").as_deref(), Some("200"));
    assert!(
        text(&server.attributes, "imgpress.request_id").is_some(),
        "a trace leads to the log: {server:#?}"
    );
    assert_eq!(below(&spans, server), ["engine", "storage.put"]);
    let at_engine = named(&spans, "engine");
    assert_eq!(at_engine.kind(), SpanKind::Client);
    assert_eq!(text(&at_engine.attributes, "imgpress.bytes_out"), Some(receipt["bytes"].to_string()));
    assert_eq!(below(&spans, at_engine), ["engine.decode", "engine.encode", "engine.queue"]);
    for (name, timing) in
        [("engine.queue", "queueMs"), ("engine.decode", "decodeMs"), ("engine.encode", "encodeMs")]
    {
        let told = receipt["timings"][timing].as_f64().unwrap() * 1e6;
        let shown = nanoseconds(named(&spans, name)) as f64;
        assert!((shown - told).abs() < 1e3, "{name}: {shown} ns and {told} ns");
    }
    assert!(nanoseconds(server) >= nanoseconds(at_engine));
}

#[tokio::test]
async fn the_engine_is_told_the_span_that_waits_for_it() {
    let mut collector = Collector::start(Answers::Always).await;
    let engine = Service::start("engine", &[]).await;
    let (url, mut heard) = overheard(&engine).await;
    let mut gateway = traced("gateway", &collector, &["--engine-url", &url]).await;
    upload(&gateway, &[("traceparent", &traceparent(true))]).await;
    end(&mut gateway).await;
    let spans = collector.spans();
    let span = u64::from_be_bytes(named(&spans, "engine").span_id[..].try_into().unwrap());
    let said = upload_heard(&mut heard).await;
    assert!(said.contains(&format!("traceparent: 00-{TRACE:032x}-{span:016x}-01\r\n")), "{span:x} in {said}");
}

#[tokio::test]
async fn a_trace_that_nobody_records_is_passed_on_and_not_recorded_here_either() {
    let mut collector = Collector::start(Answers::Always).await;
    let engine = Service::start("engine", &[]).await;
    let (url, mut heard) = overheard(&engine).await;
    let mut gateway = traced("gateway", &collector, &["--engine-url", &url]).await;
    let unrecorded = traceparent(false);
    upload(&gateway, &[("traceparent", &unrecorded)]).await;
    let said = upload_heard(&mut heard).await;
    assert!(said.contains(&format!("traceparent: {unrecorded}\r\n")), "{said}");
    end(&mut gateway).await;
    assert_eq!(collector.spans(), []);
}

#[tokio::test]
async fn a_request_without_a_trace_begins_one_and_a_refusal_is_in_it() {
    let mut collector = Collector::start(Answers::Always).await;
    let mut service = traced("serve", &collector, &[]).await;
    let client = Client::of(&service);
    client.refusal("no image", &[]).await;
    for probe in ["/health", "/ready", "/metrics", "/no-such-route"] {
        client.get(probe).await;
    }
    end(&mut service).await;
    let spans = collector.spans();
    assert_eq!(spans.len(), 2, "probes are not traced: {spans:#?}");
    let server = named(&spans, "POST /compress");
    assert!(server.parent_span_id.is_empty());
    let code = server.status.as_ref().map_or(StatusCode::Unset, Status::code);
    assert_eq!(code, StatusCode::Unset, "what a client did wrong is no error of the server");
    assert_eq!(text(&server.attributes, "error.type").as_deref(), Some("format-unsupported"));
    assert_eq!(named(&spans, "engine").trace_id, server.trace_id);
}

#[tokio::test]
async fn what_is_known_already_shows_no_engine() {
    let mut collector = Collector::start(Answers::Always).await;
    let mut service = traced("serve", &collector, &["--result-cache", "9"]).await;
    let recorded = traceparent(true);
    for headers in
        [&[("idempotency-key", "once")][..], &[("idempotency-key", "once"), ("traceparent", &recorded)]]
    {
        upload(&service, headers).await;
    }
    upload(&service, &[]).await;
    end(&mut service).await;
    let spans = collector.spans();
    let requests: Vec<_> = spans.iter().filter(|span| span.name == "POST /compress").collect();
    let [first, replayed, cached] = requests[..] else { panic!("three requests: {requests:#?}") };
    assert_eq!(below(&spans, first), ["engine", "storage.put"]);
    assert_eq!(replayed.trace_id, TRACE.to_be_bytes());
    assert_eq!(below(&spans, replayed), ["storage.holds"]);
    assert_eq!(below(&spans, cached), ["storage.holds"]);
}

#[tokio::test]
async fn clients_of_tinypng_and_deletions_are_traced_too() {
    let mut collector = Collector::start(Answers::Always).await;
    let mut service = traced("serve", &collector, &[]).await;
    let receipt = upload(&service, &[("traceparent", &traceparent(false))]).await;
    let http = Client::of(&service).http;
    let shrunk = http.post(format!("{}/shrink", service.url)).basic_auth("api", Some(KEY));
    let shrunk = shrunk.body(photo(60, 40)).send().await.unwrap();
    let output = http
        .post(format!("{}{}", service.url, shrunk.headers()["location"].to_str().unwrap()))
        .basic_auth("api", Some(KEY));
    let output = output.json(&json!({ "convert": { "type": "image/png" } })).send().await.unwrap();
    assert_eq!(output.status(), 200);
    let file = format!("{}/files/{}", service.url, receipt["key"].as_str().unwrap());
    assert_eq!(http.get(&file).send().await.unwrap().status(), 200);
    assert_eq!(http.delete(&file).header("x-api-key", KEY).send().await.unwrap().status(), 204);
    end(&mut service).await;
    let spans = collector.spans();
    for (request, within) in [
        ("POST /shrink", "engine"),
        ("POST /output/{id}", "engine"),
        ("GET /files/{*key}", "storage.open"),
        ("DELETE /files/{*key}", "storage.delete"),
    ] {
        assert!(below(&spans, named(&spans, request)).contains(&within), "{request}: {spans:#?}");
    }
}

#[tokio::test]
async fn the_put_into_a_store_of_the_client_is_traced_with_neither_host_nor_keys() {
    let store = S3Server::start().await;
    let mut collector = Collector::start(Answers::Always).await;
    let endpoints = format!("s3={}", store.url());
    let mut service = traced("serve", &collector, &["--allow-store-endpoints", &endpoints]).await;
    let http = Client::of(&service).http;
    let shrunk = http.post(format!("{}/shrink", service.url)).basic_auth("api", Some(KEY));
    let shrunk = shrunk.body(photo(60, 40)).send().await.unwrap();
    let place = format!("{}{}", service.url, shrunk.headers()["location"].to_str().unwrap());
    for (secret, status) in [(S3Server::SECRET, 200), ("hunter2", 400)] {
        let command = json!({ "store": {
            "service": "s3", "aws_access_key_id": S3Server::KEY_ID, "aws_secret_access_key": secret,
            "region": S3Server::REGION, "path": format!("{}/a.png", S3Server::BUCKET),
        } });
        let output = http.post(&place).basic_auth("api", Some(KEY)).json(&command).send().await.unwrap();
        assert_eq!(output.status(), status);
    }
    end(&mut service).await;
    let spans = collector.spans();
    let puts: Vec<_> = spans.iter().filter(|span| span.name == "storage.put").collect();
    let [stored, refused] = puts[..] else { panic!("two puts: {spans:#?}") };
    for put in [stored, refused] {
        assert_eq!(put.kind(), SpanKind::Client);
        assert_eq!(text(&put.attributes, "imgpress.storage").as_deref(), Some("client-s3"));
        assert!(text(&put.attributes, "imgpress.bytes").is_some(), "{put:#?}");
        let code = put.status.as_ref().map_or(StatusCode::Unset, Status::code);
        assert_eq!(code, StatusCode::Unset, "a wrong key is the client's fault: {put:#?}");
        let request = spans.iter().find(|span| span.span_id == put.parent_span_id).unwrap();
        assert_eq!(request.name, "POST /output/{id}");
    }
    assert_eq!(text(&refused.attributes, "error.type").as_deref(), Some("store-refused"));
    let shown = format!("{spans:?}");
    for hidden in [&*store.url(), "hunter2", S3Server::KEY_ID, "a.png"] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
}
