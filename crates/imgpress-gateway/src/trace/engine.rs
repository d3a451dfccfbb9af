use std::time::{Duration, Instant};

use imgpress_engine_api::{Engine, Failure, Job, Output, Receipt};

use super::open::Open;
use super::{SpanKind, begin};

/// Has an image compressed; the trace shows how long the engine had it, and what it did in that time.
pub(crate) async fn compress(engine: &dyn Engine, mut job: Job) -> Result<Output, Failure> {
    let Some(mut span) = begin("engine", SpanKind::Client) else { return engine.compress(job).await };
    if let Some(header) = span.context().header() {
        job.traceparent = Some(header);
    }
    let compressed = engine.compress(job).await;
    if let Ok(Output { receipt, .. }) = &compressed {
        stages(&span, receipt, Instant::now());
        span.note("imgpress.format_in", receipt.original.format.name());
        span.note("imgpress.format_out", receipt.format.name());
        span.note("imgpress.bytes_in", receipt.original.bytes);
        span.note("imgpress.bytes_out", receipt.bytes);
        span.note("imgpress.outcome", receipt.outcome.name());
    }
    span.end_in(compressed.as_ref().err());
    compressed
}

/// The engine's stages, as its receipt has them: how long each took. They are laid end to end before the answer, because
/// when each of them began nobody says; decoding and encoding take turns.
fn stages(engine: &Open, receipt: &Receipt, answered: Instant) {
    let timings = receipt.timings;
    let mut end = answered;
    for (name, milliseconds) in [
        ("engine.encode", timings.encode_ms),
        ("engine.decode", timings.decode_ms),
        ("engine.queue", timings.queue_ms),
    ] {
        // An engine is believed no more than fits into the time that it had.
        let took = Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default();
        let start = end.checked_sub(took).unwrap_or(engine.start()).max(engine.start());
        engine.part(name, start, end);
        end = start;
    }
}
