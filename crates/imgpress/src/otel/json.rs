use std::time::Instant;

use imgpress_gateway::{Span, SpanKind, Value};
use serde_json::{Value as Json, json};

/// The body of an OTLP request: `ExportTraceServiceRequest` as JSON, in which ids are hex, and numbers of 64 bits texts.
pub(super) fn request(service: &str, spans: &[Span], wall: impl Fn(Instant) -> u128) -> Json {
    let spans: Vec<Json> = spans.iter().map(|one| span(one, &wall)).collect();
    let resource = [("service.name", service), ("service.version", env!("CARGO_PKG_VERSION"))];
    let resource: Vec<Json> = resource
        .into_iter()
        .map(|(key, text)| json!({ "key": key, "value": { "stringValue": text } }))
        .collect();
    json!({
        "resourceSpans": [{
            "resource": { "attributes": resource },
            "scopeSpans": [{ "scope": { "name": "imgpress" }, "spans": spans }],
        }],
    })
}

fn span(span: &Span, wall: &impl Fn(Instant) -> u128) -> Json {
    let mut json = json!({
        "traceId": span.context.trace.to_string(),
        "spanId": span.context.span.to_string(),
        "name": span.name,
        "kind": kind(span.kind),
        "startTimeUnixNano": wall(span.start).to_string(),
        "endTimeUnixNano": wall(span.end).to_string(),
        "attributes": span.attributes.iter().map(|(key, value)| attribute(key, value)).collect::<Vec<_>>(),
    });
    if let Some(parent) = span.parent {
        json["parentSpanId"] = parent.to_string().into();
    }
    if let Some(code) = span.error {
        json["status"] = json!({ "code": STATUS_ERROR, "message": code });
    }
    json
}

/// `STATUS_CODE_ERROR`; without a status it is unset.
const STATUS_ERROR: u8 = 2;

/// `SpanKind` of the protocol.
fn kind(kind: SpanKind) -> u8 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
    }
}

fn attribute(key: &str, value: &Value) -> Json {
    match value {
        Value::Text(text) => json!({ "key": key, "value": { "stringValue": text } }),
        Value::Number(number) => json!({ "key": key, "value": { "intValue": number.to_string() } }),
    }
}
