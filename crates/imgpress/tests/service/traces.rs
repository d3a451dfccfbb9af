//! Traces, as a collector gets them.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::support::{Client, KEY, Service, form, photo};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// Takes OTLP over HTTP, as JSON.
struct Collector {
    url: String,
    requests: UnboundedReceiver<(String, Value)>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (got, requests) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let got = got.clone();
                tokio::spawn(async move {
                    while let Some(request) = request(&mut stream).await {
                        got.send(request).unwrap();
                        let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        Self { url, requests }
    }

    /// All spans of a service that has ended.
    fn spans(&mut self) -> Vec<Value> {
        let mut spans = Vec::new();
        while let Ok((head, body)) = self.requests.try_recv() {
            assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
            assert!(head.contains("content-type: application/json\r\n"), "{head}");
            let resource = &body["resourceSpans"][0];
            let name = &resource["resource"]["attributes"][0];
            assert_eq!(
                (&name["key"], &name["value"]["stringValue"]),
                (&"service.name".into(), &"imgpress".into())
            );
            spans.extend(resource["scopeSpans"][0]["spans"].as_array().unwrap().iter().cloned());
        }
        spans
    }
}

/// A request's head in lower case, and its body; `None` where the connection ends.
async fn request(stream: &mut TcpStream) -> Option<(String, Value)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap().split('\r').next().unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    Some((head, serde_json::from_slice(&body).unwrap()))
}

/// Stands between a gateway and an engine; gives its URL, and what the gateway says first.
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
                let ((mut from, mut to), (mut back_from, mut back_to)) = (gateway.split(), engine.split());
                let _ = tokio::join!(copy(&mut from, &mut back_to), copy(&mut back_from, &mut to));
            });
        }
    });
    (url, heard)
}

async fn upload(service: &Service, traceparent: &str) -> Value {
    let client = Client::of(service);
    let request = client.http.post(format!("{}/compress", service.url)).header("x-api-key", KEY);
    let request = request.header("traceparent", traceparent).multipart(form(photo(300, 200)));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

async fn end(service: &mut Service) {
    service.terminate().await;
    assert_eq!(service.exit_code().await, Some(0));
}

fn named<'a>(spans: &'a [Value], name: &str) -> &'a Value {
    let found: Vec<_> = spans.iter().filter(|span| span["name"] == name).collect();
    assert_eq!(found.len(), 1, "{name} in {spans:?}");
    found[0]
}

fn nanoseconds(span: &Value) -> u64 {
    let time = |name: &str| span[name].as_str().unwrap().parse::<u64>().unwrap();
    time("endTimeUnixNano").checked_sub(time("startTimeUnixNano")).expect("a span ends after it began")
}

#[tokio::test]
async fn one_trace_goes_from_the_client_through_gateway_and_engine_to_the_store() {
    let mut collector = Collector::start().await;
    let engine = Service::start("engine", &[]).await;
    let (url, mut heard) = overheard(&engine).await;
    let arguments = ["--engine-url", &url, "--otel-exporter-otlp-endpoint", &collector.url];
    let mut gateway = Service::start("gateway", &arguments).await;
    upload(&gateway, &format!("00-{TRACE}-{PARENT}-00")).await;
    assert!(heard.recv().await.unwrap().contains(PARENT), "who does not trace passes on what it got");
    let receipt = upload(&gateway, &format!("00-{TRACE}-{PARENT}-01")).await;
    end(&mut gateway).await;
    let spans = collector.spans();
    assert_eq!(spans.len(), 6, "those of the request that is recorded, and no other: {spans:?}");
    let server = named(&spans, "POST /compress");
    let at_engine = named(&spans, "engine");
    assert!(spans.iter().all(|span| span["traceId"] == TRACE), "{spans:?}");
    assert_eq!((&server["parentSpanId"], &server["kind"]), (&PARENT.into(), &2.into()));
    assert_eq!((&at_engine["parentSpanId"], &at_engine["kind"]), (&server["spanId"], &3.into()));
    assert_eq!(named(&spans, "storage.put")["parentSpanId"], server["spanId"]);
    for (name, timing) in
        [("engine.queue", "queueMs"), ("engine.decode", "decodeMs"), ("engine.encode", "encodeMs")]
    {
        let stage = named(&spans, name);
        assert_eq!(stage["parentSpanId"], at_engine["spanId"]);
        let told = receipt["timings"][timing].as_f64().unwrap() * 1e6;
        assert!((nanoseconds(stage) as f64 - told).abs() < 1e3, "{name}: {stage} and {told} ns");
    }
    assert!(nanoseconds(server) >= nanoseconds(at_engine));
    let id = server["attributes"].as_array().unwrap().iter().find(|one| one["key"] == "imgpress.request_id");
    assert!(id.is_some(), "a trace leads to the log: {server}");
}

#[tokio::test]
async fn the_engine_is_told_the_span_that_waits_for_it() {
    let mut collector = Collector::start().await;
    let engine = Service::start("engine", &[]).await;
    let (url, mut heard) = overheard(&engine).await;
    let arguments = ["--engine-url", &url, "--otel-exporter-otlp-endpoint", &collector.url];
    let mut gateway = Service::start("gateway", &arguments).await;
    upload(&gateway, &format!("00-{TRACE}-{PARENT}-01")).await;
    end(&mut gateway).await;
    let spans = collector.spans();
    let span = named(&spans, "engine")["spanId"].as_str().unwrap().to_owned();
    let said = heard.recv().await.unwrap();
    assert!(said.contains(&format!("traceparent: 00-{TRACE}-{span}-01\r\n")), "{span} in {said}");
}

#[tokio::test]
async fn a_request_without_a_trace_begins_one_and_a_refusal_is_in_it() {
    let mut collector = Collector::start().await;
    let mut service = Service::start("serve", &["--otel-exporter-otlp-endpoint", &collector.url]).await;
    let client = Client::of(&service);
    client.refusal("no image", &[]).await;
    client.get("/ready").await;
    end(&mut service).await;
    let spans = collector.spans();
    assert_eq!(spans.len(), 2, "probes are not traced: {spans:?}");
    let server = named(&spans, "POST /compress");
    assert_eq!(server["parentSpanId"], Value::Null);
    assert_eq!(server["status"], Value::Null, "what a client did wrong is no error of the server");
    assert!(server.to_string().contains("format-unsupported"), "{server}");
    assert_eq!(named(&spans, "engine")["traceId"], server["traceId"]);
}

#[tokio::test]
async fn a_collector_that_is_away_costs_no_request() {
    let away = ["--otel-exporter-otlp-endpoint", "http://127.0.0.1:1"];
    let mut service = Service::start("serve", &away).await;
    Client::of(&service).receipt(photo(60, 40), &[]).await;
    service.logged(|line| line["message"] == "traces are not collected").await;
    Client::of(&service).receipt(photo(40, 60), &[]).await;
    end(&mut service).await;
}
