//! Answers and results that gateways remember for each other.

use std::time::Duration;

use redis::Script;

use super::Shared;
use super::scripts::milliseconds;
use crate::idempotency::{Answered, Holder};
use crate::recent::Digest;
use crate::result_cache::Kept;

/// Takes a key that nobody has, or says what it holds.
const CLAIM: &str = r"
local held = redis.call('GET', KEYS[1])
if held then
  return held
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false
";

/// Puts an answer in the place of a claim, unless another gateway has taken it over meanwhile.
const ANSWER: &str = r"
local held = redis.call('GET', KEYS[1])
if not held or held == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1
";

/// Takes a claim or an answer back, unless another is in its place.
const TAKE_BACK: &str = r"
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 1
";

/// What a claim begins with; an answer is a JSON object.
const RUNNING: &str = "running:";

/// The scripts of this file.
#[derive(Debug)]
pub(super) struct Scripts {
    claim: Script,
    answer: Script,
    take_back: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        Self { claim: Script::new(CLAIM), answer: Script::new(ANSWER), take_back: Script::new(TAKE_BACK) }
    }
}

impl Shared {
    /// Takes an idempotency key for a request that may take so long, or says who has it.
    pub(crate) async fn claim(&self, key: &Digest, token: &str, lease: Duration) -> Option<Holder> {
        let mut question = self.memory.claim.key(name("idempotency", key));
        let question = question.arg(format!("{RUNNING}{token}")).arg(milliseconds(lease));
        let Some(held) = self.ask::<Option<String>>(question).await? else { return Some(Holder::This) };
        if held.starts_with(RUNNING) {
            return Some(Holder::Running);
        }
        // What another version has written is no answer of this one's.
        serde_json::from_str(&held).ok().map(Holder::Done)
    }

    /// Remembers the answer to a request whose key was claimed with this token.
    pub(crate) async fn answer(&self, key: &Digest, token: &str, answered: &Answered, keep_for: Duration) {
        let Ok(json) = serde_json::to_string(answered) else { return };
        let mut question = self.memory.answer.key(name("idempotency", key));
        let question = question.arg(format!("{RUNNING}{token}")).arg(json).arg(milliseconds(keep_for));
        self.ask::<()>(question).await;
    }

    /// Leaves a key to the next request with it.
    pub(crate) async fn unclaim(&self, key: &Digest, token: &str) {
        self.take_back(key, &format!("{RUNNING}{token}")).await;
    }

    /// Forgets the answer to a request.
    pub(crate) async fn forget(&self, key: &Digest, answered: &Answered) {
        let Ok(json) = serde_json::to_string(answered) else { return };
        self.take_back(key, &json).await;
    }

    async fn take_back(&self, key: &Digest, held: &str) {
        let mut question = self.memory.take_back.key(name("idempotency", key));
        self.ask::<()>(question.arg(held)).await;
    }

    /// What came of an upload.
    pub(crate) async fn find_result(&self, upload: &Digest) -> Option<Kept> {
        let held: Option<String> = self.command(redis::cmd("GET").arg(name("result", upload))).await?;
        serde_json::from_str(&held?).ok()
    }

    /// Remembers what came of an upload.
    pub(crate) async fn keep_result(&self, upload: &Digest, kept: &Kept, keep_for: Duration) {
        let Ok(json) = serde_json::to_string(kept) else { return };
        let mut set = redis::cmd("SET");
        self.command::<()>(set.arg(name("result", upload)).arg(json).arg("PX").arg(milliseconds(keep_for)))
            .await;
    }
}

fn name(what: &str, digest: &Digest) -> String {
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("imgpress:{what}:{hex}")
}
