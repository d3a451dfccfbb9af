//! The header `Idempotency-Key`: a request that is sent again is answered again, and done once
//! (draft-ietf-httpapi-idempotency-key-header).

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderName};
use imgpress_engine_api::{ErrorCode, Failure};
use imgpress_options::OptionSet;
use imgpress_storage::StorageKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::recent::{Digest, Recent, Remembered};
use crate::{ApiKeyName, Shared};

/// What a client calls its request.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says that an answer was given before.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The longest key, in bytes; a UUID has 36.
const LONGEST_KEY: usize = 255;

/// The longest answer that is remembered, in bytes; receipts have about 1000.
const LONGEST_ANSWER: usize = 8 << 10;

/// How long to wait for a request that is still running.
const RUNNING: Duration = Duration::from_secs(1);

/// Which requests of that kind are running, and what others were answered.
pub(crate) struct Idempotency {
    running: Mutex<HashSet<Digest>>,
    answered: Recent<Arc<Answered>>,
    shared: Option<Arc<Shared>>,
}

/// A request that was done, and what its client was told.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answered {
    /// What the request was, by [`fingerprint`].
    pub(crate) fingerprint: String,
    /// The answer's body, JSON.
    pub(crate) answer: String,
}

impl Answered {
    /// What the answer says that the picture is stored under.
    pub(crate) fn storage_key(&self) -> Option<StorageKey> {
        #[derive(Deserialize)]
        struct Stored {
            key: String,
        }
        serde_json::from_str::<Stored>(&self.answer).ok()?.key.parse().ok()
    }
}

/// What is to become of a request with a key.
pub(crate) enum Claim {
    /// It is the first with it.
    First(Claimed),
    /// One was done already. Whether it is the same its body tells.
    Again(Arc<Answered>),
}

/// The right to do a request. Dropped, it leaves the key to the next one.
pub(crate) struct Claimed {
    idempotency: Arc<Idempotency>,
    key: Digest,
    /// Tells this claim from that of another gateway. `None` where no other knows of it.
    token: Option<String>,
}

impl Idempotency {
    /// No request was done yet.
    pub(crate) fn new(bounds: Remembered, shared: Option<Arc<Shared>>) -> Self {
        Self { running: Mutex::default(), answered: Recent::new(bounds), shared }
    }

    /// Takes a key for a request of an API key. `lease` is how long it may take: if this gateway dies, others take the
    /// key over when it has ended.
    ///
    /// # Errors
    /// A request with it is running.
    pub(crate) async fn claim(self: &Arc<Self>, key: Digest, lease: Duration) -> Result<Claim, Failure> {
        {
            let mut running = self.running();
            if let Some(answered) = self.answered.get(&key) {
                return Ok(Claim::Again(answered));
            }
            if !running.insert(key) {
                return Err(still_running());
            }
        }
        let mut claimed = Claimed { idempotency: Arc::clone(self), key, token: None };
        let Some(shared) = &self.shared else { return Ok(Claim::First(claimed)) };
        let token = uuid::Uuid::new_v4().simple().to_string();
        // From here on: if it is dropped while it asks, the others may know of it.
        claimed.token = Some(token.clone());
        match shared.claim(&key, &token, lease).await {
            // Redis is away: what this gateway knows has to do.
            None | Some(Holder::This) => Ok(Claim::First(claimed)),
            Some(Holder::Running) => {
                claimed.token = None;
                Err(still_running())
            }
            Some(Holder::Done(answered)) => {
                claimed.token = None;
                let answered = Arc::new(answered);
                self.answered.insert(key, Arc::clone(&answered));
                Ok(Claim::Again(answered))
            }
        }
    }

    /// Forgets an answer that is no longer true, unless another was given meanwhile.
    pub(crate) async fn forget(&self, key: &Digest, answered: &Answered) {
        self.answered.forget(key, |held| **held == *answered);
        if let Some(shared) = &self.shared {
            shared.forget(key, answered).await;
        }
    }

    fn running(&self) -> MutexGuard<'_, HashSet<Digest>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who has a key among gateways that share them.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "without Redis nobody else has one"))]
pub(crate) enum Holder {
    /// Whoever has just asked.
    This,
    /// A request elsewhere.
    Running,
    /// Nobody any more.
    Done(Answered),
}

impl Claimed {
    /// Remembers the answer, so that the request is not done again. One that is too long is not remembered.
    pub(crate) async fn answer(mut self, answered: Answered) {
        if answered.answer.len() > LONGEST_ANSWER {
            return self.give_up().await;
        }
        let answered = Arc::new(answered);
        let Idempotency { answered: all, shared, .. } = &*self.idempotency;
        all.insert(self.key, Arc::clone(&answered));
        if let (Some(shared), Some(token)) = (shared, self.token.take()) {
            shared.answer(&self.key, &token, &answered, all.keep_for()).await;
        }
    }

    /// Leaves the key to the next request. When this returns, the others know it too.
    pub(crate) async fn give_up(mut self) {
        if let (Some(shared), Some(token)) = (&self.idempotency.shared, self.token.take()) {
            shared.unclaim(&self.key, &token).await;
        }
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        self.idempotency.running().remove(&self.key);
        // A client that went away: whoever tries again is not to wait until the lease has ended.
        let (Some(shared), Some(token)) = (self.idempotency.shared.clone(), self.token.take()) else {
            return;
        };
        let key = self.key;
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { shared.unclaim(&key, &token).await });
        }
    }
}

/// What a client calls its request, if it calls it anything: told apart from what other API keys call theirs.
///
/// # Errors
/// The header is there twice, or not what the draft allows.
pub(crate) fn key_of(headers: &HeaderMap, name: &ApiKeyName) -> Result<Option<Digest>, Failure> {
    let mut sent = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = sent.next() else { return Ok(None) };
    let key = key.as_bytes();
    let is_one = sent.next().is_none()
        && (1..=LONGEST_KEY).contains(&key.len())
        && key.iter().all(u8::is_ascii_graphic);
    if !is_one {
        let message = format!(
            "The header Idempotency-Key is one text of 1 to {LONGEST_KEY} visible ASCII characters, such as a UUID."
        );
        return Err(Failure::new(ErrorCode::OptionInvalid, message));
    }
    // A name has no zero byte.
    let name = name.to_string();
    Ok(Some(Sha256::new().chain_update(name).chain_update([0]).chain_update(key).finalize().into()))
}

/// What makes a request the same as another: the image's bytes, and its options as they were given.
pub(crate) fn fingerprint(image: &Digest, options: &OptionSet) -> String {
    let mut hash = Sha256::new().chain_update(image);
    for (name, value) in options.given() {
        hash = hash.chain_update(format!("{name}={value}\n"));
    }
    let options = options.options();
    let hash = hash.chain_update([options.avif, options.jxl].map(u8::from)).finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The answer to a key that another request was done with.
pub(crate) fn reused() -> Failure {
    let message = "This Idempotency-Key was used for another image or other options; send a new key.";
    Failure::new(ErrorCode::IdempotencyConflict, message)
}

fn still_running() -> Failure {
    count("running");
    let message = "A request with this Idempotency-Key is still running; try again when it is done.";
    Failure::new(ErrorCode::IdempotencyConflict, message).retry_after(RUNNING)
}

/// Counts what became of a request with a key.
pub(crate) fn count(outcome: &'static str) {
    metrics::counter!("idempotent_requests_total", "outcome" => outcome).increment(1);
}
