//! Sends spans to whoever collects them: OTLP over HTTP, in protobuf, by OpenTelemetry's own crates (ADR 12). The queue is
//! the gateway's, batches and connections are made here.

mod clock;
mod collector;
mod convert;

use std::sync::Arc;
use std::time::Duration;

use imgpress_gateway::{Span, Tracer};
use metrics::{counter, describe_counter};
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter as _;
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use self::clock::Now;
use self::collector::{Collector, PATIENCE};
use crate::settings::TraceSettings;

/// The most spans that are sent at once.
const BATCH: usize = 512;

/// How long spans wait for others to be sent with.
const LINGER: Duration = Duration::from_secs(1);

/// How long the end of the process waits for the last spans.
const LAST_PATIENCE: Duration = Duration::from_secs(2);

/// Exports spans until the last [`Tracer`] is gone.
pub(crate) struct Exporter(JoinHandle<()>);

/// Begins to export spans, if somebody collects them. Counts them, so metrics must be recorded already.
pub(crate) fn start(settings: &TraceSettings) -> anyhow::Result<Option<(Tracer, Exporter)>> {
    let Some(endpoint) = &settings.otel_exporter_otlp_endpoint else { return Ok(None) };
    let collector = Arc::new(Collector::new(endpoint)?);
    let mut exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(PATIENCE)
        // A batch has one try: the next one is a second away, and the queue is short.
        .with_retry_policy(RetryPolicy::disabled())
        .with_shared_http_client(Arc::clone(&collector) as _)
        .build()?;
    let service = Resource::builder_empty()
        .with_service_name(settings.otel_service_name.clone())
        .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    exporter.set_resource(&service.build());
    describe_counter!("trace_spans_total", "Spans, by what became of them.");
    for outcome in ["sent", "lost", "dropped"] {
        counter!("trace_spans_total", "outcome" => outcome).increment(0);
    }
    let (tracer, ended) = Tracer::new();
    Ok(Some((tracer, Exporter(tokio::spawn(export(exporter, collector, ended))))))
}

impl Exporter {
    /// Waits, but not for long, until everything was sent. Every [`Tracer`] has to be gone.
    pub(crate) async fn finish(mut self) {
        if timeout(LAST_PATIENCE, &mut self.0).await.is_err() {
            self.0.abort();
            tracing::warn!("the last traces were not sent in time");
        }
    }
}

async fn export(exporter: SpanExporter, collector: Arc<Collector>, mut ended: Receiver<Span>) {
    let mut away = false;
    let mut batch = Vec::with_capacity(BATCH);
    while ended.recv_many(&mut batch, BATCH).await > 0 {
        let gathered = async {
            let mut room = BATCH - batch.len();
            while room > 0 {
                match ended.recv_many(&mut batch, room).await {
                    0 => break,
                    more => room -= more,
                }
            }
        };
        tokio::select! {
            () = gathered => {}
            () = sleep(LINGER) => {}
        }
        let (count, now) = (batch.len() as u64, Now::read());
        let spans = batch.drain(..).map(|span| convert::span(span, &now)).collect();
        let exported = exporter.export(spans).await;
        let outcome = if exported.is_ok() { "sent" } else { "lost" };
        counter!("trace_spans_total", "outcome" => outcome).increment(count);
        // Lost batches are said once, and once more when it is over.
        match exported {
            Err(error) if !away => {
                let error = collector.take_fault().unwrap_or_else(|| error.to_string());
                tracing::warn!(error, "traces are not collected");
                away = true;
            }
            Ok(()) if away => {
                tracing::info!("traces are collected again");
                away = false;
            }
            _ => {}
        }
    }
}
