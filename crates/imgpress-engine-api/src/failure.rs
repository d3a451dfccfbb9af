use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::ErrorCode;

/// Why a request was not answered with what it asked for: a code and a message for the client, and a cause
/// that only the log sees.
#[derive(Debug, Clone)]
pub struct Failure {
    code: ErrorCode,
    message: Cow<'static, str>,
    retry_after: Option<Duration>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl Failure {
    /// A failure that a client may read: `message` says what was wrong, what was expected and what to do,
    /// without a path, a host or a secret.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), retry_after: None, cause: None }
    }

    /// A fault of this service that has no code of its own. The client learns nothing but that.
    #[must_use]
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(ErrorCode::Internal, "Something went wrong here; it was logged. Please try again.")
            .caused_by(cause)
    }

    /// The engine broke on this image. The client learns nothing but that.
    #[must_use]
    pub fn engine_failed(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(
            ErrorCode::EngineFailed,
            "The image could not be compressed; the fault is ours and was logged.",
        )
        .caused_by(cause)
    }

    /// What lies behind the failure: for the log, never for the client.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(Arc::from(cause.into()));
        self
    }

    /// How long a client should wait before it tries again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Which failure this is, and so its HTTP status.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The client's message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The wait to advise, in whole seconds and at least one, if there is one.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<u64> {
        let whole = |wait: Duration| wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.retry_after.map(|wait| whole(wait).max(1))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_whole_seconds_rounded_up_and_never_zero() {
        let seconds = |wait| Failure::new(ErrorCode::Overloaded, "").retry_after(wait).retry_after_seconds();
        assert_eq!(seconds(Duration::ZERO), Some(1));
        assert_eq!(seconds(Duration::from_millis(1001)), Some(2));
        assert_eq!(seconds(Duration::from_secs(7)), Some(7));
    }

    #[test]
    fn the_cause_stays_out_of_the_message() {
        let failure = Failure::internal("disk /dev/sda is on fire");
        assert!(!failure.to_string().contains("sda"));
        assert_eq!(failure.source().unwrap().to_string(), "disk /dev/sda is on fire");
    }
}
