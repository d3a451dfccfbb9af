use std::time::Duration;

use axum::http::header;
use axum::response::IntoResponse;
use metrics::{describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// From a small icon to a request that nears its deadline.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];

/// Output bytes over input bytes.
const RATIO: [f64; 11] = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

/// How often samples are folded into their buckets when nobody scrapes; without it they would pile up.
const UPKEEP: Duration = Duration::from_secs(5);

/// The process's metrics, ready to be shown as Prometheus text.
#[derive(Clone)]
pub struct Exposition(PrometheusHandle);

impl Exposition {
    /// Makes this process record metrics. Once a process.
    ///
    /// # Errors
    /// Something else records already.
    pub fn install(version: &'static str) -> Result<Self, BuildError> {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?
            .set_buckets_for_metric(Matcher::Full("compression_ratio".into()), &RATIO)?
            .install_recorder()?;
        describe_counter!("http_requests_total", "Requests answered, by route and status.");
        describe_histogram!("http_requests_duration_seconds", "Time from request to answer, by route.");
        describe_counter!("processed_bytes_total", "Image bytes of successful requests, in and out.");
        describe_gauge!("http_connections_open", "Connections now.");
        describe_counter!("http_connections_refused_total", "Connections that were one too many.");
        gauge!("build_info", "version" => version).set(1.0);
        Ok(Self(handle))
    }

    /// Keeps memory flat while nobody scrapes. Never ends; meant for a task of its own.
    pub async fn keep_up(self) {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            self.0.run_upkeep();
        }
    }

    /// `GET /metrics`.
    pub async fn show(self) -> impl IntoResponse {
        ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], self.0.render())
    }
}
