//! How many jobs wait and work, and whether anything moves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::metrics;

/// What an engine has to do at the moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Jobs whose upload is complete and that wait for a worker or for memory.
    pub waiting: usize,
    /// Jobs that occupy a worker, those included that nobody waits for any more.
    pub working: usize,
    /// Bytes reserved for the images being compressed.
    pub memory_reserved: u64,
}

/// Counts the jobs in the engine and bounds them.
#[derive(Debug, Clone)]
pub(crate) struct Flow {
    state: Arc<Mutex<State>>,
    workers: usize,
    /// Most jobs, waiting or working.
    places: usize,
}

#[derive(Debug)]
struct State {
    load: Load,
    /// Uploads that began a moment ago, by their numbers: no more than there are places.
    arriving: Vec<(u64, Instant)>,
    /// Uploads so far.
    uploads: u64,
    /// When something last finished, or the engine was last without work.
    progress: Instant,
    /// How long a job has kept its worker of late; an average that forgets.
    service: Duration,
}

/// How much of the average the last job makes: one in so many.
const FORGETS: u32 = 8;

/// How long an upload counts as if it were in the queue already. Under ten times the load, a place that came free was begun
/// to be filled by four or five uploads, which were read to their end for one of them to have it. One that takes longer
/// comes from a slow client, who is to keep nobody out.
const SOON: Duration = Duration::from_millis(100);

/// An upload that has begun.
#[derive(Debug)]
pub(crate) struct Arrival {
    flow: Flow,
    number: u64,
}

/// A job's place: in the queue at first, with a worker once it has [started](Self::start). Dropped when the
/// job's work has really ended.
#[derive(Debug)]
pub(crate) struct Place {
    flow: Flow,
    /// Bytes reserved and since when, once it works.
    works_with: Option<(u64, Instant)>,
}

/// As many jobs wait as may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueueFull;

impl Flow {
    pub(crate) fn new(workers: usize, queue: usize) -> Self {
        let state = State {
            load: Load::default(),
            arriving: Vec::new(),
            uploads: 0,
            progress: Instant::now(),
            service: Duration::ZERO,
        };
        Self { state: Arc::new(Mutex::new(state)), workers, places: workers.saturating_add(queue) }
    }

    pub(crate) fn load(&self) -> Load {
        self.state().load
    }

    /// Begins an upload, if there will be a place for it by what is known `now`.
    pub(crate) fn expect(&self, now: Instant) -> Result<Arrival, QueueFull> {
        let mut state = self.state();
        state.arriving.retain(|&(_, since)| now.saturating_duration_since(since) < SOON);
        let Load { waiting, working, .. } = state.load;
        if waiting + working + state.arriving.len() >= self.places {
            return Err(QueueFull);
        }
        state.uploads += 1;
        let number = state.uploads;
        state.arriving.push((number, now));
        Ok(Arrival { flow: self.clone(), number })
    }

    /// How long it takes, at the pace of late, until a job that came now would have a worker.
    pub(crate) fn expected_wait(&self) -> Duration {
        let State { load, service, .. } = *self.state();
        let ahead = u32::try_from(load.waiting + load.working).unwrap_or(u32::MAX);
        service.saturating_mul(ahead) / u32::try_from(self.workers).unwrap_or(u32::MAX).max(1)
    }

    /// Takes a place in the queue.
    pub(crate) fn enter(&self) -> Result<Place, QueueFull> {
        let mut state = self.state();
        let inside = state.load.waiting + state.load.working;
        if inside >= self.places {
            return Err(QueueFull);
        }
        if inside == 0 {
            state.progress = Instant::now();
        }
        self.change(state, |load| load.waiting += 1);
        Ok(Place { flow: self.clone(), works_with: None })
    }

    /// Whether work waits and nothing has finished for longer than `patience`.
    pub(crate) fn is_stalled(&self, now: Instant, patience: Duration) -> bool {
        let state = self.state();
        state.load.waiting > 0 && now.saturating_duration_since(state.progress) > patience
    }

    /// The gauges change under the lock, so that they never end up at an older value.
    fn change(&self, mut state: MutexGuard<'_, State>, change: impl FnOnce(&mut Load)) {
        change(&mut state.load);
        metrics::show_load(state.load);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics under the lock; and numbers are no state that a panic could break.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The job goes to work, with so many bytes reserved.
    pub(crate) fn start(mut self, memory: u64) -> Self {
        self.works_with = Some((memory, Instant::now()));
        self.flow.change(self.flow.state(), |load| {
            load.waiting -= 1;
            load.working += 1;
            load.memory_reserved += memory;
        });
        self
    }

    /// The job needs no worker: its header was reason enough to refuse it. That is progress, unless all
    /// workers are busy: theirs is what the queue waits for.
    pub(crate) fn refused(self) {
        let mut state = self.flow.state();
        if state.load.working < self.flow.workers {
            state.progress = Instant::now();
        }
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.flow.state().arriving.retain(|&(number, _)| number != self.number);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.flow.state();
        let Some((memory, since)) = self.works_with else {
            return self.flow.change(state, |load| load.waiting -= 1);
        };
        state.progress = Instant::now();
        let took = since.elapsed();
        state.service = match state.service {
            Duration::ZERO => took,
            before => before - before / FORGETS + took / FORGETS,
        };
        self.flow.change(state, |load| {
            load.working -= 1;
            load.memory_reserved -= memory;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn counts_come_back_to_zero() {
        let flow = Flow::new(1, 1);
        let working = flow.enter().unwrap().start(100);
        let waiting = flow.enter().unwrap();
        assert_eq!(flow.load(), Load { waiting: 1, working: 1, memory_reserved: 100 });
        assert_eq!(flow.enter().unwrap_err(), QueueFull);
        drop((working, waiting));
        assert_eq!(flow.load(), Load::default());
        assert!(flow.enter().is_ok());
    }

    #[test]
    fn uploads_are_begun_for_the_places_there_are() {
        let flow = Flow::new(1, 1);
        let now = Instant::now();
        let _working = flow.enter().unwrap();
        let arrival = flow.expect(now).unwrap();
        assert_eq!(flow.expect(now).unwrap_err(), QueueFull);
        drop(arrival);
        let slow = flow.expect(now).unwrap();
        let other = flow.expect(now + SOON).expect("a slow one keeps nobody out");
        drop(slow);
        assert_eq!(flow.expect(now + SOON).unwrap_err(), QueueFull, "its end gives no place");
        drop(other);
        assert!(flow.expect(now + SOON).is_ok());
        assert!(flow.enter().is_ok());
    }

    #[test]
    fn what_is_ahead_is_expected_to_take_as_long_as_what_was_before() {
        let flow = Flow::new(2, 8);
        assert_eq!(flow.expected_wait(), Duration::ZERO, "nothing is known");
        for _ in 0..3 {
            let mut done = flow.enter().unwrap().start(0);
            done.works_with = Some((0, Instant::now() - MINUTE));
            drop(done);
        }
        let inside: Vec<_> = (0..6).map(|_| flow.enter().unwrap()).collect();
        assert_eq!(flow.expected_wait().as_secs(), 180, "six of a minute each, for two workers");
        drop(inside);
    }

    #[test]
    fn stalls_only_while_work_waits_and_nothing_finishes() {
        let flow = Flow::new(1, 2);
        let later = |minutes| Instant::now() + MINUTE * minutes;
        assert!(!flow.is_stalled(later(9), MINUTE), "an idle engine is not stalled");
        let working = flow.enter().unwrap().start(0);
        assert!(!flow.is_stalled(later(9), MINUTE), "nothing waits");
        let waiting = flow.enter().unwrap();
        assert!(!flow.is_stalled(Instant::now(), MINUTE), "it only just came");
        assert!(flow.is_stalled(later(2), MINUTE));
        let before = Instant::now();
        drop(working);
        assert!(!flow.is_stalled(before + MINUTE, MINUTE), "something finished");
        drop(waiting);
        assert!(!flow.is_stalled(later(9), MINUTE));
    }

    #[test]
    fn a_refusal_is_progress_only_while_a_worker_is_free() {
        let flow = Flow::new(1, 3);
        let waiting = flow.enter().unwrap();
        let refuse = || {
            let before = flow.state().progress;
            while Instant::now() <= before {}
            flow.enter().unwrap().refused();
            flow.state().progress > before
        };
        assert!(refuse());
        let _working = waiting.start(0);
        assert!(!refuse());
    }
}
