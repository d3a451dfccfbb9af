use std::num::NonZeroUsize;
use std::time::Duration;

use imgpress_codec::{Limits, Verify};

/// How much an engine takes on. [`new`](Self::new) gives the defaults for a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineConfig {
    /// What one image may be.
    pub limits: Limits,
    /// Which outputs are decoded again before they are given out. Default: those that cost little.
    pub verify: Verify,
    /// Most bytes of one upload. Default: 50 MiB.
    pub max_upload_bytes: u64,
    /// Images compressed at once. Default: the cores available to the process.
    pub workers: NonZeroUsize,
    /// Bytes that the images being compressed may need together, by the estimates of their headers. An image
    /// that needs more than all of it is refused. Default: half of the memory that the process may use; the
    /// rest is for uploads, outputs and what an allocator keeps.
    pub memory_budget: u64,
    /// Bytes that an image needs to be a large one: these never have all workers, so that small ones go on. Default:
    /// 48 MB, as photographs of more than about 25 megapixels do.
    pub large_image_memory: u64,
    /// Bytes of uploads and unsent outputs held at once. Default: an eighth of the memory that the process may
    /// use, and never less than one upload.
    pub upload_memory: u64,
    /// Jobs that may wait while all workers are busy. Default: eight a worker.
    pub queue: usize,
    /// How long a job may wait for a worker. Default: 10 s.
    pub queue_timeout: Duration,
    /// The longest a job may take once its upload has ended, whatever it asks for. Default: 30 s.
    pub request_timeout: Duration,
}

const DEFAULT_MAX_UPLOAD_BYTES: u64 = 50 << 20;
const DEFAULT_QUEUE_PER_WORKER: usize = 8;

impl EngineConfig {
    /// The defaults for a process that may use so many cores and so many bytes of memory.
    #[must_use]
    pub fn new(workers: NonZeroUsize, memory: u64) -> Self {
        Self {
            limits: Limits::default(),
            verify: Verify::default(),
            max_upload_bytes: DEFAULT_MAX_UPLOAD_BYTES,
            workers,
            memory_budget: memory / 2,
            large_image_memory: 48_000_000,
            upload_memory: (memory / 8).max(DEFAULT_MAX_UPLOAD_BYTES),
            queue: workers.get().saturating_mul(DEFAULT_QUEUE_PER_WORKER),
            queue_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
        }
    }
}
