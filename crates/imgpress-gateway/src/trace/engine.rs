use std::time::{Duration, Instant};

use imgpress_engine_api::{Engine, Failure, Job, Output, Receipt};

use super::{Begun, Span, SpanKind, begin};

/// Has an image compressed; the trace shows how long the engine had it, and what it did in that time.
pub(crate) async fn compress(engine: &dyn Engine, mut job: Job) -> Result<Output, Failure> {
    let Some(span) = begin() else { return engine.compress(job).await };
    if let Some(header) = span.context.header() {
        job.traceparent = Some(header);
    }
    let compressed = engine.compress(job).await;
    match &compressed {
        Ok(Output { receipt, .. }) => {
            stages(&span, receipt, Instant::now());
            let attributes = vec![
                ("imgpress.format_in", receipt.original.format.name().into()),
                ("imgpress.format_out", receipt.format.name().into()),
                ("imgpress.bytes_in", receipt.original.bytes.into()),
                ("imgpress.bytes_out", receipt.bytes.into()),
                ("imgpress.outcome", receipt.outcome.name().into()),
            ];
            span.end("engine", SpanKind::Client, attributes, None);
        }
        Err(failure) => {
            let code = failure.code();
            let attributes = vec![("error.type", code.as_str().into())];
            let error = code.status().is_server_error().then(|| code.as_str());
            span.end("engine", SpanKind::Client, attributes, error);
        }
    }
    compressed
}

/// The engine's stages, as its receipt has them: how long each took. They are laid end to end before the answer, because
/// when each of them began nobody says; decoding and encoding take turns.
fn stages(engine: &Begun, receipt: &Receipt, answered: Instant) {
    let timings = receipt.timings;
    let mut end = answered;
    for (name, milliseconds) in [
        ("engine.encode", timings.encode_ms),
        ("engine.decode", timings.decode_ms),
        ("engine.queue", timings.queue_ms),
    ] {
        // An engine is believed no more than fits into the time that it had.
        let took = Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default();
        let start = end.checked_sub(took).unwrap_or(engine.start).max(engine.start);
        engine.active.tracer.take(Span {
            context: engine.context.child(),
            parent: Some(engine.context.span),
            name: name.into(),
            kind: SpanKind::Internal,
            start,
            end,
            attributes: Vec::new(),
            error: None,
        });
        end = start;
    }
}
