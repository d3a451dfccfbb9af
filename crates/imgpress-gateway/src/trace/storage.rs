use imgpress_storage::{Blob, Storage, StorageError, StorageKey};
use tokio::time::Instant;

use super::{SpanKind, begin};

/// Stores an output; the trace shows how long that took.
pub(crate) async fn put(
    storage: &dyn Storage,
    key: &StorageKey,
    blob: &Blob,
    deadline: Instant,
) -> Result<(), StorageError> {
    let Some(span) = begin() else { return storage.put(key, blob, deadline).await };
    let stored = storage.put(key, blob, deadline).await;
    let attributes =
        vec![("imgpress.storage", storage.backend().into()), ("imgpress.bytes", blob.length().into())];
    span.end("storage.put", SpanKind::Client, attributes, stored.is_err().then_some("storage-failed"));
    stored
}
