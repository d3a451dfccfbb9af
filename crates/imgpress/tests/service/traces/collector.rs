//! Who collects traces, for tests: OTLP over HTTP on a real socket.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A collector, and what it was sent.
pub(super) struct Collector {
    pub(super) url: String,
    batches: UnboundedReceiver<Batch>,
}

/// A request's head, in lower case, and its body.
type Batch = (String, ExportTraceServiceRequest);

/// What it answers.
#[derive(Clone, Copy)]
pub(super) enum Answers {
    /// 200.
    Always,
    /// 503 this often, then 200.
    After(usize),
    /// Nothing.
    Never,
}

impl Collector {
    pub(super) async fn start(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (got, batches) = unbounded_channel();
        // One connection after the other, as the exporter has them.
        tokio::spawn(async move {
            let mut count = 0;
            while let Ok((mut stream, _)) = listener.accept().await {
                while let Some(batch) = batch(&mut stream).await {
                    count += 1;
                    let _ = got.send(batch);
                    let status = match answers {
                        Answers::Never => std::future::pending().await,
                        Answers::After(refused) if count <= refused => "503 Service Unavailable",
                        Answers::After(_) | Answers::Always => "200 OK",
                    };
                    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/x-protobuf\r\n");
                    stream.write_all(format!("{head}content-length: 0\r\n\r\n").as_bytes()).await.unwrap();
                }
            }
        });
        Self { url, batches }
    }

    /// Waits for the next batch.
    pub(super) async fn batch(&mut self) -> Vec<Span> {
        spans_of(self.batches.recv().await.unwrap())
    }

    /// All spans of a service that has ended.
    pub(super) fn spans(&mut self) -> Vec<Span> {
        std::iter::from_fn(|| self.batches.try_recv().ok()).flat_map(spans_of).collect()
    }
}

fn spans_of((head, request): Batch) -> Vec<Span> {
    assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/x-protobuf\r\n"), "{head}");
    let [resource] = &request.resource_spans[..] else { panic!("one service: {request:?}") };
    let told = &resource.resource.as_ref().unwrap().attributes;
    assert_eq!(text(told, "service.name").as_deref(), Some("imgpress"));
    assert_eq!(text(told, "service.version").as_deref(), Some(env!("CARGO_PKG_VERSION")));
    resource.scope_spans.iter().flat_map(|scope| scope.spans.clone()).collect()
}

/// What an attribute says, if there is one.
pub(super) fn text(attributes: &[KeyValue], name: &str) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.key == name)?;
    match attribute.value.clone()?.value? {
        Value::StringValue(text) => Some(text),
        Value::IntValue(number) => Some(number.to_string()),
        other => panic!("{name} is {other:?}"),
    }
}

/// `None` where the connection ends.
async fn batch(stream: &mut TcpStream) -> Option<Batch> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap().split('\r').next().unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    Some((head, ExportTraceServiceRequest::decode(&body[..]).unwrap()))
}
