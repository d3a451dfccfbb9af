use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::USER_AGENT;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use imgpress_storage::{BaseUrl, tls_client, trusted_certificates};
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use rustls::RootCertStore;
use tokio::time::timeout;

/// How long a collector may take for a batch.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How long a connection is kept for the next batch.
const IDLE: Duration = Duration::from_secs(30);

/// The most that is read of an answer, in bytes. The real ones have a few, or say what is wrong.
const LONGEST: usize = 16 * 1024;

const NAME: &str = concat!("imgpress/", env!("CARGO_PKG_VERSION"));

/// Carries batches to whoever collects them. It follows no redirect, and knows no proxy from the environment.
#[derive(Debug)]
pub(super) struct Collector {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// What went wrong with the last batch: the exporter keeps that to itself.
    fault: Mutex<Option<String>>,
}

impl Collector {
    pub(super) fn new(endpoint: &BaseUrl) -> anyhow::Result<Self> {
        let mut tcp = HttpConnector::new();
        tcp.set_connect_timeout(Some(PATIENCE));
        tcp.enforce_http(false);
        // For plain HTTP nobody has to be trusted.
        let is_https = endpoint.as_str().starts_with("https:");
        let roots = if is_https { trusted_certificates() } else { RootCertStore::empty() };
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls_client(roots)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let http = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(1)
            .build(connector);
        Ok(Self { http, fault: Mutex::default() })
    }

    async fn send(&self, mut request: Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
        request.headers_mut().insert(USER_AGENT, NAME.try_into()?);
        let answered = async {
            let (head, body) = self.http.request(request.map(Full::new)).await?.into_parts();
            let body = Limited::new(body, LONGEST).collect().await.map_err(anyhow::Error::from_boxed)?;
            anyhow::Ok(Response::from_parts(head, body.to_bytes()))
        };
        timeout(PATIENCE, answered).await.context("the collector took too long")?
    }

    /// What went wrong with the last batch, if that reached the network.
    pub(super) fn take_fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.send(request).await;
        let fault = match &sent {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("the collector answered {}", answer.status())),
            Err(error) => Some(format!("{error:#}")),
        };
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
        Ok(sent?)
    }
}
