use imgpress_gateway::{Span, SpanKind, Value};
use opentelemetry::trace::{self, SpanContext, SpanId, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use super::clock::Now;

/// A span as OpenTelemetry has it.
pub(super) fn span(span: Span, now: &Now) -> SpanData {
    let Span { context, parent, name, kind, start, end, attributes, error } = span;
    let (trace, id) =
        (TraceId::from_bytes(context.trace.to_bytes()), SpanId::from_bytes(context.span.to_bytes()));
    SpanData {
        span_context: SpanContext::new(trace, id, TraceFlags::SAMPLED, false, TraceState::NONE),
        parent_span_id: parent.map_or(SpanId::INVALID, |parent| SpanId::from_bytes(parent.to_bytes())),
        // A request's is the client's, and every other is below one of ours.
        parent_span_is_remote: parent.is_some() && kind == SpanKind::Server,
        span_kind: match kind {
            SpanKind::Server => trace::SpanKind::Server,
            SpanKind::Client => trace::SpanKind::Client,
            SpanKind::Internal => trace::SpanKind::Internal,
        },
        name,
        start_time: now.wall(start),
        end_time: now.wall(end),
        attributes: attributes.into_iter().map(attribute).collect(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: error.map_or(Status::Unset, Status::error),
        instrumentation_scope: InstrumentationScope::builder("imgpress").build(),
    }
}

fn attribute((name, value): (&'static str, Value)) -> KeyValue {
    match value {
        Value::Text(text) => KeyValue::new(name, text),
        Value::Number(number) => KeyValue::new(name, number),
    }
}
