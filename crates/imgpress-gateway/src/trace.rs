//! One trace a request: from the client's `traceparent` through the gateway and the engine's stages to the store.
//!
//! The engine has no way out, so its spans are made here, from its receipt. What becomes of spans is not decided here:
//! they go into a [`Tracer`], whose other end exports them.

mod context;
mod engine;
mod open;
mod server;
mod storage;

use std::borrow::Cow;
use std::time::Instant;

use metrics::counter;
use tokio::sync::mpsc;

pub use context::{SpanContext, SpanId, TraceId};
pub(crate) use engine::compress;
use open::begin;
pub(crate) use server::trace_request;
pub(crate) use storage::{delete, holds, open, put, put_foreign};

/// Spans that have ended and were not exported yet, at most; more are dropped and counted.
const QUEUE: usize = 4096;

/// A part of a request that has ended.
#[derive(Debug, Clone)]
pub struct Span {
    /// Which span of which trace.
    pub context: SpanContext,
    /// The span that it is a part of.
    pub parent: Option<SpanId>,
    /// What it was.
    pub name: Cow<'static, str>,
    /// Whose side of what it shows.
    pub kind: SpanKind,
    /// When it began.
    pub start: Instant,
    /// When it ended.
    pub end: Instant,
    /// What else is known of it.
    pub attributes: Vec<(&'static str, Value)>,
    /// The error code that it ended in, where that is a fault of a server.
    pub error: Option<&'static str>,
}

/// Whose side of what a span shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// A request that was answered here.
    Server,
    /// A request to somebody else.
    Client,
    /// Neither.
    Internal,
}

/// What an attribute says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(Cow<'static, str>),
    /// A number.
    Number(i64),
}

/// Takes spans, and never waits: who exports them may be slower than requests are.
#[derive(Debug, Clone)]
pub struct Tracer(mpsc::Sender<Span>);

impl Tracer {
    /// A tracer, and where its spans come out.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Span>) {
        let (spans, ended) = mpsc::channel(QUEUE);
        (Self(spans), ended)
    }

    fn take(&self, span: Span) {
        if self.0.try_send(span).is_err() {
            counter!("trace_spans_total", "outcome" => "dropped").increment(1);
        }
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number.try_into().unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests;
