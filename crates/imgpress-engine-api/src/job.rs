use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use imgpress_options::Options;

use crate::{Failure, RequestId, TraceParent};

/// One image to compress, and how.
#[derive(Debug)]
pub struct Job {
    /// How to compress it.
    pub options: Options,
    /// The image's bytes.
    pub source: Source,
    /// How long the work may take, counted from the moment the source has been read to its end.
    pub timeout: Duration,
    /// The name of the request in every log.
    pub request_id: RequestId,
    /// The trace that the request belongs to, if it came with one.
    pub traceparent: Option<TraceParent>,
}

/// An image's bytes as they arrive. A source may end in a [`Failure`]; the engine then answers that failure.
pub struct Source {
    chunks: BoxStream<'static, Result<Bytes, Failure>>,
    length: Option<u64>,
}

impl Source {
    /// A source that is still arriving. `length` is its size in bytes where the sender declared one; it is a
    /// hint and not to be believed.
    pub fn new(
        chunks: impl futures_util::Stream<Item = Result<Bytes, Failure>> + Send + 'static,
        length: Option<u64>,
    ) -> Self {
        Self { chunks: chunks.boxed(), length }
    }

    /// The size in bytes that the sender declared.
    #[must_use]
    pub fn declared_length(&self) -> Option<u64> {
        self.length
    }

    /// The bytes, chunk by chunk, in order.
    #[must_use]
    pub fn into_stream(self) -> BoxStream<'static, Result<Bytes, Failure>> {
        self.chunks
    }
}

impl From<Bytes> for Source {
    fn from(bytes: Bytes) -> Self {
        let length = Some(bytes.len() as u64);
        Self::new(stream::once(async { Ok(bytes) }), length)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("length", &self.length).finish_non_exhaustive()
    }
}
