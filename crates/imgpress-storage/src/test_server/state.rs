use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::Fault;

/// An object as it was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUpload {
    /// Its content.
    pub bytes: Bytes,
    /// The header `content-type` that came with it.
    pub content_type: String,
    /// The header `cache-control` that came with it.
    pub cache_control: String,
}

/// What the server holds and was told, shared by its connections.
#[derive(Debug)]
pub(super) struct State(Mutex<Held>);

#[derive(Debug)]
pub(super) struct Held {
    pub(super) buckets: BTreeMap<String, Bucket>,
    /// By bucket and key.
    pub(super) objects: BTreeMap<(String, String), StoredUpload>,
    /// What the next uploads fail with.
    pub(super) faults: VecDeque<Fault>,
    pub(super) requests: usize,
    pub(super) upload_requests: usize,
    pub(super) violations: Vec<String>,
    /// Whether errors have a `code`.
    pub(super) codes: bool,
}

#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) public: bool,
    /// In bytes.
    pub(super) size_limit: u64,
    /// All where there is no list.
    pub(super) media_types: Option<Vec<String>>,
    pub(super) writable: bool,
}

impl State {
    pub(super) fn with_bucket(name: &str) -> Self {
        let buckets = BTreeMap::from([(name.to_owned(), Bucket::new(true))]);
        Self(Mutex::new(Held {
            buckets,
            objects: BTreeMap::new(),
            faults: VecDeque::new(),
            requests: 0,
            upload_requests: 0,
            violations: Vec::new(),
            codes: true,
        }))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    pub(super) fn object(&self, bucket: &str, key: &str) -> Option<&StoredUpload> {
        self.objects.get(&(bucket.to_owned(), key.to_owned()))
    }
}

impl Bucket {
    /// 50 MiB is the limit of a new project.
    pub(super) fn new(public: bool) -> Self {
        Self { public, size_limit: 50 * 1024 * 1024, media_types: None, writable: true }
    }
}
