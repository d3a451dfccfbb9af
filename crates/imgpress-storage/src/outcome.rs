use crate::StorageError;

/// How a request to a store went, as the label `outcome` of `storage_requests_total`.
///
/// Each put ends in one of `stored`, `duplicate`, `refused` and `failed`, each removal in `deleted` or `missing` or the
/// latter two; each further try adds a `retried`. What its caller has given up counts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was stored.
    Stored,
    /// It was there already.
    Duplicate,
    /// It was removed.
    Deleted,
    /// It was not there to be removed.
    Missing,
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

    /// Counts how a request ended.
    pub(crate) fn settle(
        backend: &'static str,
        ended: Result<Self, StorageError>,
    ) -> Result<Self, StorageError> {
        let outcome = match &ended {
            Ok(outcome) => *outcome,
            Err(StorageError::Refused { .. }) => Self::Refused,
            Err(StorageError::Unavailable { .. } | StorageError::Io { .. }) => Self::Failed,
        };
        outcome.count(backend);
        ended
    }

    fn label(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Duplicate => "duplicate",
            Self::Deleted => "deleted",
            Self::Missing => "missing",
            Self::Refused => "refused",
            Self::Retried => "retried",
            Self::Failed => "failed",
        }
    }
}
