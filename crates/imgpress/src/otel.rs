//! Sends spans to whoever collects them: OTLP over HTTP, as JSON (OpenTelemetry Protocol 1.0, section OTLP/HTTP). Its
//! JSON is a page of code; the libraries for it bring tonic and prost, of which nothing else here has need.

mod json;

use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use imgpress_gateway::{Span, Tracer};
use imgpress_storage::{tls_client, trusted_certificates};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::settings::TraceSettings;

/// The most spans that are sent at once.
const BATCH: usize = 512;

/// How long spans wait for others to be sent with.
const LINGER: Duration = Duration::from_secs(1);

/// How long a collector may take; it has one try.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the end of the process waits for the last spans.
const LAST_PATIENCE: Duration = Duration::from_secs(2);

/// Exports spans until the last [`Tracer`] is gone.
pub(crate) struct Exporter(JoinHandle<()>);

/// Where spans go.
struct Collector {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: Uri,
    service: String,
    /// Whether the last batch was lost: that is said once.
    away: bool,
}

/// Begins to export spans, if somebody collects them.
pub(crate) fn start(settings: &TraceSettings) -> anyhow::Result<Option<(Tracer, Exporter)>> {
    let Some(endpoint) = &settings.otel_exporter_otlp_endpoint else { return Ok(None) };
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(PATIENCE));
    let tls = HttpsConnectorBuilder::new().with_tls_config(tls_client(trusted_certificates())?);
    let collector = Collector {
        client: Client::builder(TokioExecutor::new())
            .build(tls.https_or_http().enable_http1().wrap_connector(tcp)),
        url: format!("{endpoint}/v1/traces").parse().context("OTEL_EXPORTER_OTLP_ENDPOINT")?,
        service: settings.otel_service_name.clone(),
        away: false,
    };
    let (tracer, ended) = Tracer::new();
    Ok(Some((tracer, Exporter(tokio::spawn(collector.export(ended))))))
}

impl Exporter {
    /// Waits, but not for long, until everything was sent.
    pub(crate) async fn finish(self) {
        if timeout(LAST_PATIENCE, self.0).await.is_err() {
            tracing::warn!("the last spans were not sent in time");
        }
    }
}

impl Collector {
    async fn export(mut self, mut ended: Receiver<Span>) {
        let mut batch = Vec::new();
        while ended.recv_many(&mut batch, BATCH).await > 0 {
            let gathered = async {
                while batch.len() < BATCH && ended.recv_many(&mut batch, BATCH - batch.len()).await > 0 {}
            };
            tokio::select! {
                () = gathered => {}
                () = sleep(LINGER) => {}
            }
            self.send(&batch).await;
            batch.clear();
        }
    }

    async fn send(&mut self, batch: &[Span]) {
        let sent = match timeout(PATIENCE, self.post(batch)).await {
            Ok(sent) => sent,
            Err(late) => Err(late.into()),
        };
        if let Err(error) = &sent
            && !self.away
        {
            tracing::warn!(error = format!("{error:#}"), "traces are not collected");
        }
        self.away = sent.is_err();
    }

    async fn post(&self, batch: &[Span]) -> anyhow::Result<()> {
        let now = Now { instant: Instant::now(), wall: SystemTime::now() };
        let body = json::request(&self.service, batch, |instant| now.wall(instant));
        let request = Request::post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(serde_json::to_vec(&body)?)))?;
        let answer = self.client.request(request).await?;
        let status = answer.status();
        // Read to its end, so that the connection can be used again; it is short, and its time is bounded.
        let mut body = answer.into_body();
        while let Some(frame) = body.frame().await {
            frame?;
        }
        anyhow::ensure!(status == StatusCode::OK, "the collector answered {status}");
        Ok(())
    }
}

/// One moment by both clocks: spans are measured by the one that never jumps, and told by the time of day.
struct Now {
    instant: Instant,
    wall: SystemTime,
}

impl Now {
    /// The time of day of a moment in the past, in nanoseconds since 1970.
    fn wall(&self, instant: Instant) -> u128 {
        let then = self.wall.checked_sub(self.instant.saturating_duration_since(instant));
        let since = then.and_then(|then| then.duration_since(SystemTime::UNIX_EPOCH).ok());
        since.unwrap_or_default().as_nanos()
    }
}
