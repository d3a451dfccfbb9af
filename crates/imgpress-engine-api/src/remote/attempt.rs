//! One request, and how it fares with one engine.

use std::pin::pin;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Response};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use imgpress_options::Options;
use tokio::time::{Instant, timeout_at};

use super::endpoint::Place;
use super::replay::{ReplayMemory, Upload, after};
use super::upload::{self, Feed, Unfed};
use super::{answer, query, too_late};
use crate::{ErrorCode, Failure, Output, Receipt, RequestId, TraceParent, wire};

/// What the network and the engine's own bookkeeping may add to the job's timeout.
const SLACK: Duration = Duration::from_secs(2);

/// What is asked, whichever engine is asked.
pub(super) struct Request {
    /// Path and query.
    target: String,
    headers: HeaderMap,
    /// How long the work may take once the upload has ended.
    timeout: Duration,
}

/// Why one engine gave no output.
pub(super) enum Lost {
    /// The request itself has failed; of the engine that says nothing.
    Here(Failure),
    /// The engine said what is wrong, and another would say the same.
    Answered(Failure),
    /// The engine took no connection.
    Unreachable(Failure),
    /// It lives and takes no work.
    Refused(Failure),
    /// It was lost with the request, or with its answer.
    Gone(Failure),
    /// It let all the time pass that there was.
    Late(Failure),
}

impl Request {
    pub(super) fn new(
        options: Options,
        timeout: Duration,
        id: &RequestId,
        trace: Option<&TraceParent>,
    ) -> Result<Self, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        headers.insert(wire::REQUEST_ID, id.as_str().try_into().map_err(Failure::internal)?);
        if let Some(trace) = trace {
            headers.insert(wire::TRACEPARENT, trace.as_str().try_into().map_err(Failure::internal)?);
        }
        Ok(Self { target: format!("{}?{}", wire::COMPRESS_PATH, query::of(options)), headers, timeout })
    }

    /// Whether the time is over that the work may take.
    pub(super) fn is_late(&self, upload: &Upload) -> bool {
        upload.deadline(self.timeout).is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Sends it to an engine. The upload is read only once the engine has taken the connection.
    ///
    /// While the upload could be sent once more, so could the request: then its output is taken in before it is given out,
    /// so that an engine that dies in the midst of it costs nothing either.
    pub(super) async fn send(
        &self,
        place: Place,
        upload: &mut Upload,
        memory: &ReplayMemory,
    ) -> Result<Output, Lost> {
        let (body, mut feed) = upload::channel();
        let headers = self.headers_now(upload);
        let sent = place.engine().send(Method::POST, &self.target, headers, body).map_err(Lost::Here)?;
        let answer = self.exchange(sent, &mut feed, upload).await?;
        let (receipt, body) = answer::read(answer).await.map_err(told)?;
        // Until here, because an upload that is broken off takes the answer with it.
        drop(feed);
        let mut reserved = memory.reserve();
        if !upload.is_kept() || !reserved.grow(receipt.bytes) {
            return Ok(Output::streamed(receipt, watched(body, place)));
        }
        let chunks = timeout_at(self.limit(upload), answer::chunks(body).try_collect::<Vec<_>>()).await;
        let chunks = chunks.map_err(|_| Lost::Late(too_late()))?.map_err(Lost::Gone)?;
        place.engine().worked();
        Ok(held(receipt, chunks, reserved))
    }

    /// Feeds the upload and waits for the answer, which may come before the upload's end.
    async fn exchange(
        &self,
        send: legacy::ResponseFuture,
        feed: &mut Feed,
        upload: &mut Upload,
    ) -> Result<Response<Incoming>, Lost> {
        let mut send = pin!(send);
        tokio::select! {
            biased;
            answer = &mut send => return answer.map_err(lost),
            fed = feed.pump(upload, self.patience()) => match fed {
                Ok(()) => {}
                Err(Unfed::Source(failure)) => return Err(Lost::Here(failure)),
                Err(Unfed::Stalled(failure)) => return Err(Lost::Late(failure)),
            },
        }
        match timeout_at(self.limit(upload), send).await {
            Ok(answer) => answer.map_err(lost),
            Err(_) => Err(Lost::Late(too_late())),
        }
    }

    fn patience(&self) -> Duration {
        self.timeout.saturating_add(SLACK)
    }

    /// Until when an answer is waited for.
    fn limit(&self, upload: &Upload) -> Instant {
        let patience = self.patience();
        upload.deadline(patience).unwrap_or_else(|| after(Instant::now(), patience))
    }

    /// An engine that comes late into a request has what time is left.
    fn headers_now(&self, upload: &Upload) -> HeaderMap {
        let left = upload.deadline(self.timeout).map(|deadline| deadline - Instant::now());
        let left = u64::try_from(left.unwrap_or(self.timeout).as_millis()).unwrap_or(u64::MAX);
        let mut headers = self.headers.clone();
        headers.insert(wire::TIMEOUT_MS, left.into());
        headers
    }
}

/// What an engine's answer says of the engine.
fn told(failure: Failure) -> Lost {
    match failure.code() {
        ErrorCode::Overloaded | ErrorCode::Draining => Lost::Refused(failure),
        ErrorCode::EngineUnavailable => Lost::Gone(failure),
        _ => Lost::Answered(failure),
    }
}

fn lost(error: legacy::Error) -> Lost {
    if error.is_connect() {
        Lost::Unreachable(answer::unavailable(error))
    } else {
        Lost::Gone(answer::unavailable(error))
    }
}

/// An answer's body as it comes; how it ends is said of the engine.
fn watched(
    body: Incoming,
    place: Place,
) -> impl Stream<Item = Result<bytes::Bytes, Failure>> + Send + 'static {
    let chunks = answer::chunks(body).boxed();
    stream::try_unfold((chunks, place), |(mut chunks, place)| async move {
        match chunks.try_next().await {
            Ok(Some(chunk)) => Ok(Some((chunk, (chunks, place)))),
            Ok(None) => {
                place.engine().worked();
                Ok(None)
            }
            Err(failure) => {
                place.engine().failed(&failure);
                Err(failure)
            }
        }
    })
}

/// An output that is here as a whole, and takes its memory for as long as it is.
fn held(receipt: Receipt, chunks: Vec<bytes::Bytes>, reserved: super::replay::Reservation) -> Output {
    Output::streamed(
        receipt,
        stream::iter(chunks).map(move |chunk| {
            let _held = &reserved;
            Ok(chunk)
        }),
    )
}
