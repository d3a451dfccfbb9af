use crate::StorageError;

/// How a request to a store went, as the label `outcome` of `storage_requests_total`.
///
/// Each put ends in one of `stored`, `duplicate`, `refused` and `failed`; each further try adds a `retried`. A
/// put whose caller went away counts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was stored.
    Stored,
    /// It was there already.
    Duplicate,
    /// The store said no.
    Refused,
    /// It did not work and is tried again.
    Retried,
    /// It did not work, and that was the last try.
    Failed,
}

impl Outcome {
    /// Counts one.
    pub(crate) fn count(self, backend: &'static str) {
        metrics::counter!("storage_requests_total", "backend" => backend, "outcome" => self.label())
            .increment(1);
    }

    /// Counts how a put ended, and takes what the caller need not know off its result.
    pub(crate) fn settle(backend: &'static str, put: Result<Self, StorageError>) -> Result<(), StorageError> {
        let outcome = match &put {
            Ok(outcome) => *outcome,
            Err(StorageError::Refused { .. }) => Self::Refused,
            Err(StorageError::Unavailable { .. } | StorageError::Io { .. }) => Self::Failed,
        };
        outcome.count(backend);
        put.map(drop)
    }

    fn label(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Duplicate => "duplicate",
            Self::Refused => "refused",
            Self::Retried => "retried",
            Self::Failed => "failed",
        }
    }
}
