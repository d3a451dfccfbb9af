use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use imgpress_codec::{Budget, Error, ImageInfo, Limits, Removed};
use imgpress_engine_api::{
    Engine, ErrorCode, Failure, Job, Note, Original, Outcome, Output, Receipt, Timings,
};
use imgpress_http::Draining;
use imgpress_options::Options;
use tokio::time::timeout;

use crate::admission::{Admission, Slot};
use crate::failure::{deadline_exceeded, from_codec};
use crate::flow::{Load, Place};
use crate::pool::{Panicked, Pool, Rest};
use crate::upload::Upload;
use crate::{EngineConfig, metrics};

/// What a client should wait before it tries another instance, or this one again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Workers that have had nothing to do for so long keep no memory for the next picture.
const REST: Rest = Rest { after: Duration::from_secs(1), then: imgpress_malloc::give_back_free_memory };

/// An image that needs so many bytes does not come on top of what lies free, of those before and of its own: nothing is kept
/// beside it, which takes a few milliseconds of its seconds. AVIFs of 12 megapixels of noise took 629 MB with it, and 600 are
/// promised.
const VAST: u64 = 200_000_000;

type Codec = dyn Fn(&[u8], &Options, &Limits, &Budget) -> Result<imgpress_codec::Output, Error> + Send + Sync;

/// Compresses images in this process, on threads of its own.
pub struct LocalEngine {
    config: EngineConfig,
    admission: Admission,
    workers: Pool,
    /// A thread of its own for headers, so that a bad image is refused while all workers are busy.
    probes: Pool,
    draining: Draining,
    codec: Arc<Codec>,
}

/// The engine's threads could not be started.
#[derive(Debug, thiserror::Error)]
#[error("the engine's threads could not be started")]
pub struct StartError(#[from] io::Error);

impl LocalEngine {
    /// Starts the engine's threads. `draining` makes it not ready; it is for the HTTP edge to refuse work then,
    /// because what the edge has let in is to be finished.
    ///
    /// # Errors
    /// The system gives no threads.
    pub fn new(config: EngineConfig, draining: Draining) -> Result<Self, StartError> {
        let verify = config.verify;
        Self::with_codec(
            config,
            draining,
            Arc::new(move |input: &[u8], options: &Options, limits: &Limits, budget: &Budget| {
                imgpress_codec::compress_verified(input, options, limits, budget, verify)
            }),
        )
    }

    pub(crate) fn with_codec(
        config: EngineConfig,
        draining: Draining,
        codec: Arc<Codec>,
    ) -> Result<Self, StartError> {
        Ok(Self {
            admission: Admission::new(&config),
            workers: Pool::start("imgpress-worker", config.workers, Some(REST))?,
            probes: Pool::start("imgpress-probe", NonZeroUsize::MIN, None)?,
            config,
            draining,
            codec,
        })
    }

    /// What it was started with.
    #[must_use]
    pub fn config(&self) -> &EngineConfig {
        &self.config
    }

    /// What it has to do at the moment.
    #[must_use]
    pub fn load(&self) -> Load {
        self.admission.load()
    }

    /// From the complete upload to the output.
    async fn work(
        &self,
        place: Place,
        upload: Upload,
        options: Options,
        budget: Budget,
    ) -> Result<Output, Failure> {
        let queued = Instant::now();
        let (place, upload, memory) = self.probe(place, upload, options, budget.clone()).await?;
        let slot = self.admission.start(place, memory).await?;
        let waited = queued.elapsed();
        let (original_bytes, done, output) = self.encode(slot, upload, options, budget).await?;
        let receipt = receipt(&done, original_bytes, output.len() as u64, waited);
        metrics::stage_done("queue", waited);
        metrics::stage_done("decode", done.decode_time);
        metrics::stage_done("transform", done.transform_time);
        metrics::stage_done("encode", done.encode_time);
        metrics::image_done(&receipt);
        Ok(Output::in_memory(receipt, output))
    }

    /// Reads the header, and refuses what it already shows to be wrong or over the limits, else gives the bytes
    /// of memory that the work will take. The place moves along: it is given back when the thread has really let
    /// go of the job.
    async fn probe(
        &self,
        place: Place,
        upload: Upload,
        options: Options,
        budget: Budget,
    ) -> Result<(Place, Upload, u64), Failure> {
        let limits = self.config.limits;
        let probed = self.probes.run(move || {
            let info = budget.check().and_then(|()| imgpress_codec::probe(&upload.bytes, &limits));
            match info.and_then(|info| info.working_set_for(&options, &limits)) {
                Ok(memory) => Ok((place, upload, memory)),
                Err(error) => {
                    place.refused();
                    Err(error)
                }
            }
        });
        probed.await.map_err(broken)?.map_err(from_codec)
    }

    /// Compresses on a worker. The slot belongs to the worker's thread, whoever still waits.
    async fn encode(
        &self,
        slot: Slot,
        upload: Upload,
        options: Options,
        budget: Budget,
    ) -> Result<(u64, Done, bytes::Bytes), Failure> {
        let (codec, limits) = (Arc::clone(&self.codec), self.config.limits);
        let worked = self.workers.run(move || {
            let slot = slot;
            budget.check()?;
            let _keeps_nothing = (slot.bytes > VAST).then(imgpress_malloc::KeepsNothing::begin);
            let output = codec(&upload.bytes, &options, &limits, &budget)?;
            let original_bytes = upload.bytes.len() as u64;
            let (done, bytes) = Done::split(output);
            Ok((original_bytes, done, upload.replace(bytes)))
        });
        worked.await.map_err(broken)?.map_err(from_codec)
    }
}

#[async_trait::async_trait]
impl Engine for LocalEngine {
    async fn compress(&self, job: Job) -> Result<Output, Failure> {
        imgpress_codec::check_options(&job.options).map_err(from_codec)?;
        let (arrival, reserved) = self.admission.begin_upload()?;
        let upload = Upload::collect(job.source, self.config.max_upload_bytes, reserved).await?;
        let place = self.admission.enter()?;
        drop(arrival);
        let allowed = job.timeout.min(self.config.request_timeout);
        let abandoned = Abandoned::default();
        let budget = abandoned.budget(allowed)?;
        let worked = timeout(allowed, self.work(place, upload, job.options, budget)).await;
        worked.unwrap_or_else(|_| Err(deadline_exceeded()))
    }

    async fn ready(&self) -> Result<(), Failure> {
        if self.draining.is_draining() {
            return Err(not_ready(ErrorCode::Draining, "This instance is shutting down; please try again."));
        }
        if self.admission.is_stalled(self.config.request_timeout) {
            return Err(not_ready(
                ErrorCode::Overloaded,
                "Work waits, and nothing has finished for too long.",
            ));
        }
        Ok(())
    }
}

/// Tells the work, when dropped, that nobody waits for it.
#[derive(Debug, Default)]
struct Abandoned(Arc<AtomicBool>);

impl Abandoned {
    fn budget(&self, allowed: Duration) -> Result<Budget, Failure> {
        let deadline = Instant::now().checked_add(allowed);
        let deadline = deadline.ok_or_else(|| Failure::internal("a timeout beyond the end of time"))?;
        Ok(Budget::new(deadline, Arc::clone(&self.0)))
    }
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A codec's output but for its bytes.
struct Done {
    outcome: Outcome,
    format: imgpress_options::ImageFormat,
    size: (u32, u32),
    original: ImageInfo,
    quality: u8,
    score: Option<f64>,
    removed: Vec<Removed>,
    notes: Vec<imgpress_codec::Note>,
    decode_time: Duration,
    transform_time: Duration,
    encode_time: Duration,
}

impl Done {
    fn split(output: imgpress_codec::Output) -> (Self, Vec<u8>) {
        let done = Self {
            outcome: match output.outcome {
                imgpress_codec::Outcome::Compressed => Outcome::Compressed,
                imgpress_codec::Outcome::Kept => Outcome::Kept,
            },
            format: output.format,
            size: (output.width, output.height),
            original: output.original,
            quality: output.quality.get(),
            score: output.score,
            removed: output.removed,
            notes: output.notes,
            decode_time: output.decode_time,
            transform_time: output.transform_time,
            encode_time: output.encode_time,
        };
        (done, output.bytes)
    }
}

fn receipt(done: &Done, original_bytes: u64, bytes: u64, waited: Duration) -> Receipt {
    let (width, height) = done.original.shown_size();
    let milliseconds = |time: Duration| (time.as_secs_f64() * 1e6).round() / 1e3;
    Receipt {
        outcome: done.outcome,
        format: done.format,
        content_type: done.format.content_type().to_owned(),
        width: done.size.0,
        height: done.size.1,
        bytes,
        original: Original { format: done.original.format, width, height, bytes: original_bytes },
        saved_bytes: original_bytes.cast_signed().saturating_sub_unsigned(bytes),
        ratio: Receipt::ratio_of(bytes, original_bytes),
        quality: done.quality,
        score: done.score,
        removed: done.removed.iter().map(|what| what.name().to_owned()).collect(),
        notes: done.notes.iter().copied().map(note).collect(),
        timings: Timings {
            queue_ms: milliseconds(waited),
            decode_ms: milliseconds(done.decode_time + done.transform_time),
            encode_ms: milliseconds(done.encode_time),
            upload_ms: None,
        },
    }
}

fn note(note: imgpress_codec::Note) -> Note {
    Note { code: note.code().to_owned(), message: note.message().to_owned() }
}

fn broken(panic: Panicked) -> Failure {
    metrics::panicked();
    Failure::engine_failed(panic)
}

fn not_ready(code: ErrorCode, message: &'static str) -> Failure {
    Failure::new(code, message).retry_after(RETRY_AFTER)
}

#[cfg(test)]
mod tests;
