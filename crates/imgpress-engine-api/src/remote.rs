//! An engine behind HTTP.
//!
//! The upload is passed on chunk by chunk, as fast as the engine takes it and never collected; the answer
//! comes back the same way.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::BoxStream;
use imgpress_options::Options;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Response, Url};
use tokio::time::timeout;

use crate::{Engine, ErrorCode, Failure, Job, Output, RequestId, TraceParent, wire};

mod answer;
mod upload;
mod urls;

pub use urls::{EngineUrls, EngineUrlsMalformed};

use upload::Feed;

/// An engine is a neighbour: one that has not taken a connection by then will not.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// What the network and the engine's own bookkeeping may add to the job's timeout.
const SLACK: Duration = Duration::from_secs(2);

/// How long an engine may take to say whether it is ready.
const READY_TIMEOUT: Duration = Duration::from_millis(1500);

/// Shorter than the engine keeps an idle connection, so that it is rarely the engine that closes one.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(3);

/// The HTTP client could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the client of the engine could not be set up")]
pub struct ClientError(#[from] reqwest::Error);

/// One or more engines behind HTTP, used in turn.
#[derive(Debug)]
pub struct RemoteEngine {
    client: reqwest::Client,
    urls: EngineUrls,
    /// Counts jobs; which engine is next.
    turn: AtomicUsize,
}

/// Why one engine did not answer.
enum Lost {
    /// It took no connection, and nothing of the source was read: another may still be asked.
    NotConnected(reqwest::Error),
    /// Anything else.
    Final(Failure),
}

impl RemoteEngine {
    /// A client of the engines at `urls`. Opens no connection yet.
    ///
    /// # Errors
    /// The HTTP client could not be set up.
    pub fn new(urls: EngineUrls) -> Result<Self, ClientError> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .no_proxy()
            .build()?;
        Ok(Self { client, urls, turn: AtomicUsize::new(0) })
    }

    /// Sends the job to one engine. `source` is read only once that engine has taken the connection.
    async fn attempt(
        &self,
        url: Url,
        headers: HeaderMap,
        source: &mut BoxStream<'static, Result<bytes::Bytes, Failure>>,
        patience: Duration,
    ) -> Result<Output, Lost> {
        let (body, mut feed) = upload::channel();
        let request = self.client.post(url).headers(headers).body(body);
        let answer = exchange(request.send(), &mut feed, source, patience).await?;
        let output = answer::read(answer).await.map_err(Lost::Final);
        // Until here, because an upload that is broken off takes the answer with it.
        drop(feed);
        output
    }

    async fn one_is_ready(&self, url: Url) -> Result<(), Failure> {
        let answer = self.client.get(url).timeout(READY_TIMEOUT).send().await.map_err(answer::unavailable)?;
        if answer.status().is_success() { Ok(()) } else { Err(answer::refusal(answer).await) }
    }
}

#[async_trait::async_trait]
impl Engine for RemoteEngine {
    async fn compress(&self, job: Job) -> Result<Output, Failure> {
        let Job { options, source, timeout, request_id, traceparent } = job;
        let headers = headers(&request_id, traceparent.as_ref(), timeout)?;
        let mut source = source.into_stream();
        let mut refused = None;
        for url in self.urls.in_turn(self.turn.fetch_add(1, Ordering::Relaxed)) {
            let url = compress_url(url, options);
            match self.attempt(url, headers.clone(), &mut source, timeout.saturating_add(SLACK)).await {
                Ok(output) => return Ok(output),
                Err(Lost::Final(failure)) => return Err(failure),
                Err(Lost::NotConnected(error)) => refused = Some(error),
            }
        }
        Err(refused.map_or_else(|| answer::unavailable("no engine is named"), answer::unavailable))
    }

    /// Ready when at least one of the engines is.
    async fn ready(&self) -> Result<(), Failure> {
        let asked = self.urls.in_turn(0).map(|url| self.one_is_ready(urls::endpoint(url, "/ready")));
        let mut last = Err(answer::unavailable("no engine is named"));
        for answer in join_all(asked).await {
            if answer.is_ok() {
                return Ok(());
            }
            last = answer;
        }
        last
    }
}

/// Feeds the upload and waits for the answer, which may come before the upload's end.
async fn exchange(
    send: impl Future<Output = reqwest::Result<Response>>,
    feed: &mut Feed,
    source: &mut BoxStream<'static, Result<bytes::Bytes, Failure>>,
    patience: Duration,
) -> Result<Response, Lost> {
    let mut send = pin!(send);
    tokio::select! {
        biased;
        answer = &mut send => return answer.map_err(|error| lost(error, feed)),
        fed = feed.pump(source, patience) => fed.map_err(Lost::Final)?,
    }
    match timeout(patience, send).await {
        Ok(answer) => answer.map_err(|error| lost(error, feed)),
        Err(_) => Err(Lost::Final(too_late())),
    }
}

fn lost(error: reqwest::Error, feed: &Feed) -> Lost {
    if error.is_connect() && !feed.has_begun() {
        return Lost::NotConnected(error);
    }
    Lost::Final(answer::unavailable(error))
}

/// The engine kept neither the job's deadline nor its own.
fn too_late() -> Failure {
    Failure::new(ErrorCode::DeadlineExceeded, "The image took too long to compress; send a smaller one.")
        .caused_by("the engine did not answer in time")
}

fn headers(id: &RequestId, trace: Option<&TraceParent>, timeout: Duration) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(wire::REQUEST_ID, id.as_str().try_into().map_err(Failure::internal)?);
    if let Some(trace) = trace {
        headers.insert(wire::TRACEPARENT, trace.as_str().try_into().map_err(Failure::internal)?);
    }
    let milliseconds = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
    headers.insert(wire::TIMEOUT_MS, milliseconds.into());
    Ok(headers)
}

/// The options as a query. Every field is named, so that a new one cannot be left behind.
fn compress_url(base: &Url, options: Options) -> Url {
    let asks_quality = options.asks_quality();
    let Options {
        quality,
        quality_given: _,
        effort,
        format,
        lossless,
        avif,
        jxl,
        background,
        width,
        height,
        fit,
        max_bytes,
        color,
        metadata,
    } = options;
    let mut url = urls::endpoint(base, wire::COMPRESS_PATH);
    let mut query = url.query_pairs_mut();
    query
        .append_pair("effort", effort.name())
        .append_pair("format", format.name())
        .append_pair("lossless", lossless.name())
        .append_pair("avif", if avif { "true" } else { "false" })
        .append_pair("jxl", if jxl { "true" } else { "false" })
        .append_pair("background", &background.to_string())
        .append_pair("fit", fit.name())
        .append_pair("color", color.name())
        .append_pair("metadata", &metadata.to_string());
    if asks_quality {
        query.append_pair("quality", &quality.to_string());
    }
    for (name, side) in [("width", width), ("height", height)] {
        if let Some(side) = side {
            query.append_pair(name, &side.get().to_string());
        }
    }
    if let Some(size) = max_bytes {
        query.append_pair("max_bytes", &size.to_string());
    }
    drop(query);
    url
}

#[cfg(test)]
mod tests;
