use std::time::Duration;

use redis::Script;

use super::Shared;
use crate::client::Client;
use crate::limits::{Counted, Standing, Tally};

/// Counts a hit in the window of `KEYS[1]`, and looks at that of `KEYS[2]`. A window that is not there begins with what
/// the asking gateway knows of it (`ARGV`: hits, milliseconds left), and ends by Redis' clock.
const COUNT: &str = r"
local hits = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  hits, left = tonumber(ARGV[1]) + 1, tonumber(ARGV[2])
  redis.call('SET', KEYS[1], hits, 'PX', left)
end
local beside = KEYS[2] and redis.call('GET', KEYS[2])
if not beside then
  return {hits, left, 0, 0}
end
return {hits, left, tonumber(beside), redis.call('PTTL', KEYS[2])}
";

/// Adds `ARGV[3]` to the field `ARGV[1]` of a hash, which has at least `ARGV[2]` already: a Redis that lost what it knew
/// learns it again.
const ADD: &str = r"
local had = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0)
local has = math.max(had, tonumber(ARGV[2])) + tonumber(ARGV[3])
if has > had then
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', has))
end
return has
";

/// The hash of how many images each API key has compressed.
const COMPRESSIONS: &str = "imgpress:compressions";

/// Every script there is.
#[derive(Debug)]
pub(super) struct Scripts {
    count: Script,
    add: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        Self { count: Script::new(COUNT), add: Script::new(ADD) }
    }
}

impl Shared {
    /// Counts a hit of a client together with the other gateways. `here` is what this one knows of the window.
    pub(crate) async fn count(
        &self,
        what: Counted,
        client: Client,
        here: Standing,
        window: Duration,
    ) -> Option<Tally> {
        // The braces: in a cluster both are on the same node.
        let key = |name: &str| format!("imgpress:{name}:{{{client}}}");
        let mut question = self.scripts.count.prepare_invoke();
        match what {
            Counted::Requests => question.key(key("requests")).key(key("wrong-keys")),
            Counted::WrongKeys => question.key(key("wrong-keys")),
        };
        let left = if here.hits == 0 { window } else { here.left };
        question.arg(here.hits).arg(milliseconds(left));
        let (hits, left, beside, beside_left): (u32, u64, u32, i64) = self.ask(&question).await?;
        let beside =
            u64::try_from(beside_left).ok().filter(|left| *left > 0).map(|left| standing(beside, left));
        Some(Tally { counted: standing(hits, left), beside })
    }

    /// How many images a key has compressed: all that the gateways know of, `known` at least, and `new` ones.
    pub(crate) async fn count_compressions(&self, name: &str, known: u64, new: u64) -> Option<u64> {
        let mut question = self.scripts.add.key(COMPRESSIONS);
        self.ask(question.arg(name).arg(known).arg(new)).await
    }
}

fn standing(hits: u32, milliseconds: u64) -> Standing {
    Standing { hits, left: Duration::from_millis(milliseconds) }
}

/// At least one: a key cannot live for less.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}
