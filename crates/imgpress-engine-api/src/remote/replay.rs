//! Uploads that can be sent once more: what was read of them is kept, within bounds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt};
use tokio::time::Instant;

use super::metrics;
use crate::Failure;

/// What a kept chunk takes beside its bytes: its handle, and its share of an allocation that it keeps alive.
const CHUNK_OVERHEAD: u64 = 128;

/// The memory for what is kept of all uploads and answers.
#[derive(Debug, Clone)]
pub(super) struct ReplayMemory {
    /// The most that is kept of one, in bytes.
    each: u64,
    /// The most that is kept of all, in bytes.
    total: u64,
    used: Arc<AtomicU64>,
}

/// A part of the [`ReplayMemory`]; given back when dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    memory: ReplayMemory,
    bytes: u64,
}

/// An upload on its way to whichever engine takes it.
pub(super) struct Upload {
    source: BoxStream<'static, Result<Bytes, Failure>>,
    /// All that was read so far; `None` once it was more than may be kept.
    kept: Option<Kept>,
    /// How many of the kept chunks the present engine has been sent.
    sent: usize,
    ended: Option<Instant>,
}

struct Kept {
    chunks: Vec<Bytes>,
    reserved: Reservation,
}

impl ReplayMemory {
    /// `each` bytes of one upload, `total` of all of them.
    pub(super) fn new(each: u64, total: u64) -> Self {
        Self { each, total, used: Arc::default() }
    }

    /// Nothing yet, to be grown.
    pub(super) fn reserve(&self) -> Reservation {
        Reservation { memory: self.clone(), bytes: 0 }
    }
}

impl Reservation {
    /// Takes so many bytes more, if one may have as many and all have not got too many.
    pub(super) fn grow(&mut self, by: u64) -> bool {
        let ReplayMemory { each, total, used } = &self.memory;
        let fits = |used: u64| used.checked_add(by).filter(|used| used <= total);
        if self.bytes.saturating_add(by) > *each
            || used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_err()
        {
            return false;
        }
        self.bytes += by;
        metrics::replay_memory_grew(by);
        true
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.memory.used.fetch_sub(self.bytes, Ordering::Relaxed);
            metrics::replay_memory_shrank(self.bytes);
        }
    }
}

impl Upload {
    pub(super) fn new(source: BoxStream<'static, Result<Bytes, Failure>>, memory: &ReplayMemory) -> Self {
        let kept = Kept { chunks: Vec::new(), reserved: memory.reserve() };
        Self { source, kept: Some(kept), sent: 0, ended: None }
    }

    /// The next chunk for the present engine: of what was kept first, then from the source.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Failure>> {
        if let Some(chunk) = self.kept.as_ref().and_then(|kept| kept.chunks.get(self.sent)) {
            self.sent += 1;
            return Some(Ok(chunk.clone()));
        }
        if self.ended.is_some() {
            return None;
        }
        let chunk = self.source.next().await;
        match &chunk {
            Some(Ok(chunk)) => self.keep(chunk),
            // Nobody can be sent what there is not.
            Some(Err(_)) => self.kept = None,
            None => self.ended = Some(Instant::now()),
        }
        chunk
    }

    /// Begins anew for another engine; `false` where what was read is no longer there.
    pub(super) fn rewind(&mut self) -> bool {
        self.sent = 0;
        self.is_kept()
    }

    /// Whether another engine could be sent the same.
    pub(super) fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// When the work on it has to be done, if it has ended and may take `timeout` from then on.
    pub(super) fn deadline(&self, timeout: Duration) -> Option<Instant> {
        self.ended.map(|ended| after(ended, timeout))
    }

    fn keep(&mut self, chunk: &Bytes) {
        let Some(kept) = self.kept.as_mut() else { return };
        if kept.reserved.grow(chunk.len() as u64 + CHUNK_OVERHEAD) {
            kept.chunks.push(chunk.clone());
            self.sent += 1;
        } else {
            self.kept = None;
        }
    }
}

/// A time that a clock can hold, however long somebody is willing to wait.
pub(super) fn after(start: Instant, wait: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    start + wait.min(YEAR)
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn upload(chunks: &[&'static [u8]], memory: &ReplayMemory) -> Upload {
        let chunks: Vec<_> = chunks.iter().map(|chunk| Ok(Bytes::from_static(chunk))).collect();
        Upload::new(stream::iter(chunks).boxed(), memory)
    }

    async fn rest(upload: &mut Upload) -> Vec<u8> {
        let mut read = Vec::new();
        while let Some(chunk) = upload.next().await {
            read.extend_from_slice(&chunk.unwrap());
        }
        read
    }

    #[tokio::test]
    async fn what_was_read_comes_again_and_then_the_rest() {
        let mut upload = upload(&[b"one ", b"two ", b"three"], &ReplayMemory::new(1000, 1000));
        upload.next().await.unwrap().unwrap();
        assert!(upload.rewind());
        assert_eq!(rest(&mut upload).await, b"one two three");
        assert!(upload.rewind());
        assert_eq!(rest(&mut upload).await, b"one two three");
    }

    #[tokio::test]
    async fn one_that_is_larger_than_the_limit_is_sent_once_and_whole() {
        for memory in
            [ReplayMemory::new(3 * CHUNK_OVERHEAD, 1000), ReplayMemory::new(1000, 3 * CHUNK_OVERHEAD)]
        {
            let mut upload = upload(&[b"one ", b"two ", b"three"], &memory);
            assert_eq!(rest(&mut upload).await, b"one two three");
            assert!(!upload.rewind());
            assert_eq!(memory.used.load(Ordering::Relaxed), 0, "and what was kept of it is free again");
        }
    }

    #[tokio::test]
    async fn nothing_is_kept_of_one_that_is_done() {
        let memory = ReplayMemory::new(1000, 1000);
        let mut done = upload(&[b"bytes"], &memory);
        rest(&mut done).await;
        assert_eq!(memory.used.load(Ordering::Relaxed), 5 + CHUNK_OVERHEAD);
        drop(done);
        assert_eq!(memory.used.load(Ordering::Relaxed), 0);
    }
}
