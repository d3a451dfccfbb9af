//! Who may work when: bounded in count, in age and in memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use imgpress_engine_api::{ErrorCode, Failure};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::EngineConfig;
use crate::flow::{Flow, Load, Place};
use crate::memory::{Exhausted, MemoryBudget, Reservation};

/// What a refused client should wait: about the time in which a worker becomes free.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The engine's queue, workers and memory.
#[derive(Debug)]
pub(crate) struct Admission {
    flow: Flow,
    workers: Arc<Semaphore>,
    memory: MemoryBudget,
    uploads: MemoryBudget,
    queue_timeout: Duration,
}

/// A worker and the memory for one image. Belongs to the thread that does the work: whoever asked for it may
/// be gone long before the core is free again.
#[derive(Debug)]
pub(crate) struct Slot {
    // In this order: who sees the counts fall may rely on it that the next job gets in.
    _worker: OwnedSemaphorePermit,
    _memory: Reservation,
    _place: Place,
}

impl Admission {
    pub(crate) fn new(config: &EngineConfig) -> Self {
        Self {
            flow: Flow::new(config.workers.get(), config.queue),
            workers: Arc::new(Semaphore::new(config.workers.get().min(Semaphore::MAX_PERMITS))),
            memory: MemoryBudget::new(config.memory_budget),
            uploads: MemoryBudget::new(config.upload_memory.max(config.max_upload_bytes)),
            queue_timeout: config.queue_timeout,
        }
    }

    pub(crate) fn load(&self) -> Load {
        self.flow.load()
    }

    /// Whether work waits and nothing has finished for longer than `patience`.
    pub(crate) fn is_stalled(&self, patience: Duration) -> bool {
        self.flow.is_stalled(Instant::now(), patience)
    }

    /// Begins an upload, if there is a place for it now. It takes its place in the queue once it is complete,
    /// so that a slow client keeps nobody out.
    pub(crate) fn begin_upload(&self) -> Result<Reservation, Failure> {
        if self.flow.is_full() {
            return Err(overloaded());
        }
        self.uploads.try_reserve(0).map_err(|Exhausted| overloaded())
    }

    /// Takes a place in the queue.
    pub(crate) fn enter(&self) -> Result<Place, Failure> {
        self.flow.enter().map_err(|_| overloaded())
    }

    /// Waits for a worker and for `bytes` of memory, after everybody who came before.
    pub(crate) async fn start(&self, place: Place, bytes: u64) -> Result<Slot, Failure> {
        if bytes > self.memory.total() {
            place.refused();
            return Err(over_memory(bytes, self.memory.total()));
        }
        let slot = timeout(self.queue_timeout, self.slot(place, bytes)).await;
        slot.unwrap_or(Err(Exhausted)).map_err(|Exhausted| overloaded())
    }

    async fn slot(&self, place: Place, bytes: u64) -> Result<Slot, Exhausted> {
        let worker = Arc::clone(&self.workers).acquire_owned().await.map_err(|_| Exhausted)?;
        let memory = self.memory.reserve(bytes).await?;
        Ok(Slot { _worker: worker, _memory: memory, _place: place.start(bytes) })
    }
}

/// The machine has no room for another image.
pub(crate) fn overloaded() -> Failure {
    Failure::new(ErrorCode::Overloaded, "The server is busy; please try again.").retry_after(RETRY_AFTER)
}

fn over_memory(needed: u64, total: u64) -> Failure {
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    Failure::new(
        ErrorCode::ImageTooLarge,
        format!(
            "The image is too large: it would need {} MB of memory, and this server has {} MB; send a smaller one.",
            megabytes(needed),
            megabytes(total)
        ),
    )
}
