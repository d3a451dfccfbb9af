use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::Error;

/// How long a compression may go on: a deadline and a flag that somebody else may set.
///
/// It is looked at between steps, so a step that has begun is finished first.
#[derive(Debug, Clone, Default)]
pub struct Budget {
    deadline: Option<Instant>,
    cancelled: Option<Arc<AtomicBool>>,
}

impl Budget {
    /// As long as it takes.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// Until `deadline`, or until `cancelled` is set, whichever comes first.
    #[must_use]
    pub fn new(deadline: Instant, cancelled: Arc<AtomicBool>) -> Self {
        Self { deadline: Some(deadline), cancelled: Some(cancelled) }
    }

    /// How long it still may go on; `None` for as long as it takes.
    #[cfg_attr(not(feature = "oxipng"), expect(dead_code, reason = "for an encoder that is not built"))]
    pub(crate) fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Whether there is still time.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when the flag is set, else [`Error::DeadlineExceeded`] when the deadline has passed.
    pub fn check(&self) -> Result<(), Error> {
        if self.cancelled.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return Err(Error::Cancelled);
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Error::DeadlineExceeded);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn far() -> Instant {
        Instant::now() + Duration::from_secs(3600)
    }

    #[test]
    fn an_unlimited_budget_never_ends() {
        assert!(Budget::unlimited().check().is_ok());
    }

    #[test]
    fn a_deadline_that_has_passed_ends_it() {
        let budget = Budget::new(Instant::now(), Arc::default());
        assert!(matches!(budget.check(), Err(Error::DeadlineExceeded)));
    }

    #[test]
    fn a_flag_set_later_ends_it() {
        let flag = Arc::new(AtomicBool::new(false));
        let budget = Budget::new(far(), Arc::clone(&flag));
        assert!(budget.check().is_ok());
        flag.store(true, Ordering::Relaxed);
        assert!(matches!(budget.check(), Err(Error::Cancelled)));
    }
}
