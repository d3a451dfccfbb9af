//! What came of earlier uploads, so that the same one again costs a hash and not an encode.

use std::sync::Arc;
use std::time::Duration;

use imgpress_engine_api::{Receipt, Timings};
use imgpress_options::Options;
use imgpress_storage::{Storage, StorageKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::recent::{Digest, Recent, Remembered};
use crate::upload::ahead::Room;
use crate::{ApiKeyName, Shared, trace};

/// How long a store may take to say that it still has an image.
pub(crate) const LOOK: Duration = Duration::from_secs(2);

/// Receipts of images that were stored, by who sent what and how it was to be.
pub(crate) struct ResultCache {
    results: Recent<Arc<Kept>>,
    room: Room,
    shared: Option<Arc<Shared>>,
}

/// An image that was stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// What it is stored under.
    key: String,
    receipt: Receipt,
}

impl ResultCache {
    /// An empty one.
    pub(crate) fn new(bounds: Remembered, shared: Option<Arc<Shared>>) -> Self {
        Self { results: Recent::new(bounds), room: Room::default(), shared }
    }

    /// The memory for uploads that are read before it is known what they are.
    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// What came of the same upload, if the store still has it. Its timings are those of a look: nothing was done.
    pub(crate) async fn find(&self, upload: &Digest, storage: &dyn Storage) -> Option<(StorageKey, Receipt)> {
        let Some(kept) = self.look_up(upload).await else {
            count("miss");
            return None;
        };
        let key = kept.key.parse::<StorageKey>().ok()?;
        if !trace::holds(storage, &key, Instant::now() + LOOK).await {
            count("gone");
            return None;
        }
        count("hit");
        Some((key, Receipt { timings: Timings::default(), ..kept.receipt.clone() }))
    }

    /// Remembers what came of an upload.
    pub(crate) async fn keep(&self, upload: Digest, key: &StorageKey, receipt: &Receipt) {
        let kept = Arc::new(Kept { key: key.to_string(), receipt: receipt.clone() });
        if let Some(shared) = &self.shared {
            shared.keep_result(&upload, &kept, self.results.keep_for()).await;
        }
        self.results.insert(upload, kept);
    }

    async fn look_up(&self, upload: &Digest) -> Option<Arc<Kept>> {
        if let Some(kept) = self.results.get(upload) {
            return Some(kept);
        }
        let kept = Arc::new(self.shared.as_ref()?.find_result(upload).await?);
        self.results.insert(*upload, Arc::clone(&kept));
        Some(kept)
    }
}

/// What makes an upload the same as another: whose it is, its bytes, and all that it is to become, as this version
/// understands it.
pub(crate) fn upload_digest(name: &ApiKeyName, image: &Digest, options: Options) -> Digest {
    let asked = format!("{}\n{name}\n{options:?}\n", env!("CARGO_PKG_VERSION"));
    Sha256::new().chain_update(asked).chain_update(image).finalize().into()
}

/// Counts what the cache could do for an upload.
pub(crate) fn count(outcome: &'static str) {
    metrics::counter!("result_cache_requests_total", "outcome" => outcome).increment(1);
}
