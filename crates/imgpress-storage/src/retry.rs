use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::outcome::Outcome;
use crate::{Refusal, StorageError};

/// What a store's answer means.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It is as it was to be.
    Done(Outcome),
    /// It may work another time.
    Again {
        /// What went wrong, for the log.
        why: String,
        /// How long the store asked to wait.
        retry_after: Option<Duration>,
    },
    /// It will not work however often it is tried.
    Refused {
        /// What for.
        refusal: Refusal,
        /// The store's words.
        answer: String,
    },
}

/// When to try again, and when to leave it.
pub(crate) struct Retry {
    /// Requests in all, the first one included.
    tries: u32,
    /// The wait before the second; it doubles from there.
    first_wait: Duration,
    /// How long the store may take to answer a body of no length.
    patience: Duration,
}

impl Default for Retry {
    /// Five tries over about three seconds: past a restart of the store or a spike, and far inside a request's
    /// deadline, since the client is waiting.
    fn default() -> Self {
        Self { tries: 5, first_wait: Duration::from_millis(200), patience: Duration::from_secs(10) }
    }
}

impl Retry {
    /// Tries to send so many bytes until it is done, refused, or no longer worth it. Each try gets the time by which it has
    /// to end.
    pub(crate) async fn run<F>(
        &self,
        backend: &'static str,
        length: u64,
        deadline: Instant,
        attempt: impl Fn(Instant) -> F,
    ) -> Result<Outcome, StorageError>
    where
        F: Future<Output = Verdict>,
    {
        let mut tries = 1;
        loop {
            let limit = deadline.min(Instant::now() + self.patience(length));
            let (why, retry_after) = match attempt(limit).await {
                Verdict::Done(outcome) => return Ok(outcome),
                Verdict::Refused { refusal, answer } => {
                    return Err(StorageError::Refused { refusal, answer });
                }
                Verdict::Again { why, retry_after } => (why, retry_after),
            };
            let Some(wait) = self.wait(tries, retry_after, deadline) else {
                return Err(StorageError::Unavailable { tries, last: why });
            };
            tracing::warn!(backend, tries, why, "the store is asked again");
            Outcome::Retried.count(backend);
            sleep(wait).await;
            tries += 1;
        }
    }

    /// How long to wait after that many tries, or `None` if there is no point in another one.
    fn wait(&self, tries: u32, retry_after: Option<Duration>, deadline: Instant) -> Option<Duration> {
        let asked = retry_after.unwrap_or_default();
        let wait = asked.max(self.backoff(tries));
        let worth_it = tries < self.tries && asked <= LONGEST_ASKED && Instant::now() + wait < deadline;
        worth_it.then_some(wait)
    }

    /// How long one try may take: a store that hangs must leave time for another try, a slow line with a large
    /// image must not be cut off.
    fn patience(&self, length: u64) -> Duration {
        self.patience + Duration::from_secs(length / SLOWEST_LINE)
    }

    /// Doubles with each try; the upper half of it is random, so that many clients that failed together do not
    /// come back together.
    fn backoff(&self, tries: u32) -> Duration {
        let doublings = tries.min(self.tries).saturating_sub(1);
        let full = self.first_wait * 2_u32.saturating_pow(doublings);
        full.mul_f64(fastrand::f64().mul_add(0.5, 0.5))
    }

    #[cfg(test)]
    pub(crate) fn with_patience(patience: Duration) -> Self {
        Self { patience, ..Self::default() }
    }
}

/// The longest wait that a store may ask for; past it the client gets an error now rather than later.
const LONGEST_ASKED: Duration = Duration::from_secs(5);
/// Bytes a second of the slowest line that is still served, as for uploads from clients: 128 KiB.
const SLOWEST_LINE: u64 = 128 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn wait(tries: u32, asked: Option<Duration>, left: Duration) -> Option<Duration> {
        Retry::default().wait(tries, asked, Instant::now() + left)
    }

    #[tokio::test]
    async fn waits_longer_each_time_and_stops_after_five() {
        for (tries, longest) in [(1, 200), (2, 400), (3, 800), (4, 1600)] {
            let longest = Duration::from_millis(longest);
            for _ in 0..100 {
                let wait = wait(tries, None, 60 * SECOND).unwrap();
                assert!(longest / 2 <= wait && wait <= longest, "{tries}: {wait:?}");
            }
        }
        assert_eq!(wait(5, None, 60 * SECOND), None);
        assert_eq!(wait(u32::MAX, None, 60 * SECOND), None);
    }

    #[tokio::test]
    async fn waits_as_asked_unless_that_is_long_or_past_the_deadline() {
        assert_eq!(wait(1, Some(2 * SECOND), 60 * SECOND), Some(2 * SECOND));
        assert_eq!(wait(1, Some(2 * SECOND), SECOND), None);
        assert_eq!(wait(1, Some(60 * SECOND), 600 * SECOND), None);
        assert_eq!(wait(1, None, SECOND / 20), None);
    }

    #[test]
    fn a_larger_body_may_take_longer() {
        assert_eq!(Retry::default().patience(0), 10 * SECOND);
        assert_eq!(Retry::default().patience(30 * 1024 * 1024), 250 * SECOND);
    }
}
