use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use imgpress_engine_api::{Failure, Outcome, Receipt};
use metrics::{counter, histogram};

/// Which of the two services counts and logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The public API.
    Gateway,
    /// The compressor.
    Engine,
}

/// What a successful answer did to an image. A handler leaves it in the answer's extensions; it becomes the
/// processed-bytes counter and a part of the log line.
#[derive(Debug, Clone, Copy)]
pub struct ImageBytes {
    /// The input image's size in bytes, without any framing.
    pub received: u64,
    /// The output image's size in bytes.
    pub sent: u64,
    /// Whether the output was made anew.
    pub outcome: Outcome,
}

impl From<&Receipt> for ImageBytes {
    fn from(receipt: &Receipt) -> Self {
        Self { received: receipt.original.bytes, sent: receipt.bytes, outcome: receipt.outcome }
    }
}

impl Service {
    /// The name used in metric labels and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Engine => "engine",
        }
    }
}

/// Counts and logs one request. Unknown routes are not counted: a label must not be a stranger's choice.
pub(crate) async fn record(State(service): State<Service>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = method_label(request.method());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let response = next.run(request).await;
    let seconds = started.elapsed().as_secs_f64();
    if let Some(route) = &route {
        count(service, method, route, &response, seconds);
    }
    log(method, route.as_deref().unwrap_or("-"), &response, seconds);
    response
}

fn count(service: Service, method: &'static str, route: &str, response: &Response, seconds: f64) {
    let (service, route) = (service.name(), route.to_owned());
    let status = response.status().as_str().to_owned();
    histogram!("http_requests_duration_seconds", "service" => service, "method" => method, "route" => route.clone())
        .record(seconds);
    counter!("http_requests_total", "service" => service, "method" => method, "route" => route, "status" => status)
        .increment(1);
    if let Some(image) = response.extensions().get::<ImageBytes>() {
        counter!("processed_bytes_total", "service" => service, "direction" => "in")
            .increment(image.received);
        counter!("processed_bytes_total", "service" => service, "direction" => "out").increment(image.sent);
    }
}

fn log(method: &'static str, route: &str, response: &Response, seconds: f64) {
    let status = response.status().as_u16();
    let image = response.extensions().get::<ImageBytes>();
    let failure = response.extensions().get::<Failure>();
    let bytes_in = image.map(|image| image.received);
    let bytes_out = image.map(|image| image.sent);
    let outcome = failure
        .map(|failure| failure.code().as_str())
        .or_else(|| image.map(|image| image.outcome.name()))
        .unwrap_or("ok");
    let ms = (seconds * 10_000.0).round() / 10.0;
    // Probes come every few seconds for ever; a success of theirs is no news.
    if matches!(route, "/health" | "/ready" | "/metrics") && failure.is_none() {
        tracing::debug!(method, route, status, outcome, ms, "request");
    } else {
        tracing::info!(method, route, status, bytes_in, bytes_out, outcome, ms, "request");
    }
}

/// The method as a label. Methods are a stranger's choice, so all but the usual ones share a name.
fn method_label(method: &Method) -> &'static str {
    const USUAL: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    USUAL.into_iter().find(|usual| *usual == method.as_str()).unwrap_or("OTHER")
}
