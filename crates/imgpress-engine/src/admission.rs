//! Who may work when: bounded in count, in age and in memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use imgpress_engine_api::{ErrorCode, Failure};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::EngineConfig;
use crate::flow::{Arrival, Flow, Load, Place};
use crate::memory::{Exhausted, MemoryBudget, Reservation};

/// What a refused client should wait at least and at most; between them, what is ahead of it is expected to take.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// The engine's queue, workers and memory.
#[derive(Debug)]
pub(crate) struct Admission {
    flow: Flow,
    workers: Arc<Semaphore>,
    /// How many workers large images may have: all but one, so that small ones never wait for these alone.
    large: Arc<Semaphore>,
    /// How many large images may be here, those included that wait.
    large_places: Arc<Semaphore>,
    large_image_memory: u64,
    memory: MemoryBudget,
    uploads: MemoryBudget,
    queue_timeout: Duration,
}

/// A worker and the memory for one image. Belongs to the thread that does the work: whoever asked for it may
/// be gone long before the core is free again.
#[derive(Debug)]
pub(crate) struct Slot {
    /// Bytes that are set aside for the image.
    pub(crate) bytes: u64,
    // In this order: who sees the counts fall may rely on it that the next job gets in.
    _worker: OwnedSemaphorePermit,
    _large: Option<Large>,
    _memory: Reservation,
    _place: Place,
}

/// A large image's place among the large ones, and its permit for a worker, if it did not wait for too long for one.
type Large = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

/// Large images may take one in so many places of the queue. They wait for one another, and with all places for them they
/// held most of the queue under ten times the load, small ones being refused meanwhile.
const LARGE_SHARE: usize = 2;

impl Admission {
    pub(crate) fn new(config: &EngineConfig) -> Self {
        let workers = config.workers.get().min(Semaphore::MAX_PERMITS);
        let large = (workers - 1).max(1);
        let large_places =
            large.saturating_add(config.queue.div_ceil(LARGE_SHARE)).min(Semaphore::MAX_PERMITS);
        Self {
            flow: Flow::new(workers, config.queue),
            workers: Arc::new(Semaphore::new(workers)),
            large: Arc::new(Semaphore::new(large)),
            large_places: Arc::new(Semaphore::new(large_places)),
            large_image_memory: config.large_image_memory,
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

    /// Begins an upload, if there is a place for it. It takes its place in the queue once it is complete,
    /// so that a slow client keeps nobody out.
    pub(crate) fn begin_upload(&self) -> Result<(Arrival, Reservation), Failure> {
        let arrival = self.flow.expect(Instant::now()).map_err(|_| self.overloaded())?;
        let reserved = self.uploads.try_reserve(0).map_err(|Exhausted| self.overloaded())?;
        Ok((arrival, reserved))
    }

    /// Takes a place in the queue.
    pub(crate) fn enter(&self) -> Result<Place, Failure> {
        self.flow.enter().map_err(|_| self.overloaded())
    }

    /// Waits for a worker and for `bytes` of memory, after everybody who came before; but a large image lets small ones
    /// pass while other large ones have all the workers that they may, for half of the queue's time; and it does not wait where
    /// as many wait as may.
    pub(crate) async fn start(&self, place: Place, bytes: u64) -> Result<Slot, Failure> {
        if bytes > self.memory.total() {
            place.refused();
            return Err(over_memory(bytes, self.memory.total()));
        }
        let is_large = bytes > self.large_image_memory;
        let large_place = is_large.then(|| Arc::clone(&self.large_places).try_acquire_owned()).transpose();
        let Ok(large_place) = large_place else {
            place.refused();
            return Err(self.overloaded());
        };
        let slot = timeout(self.queue_timeout, self.slot(place, bytes, large_place)).await;
        slot.unwrap_or(Err(Exhausted)).map_err(|Exhausted| self.overloaded())
    }

    fn overloaded(&self) -> Failure {
        overloaded(self.flow.expected_wait())
    }

    async fn slot(
        &self,
        place: Place,
        bytes: u64,
        large_place: Option<OwnedSemaphorePermit>,
    ) -> Result<Slot, Exhausted> {
        let large = match large_place {
            Some(place) => Some((place, self.large_worker().await?)),
            None => None,
        };
        let worker = Arc::clone(&self.workers).acquire_owned().await.map_err(|_| Exhausted)?;
        let memory = self.memory.reserve(bytes).await?;
        Ok(Slot { bytes, _worker: worker, _large: large, _memory: memory, _place: place.start(bytes) })
    }

    /// Waits for one of the workers that large images may have; half of the time that there is, and any will do. Large ones that
    /// take ten seconds each would be refused else, with a worker that has nothing to do.
    async fn large_worker(&self) -> Result<Option<OwnedSemaphorePermit>, Exhausted> {
        let free = Arc::clone(&self.large).acquire_owned();
        timeout(self.queue_timeout / 2, free).await.ok().transpose().map_err(|_| Exhausted)
    }
}

/// The machine has no room for another image, for about so long.
pub(crate) fn overloaded(wait: Duration) -> Failure {
    let (least, most) = RETRY_AFTER;
    Failure::new(ErrorCode::Overloaded, "The server is busy; please try again.")
        .retry_after(wait.clamp(least, most))
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
