//! The seam between whoever has an image and whatever compresses it.
//!
//! An [`Engine`] takes a [`Job`] and gives an [`Output`] or a [`Failure`]. The engine may live in this process
//! or behind HTTP: callers cannot tell, and one conformance suite holds every implementation to that.

#[cfg(feature = "conformance")]
pub mod conformance;
mod error_code;
mod failure;
mod job;
mod output;
mod receipt;
#[cfg(feature = "remote")]
pub mod remote;
mod trace;
pub mod wire;

pub use error_code::ErrorCode;
pub use failure::Failure;
pub use job::{Job, Source};
pub use output::Output;
pub use receipt::{Note, Original, Outcome, Receipt, Timings};
pub use trace::{RequestId, TraceParent};

/// Whatever compresses images: embedded in this process, or another service.
#[async_trait::async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Compresses one image.
    ///
    /// Dropping the future cancels the work: what waits is dropped, what runs stops at its next step.
    ///
    /// # Errors
    /// A [`Failure`] whose code says whose fault it is: the image's, the machine's or the engine's. A failure
    /// that the job's [`Source`] ends in comes back as it is.
    async fn compress(&self, job: Job) -> Result<Output, Failure>;

    /// Whether work sent now would be taken.
    ///
    /// # Errors
    /// Why it would not: draining, stalled or unreachable.
    async fn ready(&self) -> Result<(), Failure>;
}
