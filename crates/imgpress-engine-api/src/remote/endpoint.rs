//! One engine: an address, the connections to it, and how it fares.

use std::error::Error;
use std::fmt;
use std::iter::successors;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use http::uri::{InvalidUri, PathAndQuery};
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use rustls::ClientConfig;
use tokio::time::{Instant, timeout};

use super::answer;
use super::connection::{self, Body, Client};
use super::ejection::{self, Health, Standing};
use super::metrics::Counts;
use super::urls::EngineUrl;
use crate::{ErrorCode, Failure};

/// How long an engine may take to say whether it is ready.
const READY_TIMEOUT: Duration = Duration::from_millis(1500);

/// An engine at an address.
pub(super) struct Endpoint {
    /// Its number in metrics and logs.
    number: usize,
    url: EngineUrl,
    address: SocketAddr,
    client: Client,
    in_flight: AtomicUsize,
    health: Health,
    counts: Counts,
    /// Itself, for who watches its health.
    this: Weak<Self>,
}

/// A place among the requests in flight to an engine; given back when dropped.
pub(super) struct Place(Arc<Endpoint>);

impl Endpoint {
    pub(super) fn new(number: usize, url: EngineUrl, address: SocketAddr, tls: &ClientConfig) -> Arc<Self> {
        let counts = Counts::of(number);
        counts.found();
        Arc::new_cyclic(|this| Self {
            number,
            url,
            address,
            client: connection::client(address, tls),
            in_flight: AtomicUsize::new(0),
            health: Health::default(),
            counts,
            this: this.clone(),
        })
    }

    pub(super) fn number(&self) -> usize {
        self.number
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it is what this URL and address stand for.
    pub(super) fn is_at(&self, url: &EngineUrl, address: SocketAddr) -> bool {
        self.address == address && self.url == *url
    }

    /// Requests that it has of us.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(super) fn standing(&self, now: Instant) -> Standing {
        self.health.standing(now)
    }

    pub(super) fn health(&self) -> &Health {
        &self.health
    }

    /// A place for a request, unless it has `most` already.
    pub(super) fn take_place(self: &Arc<Self>, most: usize) -> Option<Place> {
        let one_more = |count: usize| (count < most).then_some(count + 1);
        self.in_flight.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
        self.counts.in_flight.increment(1.0);
        Some(Place(Arc::clone(self)))
    }

    /// Sends a request; `target` is its path below the base URL, and its query.
    pub(super) fn send(
        &self,
        method: Method,
        target: &str,
        headers: HeaderMap,
        body: Body,
    ) -> Result<legacy::ResponseFuture, Failure> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = self.uri(target).map_err(Failure::internal)?;
        *request.headers_mut() = headers;
        Ok(self.client.request(request))
    }

    /// Asks whether it would take work.
    pub(super) async fn ask_ready(&self) -> Result<(), Failure> {
        let body = Body::new(Empty::new().map_err(|never| match never {}));
        let asked = self.send(Method::GET, "/ready", HeaderMap::new(), body)?;
        match timeout(READY_TIMEOUT, asked).await {
            Ok(Ok(answer)) => ready(answer).await,
            Ok(Err(error)) => Err(answer::unavailable(error)),
            Err(_) => Err(answer::unavailable("the engine does not say whether it is ready")),
        }
    }

    /// Asks an ejected engine for its health; one that has some gets work again.
    pub(super) async fn check(&self) {
        match self.ask_ready().await {
            Ok(()) => self.back(self.health.is_ready()),
            Err(_) => self.health.fails_still(),
        }
    }

    /// It has said what is wrong with a request; that it cannot, or in words that no engine has, speaks against itself.
    pub(super) fn answered(&self, failure: &Failure) {
        match failure.code() {
            ErrorCode::EngineFailed | ErrorCode::Internal => self.counts.failed.increment(1),
            _ => self.worked(),
        }
    }

    /// It has done what was asked of it.
    pub(super) fn worked(&self) {
        self.counts.answered.increment(1);
        self.back(self.health.worked());
    }

    /// It refuses work: as too much for the moment, or because it is on its way out.
    pub(super) fn refused(&self, why: &Failure) {
        self.counts.refused.increment(1);
        if why.code() == ErrorCode::Draining { self.eject(why) } else { self.health.is_busy() }
    }

    /// It cannot work at the moment: it gets nothing more until it says that it can.
    pub(super) fn failed(&self, why: &Failure) {
        self.counts.failed.increment(1);
        self.eject(why);
    }

    fn eject(&self, why: &Failure) {
        if !self.health.failed() {
            return;
        }
        self.counts.ejected();
        let (engine, address) = (self.number, self.address);
        tracing::warn!(engine, %address, cause = causes(why), "engine ejected");
        if self.health.begin_watch() {
            tokio::spawn(ejection::watch(self.this.clone()));
        }
    }

    fn back(&self, was_ejected: bool) {
        if was_ejected {
            self.counts.back();
            tracing::info!(engine = self.number, address = %self.address, "engine is back");
        }
    }

    fn uri(&self, target: &str) -> Result<Uri, http::Error> {
        let target: PathAndQuery = self.url.path(target).parse().map_err(|error: InvalidUri| error)?;
        Uri::builder()
            .scheme(self.url.scheme())
            .authority(self.url.authority())
            .path_and_query(target)
            .build()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.counts.gone(self.standing(Instant::now()) == Standing::Ejected);
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("number", &self.number)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Place {
    pub(super) fn engine(&self) -> &Arc<Endpoint> {
        &self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.0.counts.in_flight.decrement(1.0);
    }
}

/// What lies behind a failure, from the last to the first; its own words where there is nothing.
fn causes(failure: &Failure) -> String {
    let behind = successors(failure.source(), |cause| (*cause).source()).map(ToString::to_string);
    let behind: Vec<String> = behind.collect();
    if behind.is_empty() { failure.message().to_owned() } else { behind.join(": ") }
}

async fn ready(answer: Response<Incoming>) -> Result<(), Failure> {
    if answer.status().is_success() { Ok(()) } else { Err(answer::refusal(answer).await) }
}
