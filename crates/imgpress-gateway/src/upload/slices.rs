use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::{BoxStream, StreamExt};
use imgpress_engine_api::Failure;

use super::malformed;

/// The parser takes all it can get at once and looks at it afterwards: so it gets this much at a time.
const SLICE: usize = 16 << 10;

/// How much may arrive before the headers of a part are complete: the headers themselves, and what the slices
/// hold that the parser takes while it finds its way there, one each time it is asked.
const HEADER_BYTES: u64 = (16 << 10) + 4 * SLICE as u64;

/// How many more bytes the parser may be given. The parser bounds how many headers a part has, but not how
/// long they are; this does.
#[derive(Clone, Default)]
pub(super) struct Allowance(Arc<AtomicU64>);

impl Allowance {
    /// Part headers come next.
    pub(super) fn for_headers(&self) {
        self.0.store(HEADER_BYTES, Ordering::Relaxed);
    }

    /// A part's content comes next; it is counted where it is read.
    pub(super) fn unlimited(&self) {
        self.0.store(u64::MAX, Ordering::Relaxed);
    }

    fn take(&self, bytes: usize) -> Result<(), Failure> {
        let left = self.0.load(Ordering::Relaxed).checked_sub(bytes as u64);
        let left = left.ok_or_else(|| malformed("the headers of a part are too long"))?;
        self.0.store(left, Ordering::Relaxed);
        Ok(())
    }
}

/// Cuts a body into small slices, with a pause after each in which the parser looks at what it has.
pub(super) fn slices(
    body: impl Stream<Item = Result<Bytes, Failure>> + Send + 'static,
    allowance: Allowance,
) -> impl Stream<Item = Result<Bytes, Failure>> + Send {
    Slices { body: body.boxed(), rest: Bytes::new(), paused: false, allowance }
}

struct Slices {
    body: BoxStream<'static, Result<Bytes, Failure>>,
    rest: Bytes,
    paused: bool,
    allowance: Allowance,
}

impl Stream for Slices {
    type Item = Result<Bytes, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.paused = !self.paused;
        if self.paused {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.rest.is_empty() {
            // Not to pause again before the next slice, should the body not have one yet.
            self.paused = true;
            match ready!(self.body.poll_next_unpin(cx)) {
                Some(Ok(chunk)) => self.rest = chunk,
                end => return Poll::Ready(end),
            }
            self.paused = false;
        }
        let length = self.rest.len().min(SLICE);
        let slice = self.rest.split_to(length);
        Poll::Ready(Some(self.allowance.take(length).map(|()| slice)))
    }
}
