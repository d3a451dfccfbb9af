use std::fmt;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};

use crate::{Failure, Receipt};

/// A compressed image and what is to be said of it.
pub struct Output {
    /// What was done. Its `bytes` is the length of the body.
    pub receipt: Receipt,
    chunks: BoxStream<'static, Result<Bytes, Failure>>,
}

impl Output {
    /// An output whose bytes are still arriving; together they are `receipt.bytes` long.
    pub fn streamed(
        receipt: Receipt,
        chunks: impl futures_util::Stream<Item = Result<Bytes, Failure>> + Send + 'static,
    ) -> Self {
        Self { receipt, chunks: chunks.boxed() }
    }

    /// An output that is in memory already.
    #[must_use]
    pub fn in_memory(receipt: Receipt, bytes: Bytes) -> Self {
        Self::streamed(receipt, stream::once(async { Ok(bytes) }))
    }

    /// The image's bytes, chunk by chunk, in order.
    #[must_use]
    pub fn into_stream(self) -> BoxStream<'static, Result<Bytes, Failure>> {
        self.chunks
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("receipt", &self.receipt).finish_non_exhaustive()
    }
}
