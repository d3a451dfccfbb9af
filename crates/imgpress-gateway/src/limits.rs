//! What is counted by client: requests, and wrong API keys. Here alone, or together with other gateways.

mod window;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::shared::Shared;
use crate::{GatewayConfig, RateLimit};

use self::window::FixedWindows;

/// The limits that are counted by client.
///
/// Where gateways share their counts, those hold, and this one remembers what it is told: who is over a limit stays over
/// it when the others are out of reach, and what is shared begins with what was counted meanwhile.
pub(crate) struct Limits {
    requests: FixedWindows,
    wrong_keys: FixedWindows,
    shared: Option<Arc<Shared>>,
}

/// Where a client stands in its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    /// The most that it may.
    pub(crate) max: u32,
    /// What it did, this time included.
    pub(crate) current: u32,
    /// Until the window ends.
    pub(crate) reset: Duration,
}

/// What was counted in a window that has not ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) hits: u32,
    pub(crate) left: Duration,
}

/// What all gateways together have counted of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    /// In the window that this hit was counted in.
    pub(crate) counted: Standing,
    /// In the one that was looked at beside it, if there is one.
    pub(crate) beside: Option<Standing>,
}

impl Count {
    pub(crate) fn is_over(self) -> bool {
        self.current > self.max
    }

    fn of(limit: RateLimit, standing: Standing) -> Self {
        Self { max: limit.max.get(), current: standing.hits, reset: standing.left }
    }
}

impl Limits {
    /// Limits that this gateway counts alone.
    pub(crate) fn new(config: &GatewayConfig) -> Self {
        Self {
            requests: FixedWindows::new(config.rate_limit),
            wrong_keys: FixedWindows::new(config.wrong_keys),
            shared: None,
        }
    }

    /// The same, counted together with all gateways that share them.
    pub(crate) fn shared_through(self, shared: Arc<Shared>) -> Self {
        Self { shared: Some(shared), ..self }
    }

    /// Counts a request of a client, and learns how many wrong keys it has tried elsewhere.
    pub(crate) async fn count_request(&self, client: Client) -> Count {
        let asked = Instant::now();
        let Some(tally) = self.count_with_others(Counted::Requests, client, asked).await else {
            return Count::of(self.requests.limit(), self.requests.hit(client, Instant::now()));
        };
        self.requests.adopt(client, tally.counted, asked);
        if let Some(wrong) = tally.beside {
            self.wrong_keys.adopt(client, wrong, asked);
        }
        Count::of(self.requests.limit(), tally.counted)
    }

    /// Counts a wrong key of a client.
    pub(crate) async fn count_wrong_key(&self, client: Client) {
        let asked = Instant::now();
        match self.count_with_others(Counted::WrongKeys, client, asked).await {
            Some(tally) => self.wrong_keys.adopt(client, tally.counted, asked),
            None => {
                self.wrong_keys.hit(client, Instant::now());
            }
        }
    }

    /// Where a client stands that has tried as many wrong keys as it may. Every request is counted first, so that this
    /// gateway knows what the others do.
    pub(crate) fn exhausted(&self, client: Client) -> Option<Count> {
        let (limit, standing) = (self.wrong_keys.limit(), self.wrong_keys.standing(client, Instant::now()));
        (standing.hits >= limit.max.get()).then(|| Count::of(limit, standing))
    }

    /// Asks the others. `None`: there are none, or they are out of reach.
    async fn count_with_others(&self, what: Counted, client: Client, now: Instant) -> Option<Tally> {
        let shared = self.shared.as_ref()?;
        let windows = match what {
            Counted::Requests => &self.requests,
            Counted::WrongKeys => &self.wrong_keys,
        };
        shared.count(what, client, windows.standing(client, now), windows.limit().window).await
    }
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Requests, with a look at wrong keys.
    Requests,
    /// Wrong keys alone.
    WrongKeys,
}

#[cfg(test)]
mod tests;
