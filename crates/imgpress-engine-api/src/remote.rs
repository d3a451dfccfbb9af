//! Engines behind HTTP.
//!
//! A job goes to the less loaded of two random engines. Its upload is passed on chunk by chunk, as fast as the engine
//! takes it. A job that an engine refuses, or that is lost with its engine, goes on to another one while what was read of
//! its upload is still here.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use rustls::RootCertStore;
use tokio::task::AbortHandle;

use crate::{Engine, ErrorCode, Failure, Job, Output};

mod answer;
mod attempt;
mod choice;
mod connection;
mod ejection;
mod endpoint;
mod journey;
mod metrics;
mod pool;
mod query;
mod replay;
mod resolve;
mod upload;
mod urls;

pub use urls::{EngineUrls, EngineUrlsMalformed};

use attempt::Request;
use choice::choose;
use journey::Journey;
use pool::Pool;
use replay::{ReplayMemory, Upload};
use resolve::{Lookup, Names};

/// Where the engines are, and what they may cost.
#[derive(Debug, Clone)]
pub struct RemoteConfig {
    /// The engines' URLs.
    pub urls: EngineUrls,
    /// Who vouches for engines at `https`; nobody by default.
    pub roots: RootCertStore,
    /// Requests in flight to one engine. More are refused as overload: none waits here.
    pub most_in_flight: NonZeroUsize,
    /// The most that is kept of one upload, and of one answer, in bytes, in case that its engine dies.
    pub replay_bytes: u64,
    /// The most that is kept of all of them.
    pub replay_memory: u64,
    /// How often names are looked up.
    pub resolve_interval: Duration,
}

/// The HTTP client could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the client of the engine could not be set up")]
pub struct ClientError(#[from] rustls::Error);

/// One or more engines behind HTTP.
pub struct RemoteEngine {
    pool: Arc<Pool>,
    most_in_flight: usize,
    memory: ReplayMemory,
    /// Who looks names up, where there are any.
    resolver: Option<AbortHandle>,
}

impl RemoteConfig {
    /// Engines at these URLs, and the default of everything else.
    #[must_use]
    pub fn new(urls: EngineUrls) -> Self {
        Self {
            urls,
            roots: RootCertStore::empty(),
            most_in_flight: const { NonZeroUsize::new(1024).unwrap() },
            replay_bytes: 8 << 20,
            replay_memory: 64 << 20,
            resolve_interval: Duration::from_secs(10),
        }
    }
}

impl RemoteEngine {
    /// A client of these engines. Opens no connection yet, but begins to look names up: within a Tokio runtime.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn new(config: RemoteConfig) -> Result<Self, ClientError> {
        Self::with_lookup(config, resolve::system())
    }

    fn with_lookup(config: RemoteConfig, lookup: Lookup) -> Result<Self, ClientError> {
        metrics::describe();
        let pool = Arc::new(Pool::new(connection::tls(config.roots)?));
        let names = Names::new(&config.urls, lookup);
        let resolver = if names.all_fixed() {
            pool.set(names.addresses());
            None
        } else {
            let keeping = resolve::keep_up(names, Arc::downgrade(&pool), config.resolve_interval);
            Some(tokio::spawn(keeping).abort_handle())
        };
        let memory = ReplayMemory::new(config.replay_bytes, config.replay_memory);
        Ok(Self { pool, most_in_flight: config.most_in_flight.get(), memory, resolver })
    }
}

impl Drop for RemoteEngine {
    fn drop(&mut self) {
        if let Some(resolver) = &self.resolver {
            resolver.abort();
        }
    }
}

#[async_trait::async_trait]
impl Engine for RemoteEngine {
    async fn compress(&self, job: Job) -> Result<Output, Failure> {
        let Job { options, source, timeout, request_id, traceparent } = job;
        let request = Request::new(options, timeout, &request_id, traceparent.as_ref())?;
        let mut upload = Upload::new(source.into_stream(), &self.memory);
        let mut journey = Journey::begin(timeout);
        loop {
            let engines = self.pool.engines().await;
            let place = match choose(&engines, journey.visited(), self.most_in_flight) {
                Ok(place) => place,
                Err(why) => return Err(journey.end(why)),
            };
            journey.go_on();
            let engine = Arc::clone(place.engine());
            match request.send(place, &mut upload, &self.memory).await {
                Ok(output) => return Ok(output),
                Err(lost) => journey.lost(lost, &engine, &request, &mut upload)?,
            }
        }
    }

    /// Ready when at least one of the engines is.
    async fn ready(&self) -> Result<(), Failure> {
        let engines = self.pool.engines().await;
        let mut asked: FuturesUnordered<_> = engines.iter().map(|engine| engine.ask_ready()).collect();
        let mut last = Err(answer::unavailable("no engine is known"));
        while let Some(answer) = asked.next().await {
            if answer.is_ok() {
                return Ok(());
            }
            last = answer;
        }
        last
    }
}

/// The engine kept neither the job's deadline nor its own.
fn too_late() -> Failure {
    Failure::new(ErrorCode::DeadlineExceeded, "The image took too long to compress; send a smaller one.")
        .caused_by("the engine did not answer in time")
}

#[cfg(test)]
mod tests;
