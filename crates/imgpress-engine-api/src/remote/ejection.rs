//! Engines that fail get no work until they have answered a health request.

use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::endpoint::Endpoint;

/// How long after an engine's first failure it is asked for its health; twice as long after each further one.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// An engine that comes back is noticed after as long, however long it was away.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// For how long an engine that has refused work as too much is passed over, if another takes it.
const BUSY: Duration = Duration::from_millis(250);

/// Whether an engine gets work.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    ejected: bool,
    /// Whether somebody asks it for its health.
    watched: bool,
    /// Failures since the last success.
    failures: u32,
    busy_until: Option<Instant>,
}

/// How much an engine is worth asking, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// It takes work.
    Good,
    /// It has just refused some.
    Busy,
    /// It has failed, and has not shown its health since.
    Ejected,
}

impl Health {
    pub(super) fn standing(&self, now: Instant) -> Standing {
        let state = self.state();
        match state.busy_until {
            _ if state.ejected => Standing::Ejected,
            Some(until) if now < until => Standing::Busy,
            _ => Standing::Good,
        }
    }

    /// It refused work as too much.
    pub(super) fn is_busy(&self) {
        self.state().busy_until = Some(Instant::now() + BUSY);
    }

    /// It has failed. `true` where it was not ejected before; of one that was, nothing new is known by that.
    pub(super) fn failed(&self) -> bool {
        let mut state = self.state();
        let newly = !std::mem::replace(&mut state.ejected, true);
        state.failures = state.failures.saturating_add(newly.into());
        newly
    }

    /// It was asked for its health, and has none.
    pub(super) fn fails_still(&self) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
    }

    /// It has said that it can work. `true` where it was ejected. It is still remembered how often it has failed.
    pub(super) fn is_ready(&self) -> bool {
        std::mem::take(&mut self.state().ejected)
    }

    /// It has worked. `true` where it was ejected.
    pub(super) fn worked(&self) -> bool {
        let mut state = self.state();
        state.failures = 0;
        std::mem::take(&mut state.ejected)
    }

    /// `true` for the one who is to ask it for its health from now on.
    pub(super) fn begin_watch(&self) -> bool {
        !std::mem::replace(&mut self.state().watched, true)
    }

    /// How long to wait before it is asked again; `None` where there is no need to, which ends the watch.
    fn wait(&self) -> Option<Duration> {
        let mut state = self.state();
        state.watched = state.ejected;
        let doublings = state.failures.saturating_sub(1).min(16);
        state.ejected.then(|| FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks an ejected engine for its health until it has some, or is no longer named.
pub(super) async fn watch(engine: Weak<Endpoint>) {
    while let Some(wait) = engine.upgrade().and_then(|engine| engine.health().wait()) {
        sleep(jittered(wait)).await;
        let Some(engine) = engine.upgrade() else { return };
        engine.check().await;
    }
}

/// Many gateways are not to ask at one moment: so it is three to five quarters of a wait.
fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(0.75 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_with_every_failure_and_have_an_end() {
        let health = Health::default();
        assert_eq!(health.wait(), None, "nobody has to ask a healthy one");
        health.failed();
        health.failed();
        let waits: Vec<u128> = (0..8)
            .map(|_| {
                let wait = health.wait().unwrap().as_millis();
                health.fails_still();
                wait
            })
            .collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        assert!((0..100).all(|_| jittered(LONGEST_WAIT) <= LONGEST_WAIT * 5 / 4));
    }

    #[test]
    fn readiness_alone_forgives_nothing_and_work_forgives_all() {
        let health = Health::default();
        assert!(health.failed() && !health.failed(), "the second finds it ejected");
        assert!(health.is_ready() && !health.is_ready());
        assert_eq!(health.standing(Instant::now()), Standing::Good);
        health.failed();
        assert_eq!(health.wait(), Some(FIRST_WAIT * 2));
        assert!(health.worked());
        health.failed();
        assert_eq!(health.wait(), Some(FIRST_WAIT));
    }

    #[test]
    fn a_busy_one_is_passed_over_for_a_moment() {
        let health = Health::default();
        health.is_busy();
        assert_eq!(health.standing(Instant::now()), Standing::Busy);
        assert_eq!(health.standing(Instant::now() + BUSY), Standing::Good);
    }
}
