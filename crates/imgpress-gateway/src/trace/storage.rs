use imgpress_engine_api::Failure;
use imgpress_storage::{Blob, ForeignObject, Storage, StorageError, StorageKey, StoredObject};
use tokio::time::Instant;

use super::open::Open;
use super::{SpanKind, begin};

/// The error code of a store that did not do what it was to.
const FAILED: &str = "storage-failed";

/// Stores an output; the trace shows how long that took.
pub(crate) async fn put(
    storage: &dyn Storage,
    key: &StorageKey,
    blob: &Blob,
    deadline: Instant,
) -> Result<(), StorageError> {
    let mut span = at(storage.backend(), "storage.put");
    if let Some(span) = &mut span {
        span.note("imgpress.bytes", blob.length());
    }
    ended(span, storage.put(key, blob, deadline).await)
}

/// Stores an output where a client says; the trace shows how long that took, and not where.
pub(crate) async fn put_foreign(
    object: &ForeignObject,
    blob: &Blob,
    put: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let mut span = at(object.backend(), "storage.put");
    if let Some(span) = &mut span {
        span.note("imgpress.bytes", blob.length());
    }
    let stored = put.await;
    if let Some(span) = span {
        span.end_in(stored.as_ref().err());
    }
    stored
}

/// Opens a stored object; the trace shows how long that took.
pub(crate) async fn open(
    storage: &dyn Storage,
    key: &StorageKey,
) -> Result<Option<StoredObject>, StorageError> {
    let span = at(storage.backend(), "storage.open");
    ended(span, storage.open(key).await)
}

/// Asks for an object; the trace shows how long that took.
pub(crate) async fn holds(storage: &dyn Storage, key: &StorageKey, deadline: Instant) -> bool {
    let span = at(storage.backend(), "storage.holds");
    let holds = storage.holds(key, deadline).await;
    if let Some(span) = span {
        span.end(None);
    }
    holds
}

/// Removes an object; the trace shows how long that took.
pub(crate) async fn delete(
    storage: &dyn Storage,
    key: &StorageKey,
    deadline: Instant,
) -> Result<bool, StorageError> {
    let span = at(storage.backend(), "storage.delete");
    ended(span, storage.delete(key, deadline).await)
}

fn at(backend: &'static str, name: &'static str) -> Option<Open> {
    let mut span = begin(name, SpanKind::Client)?;
    span.note("imgpress.storage", backend);
    Some(span)
}

fn ended<T>(span: Option<Open>, result: Result<T, StorageError>) -> Result<T, StorageError> {
    if let Some(mut span) = span {
        if result.is_err() {
            span.note("error.type", FAILED);
        }
        span.end(result.is_err().then_some(FAILED));
    }
    result
}
