//! Threads for work that keeps a core busy: the async runtime's threads stay free for sockets.

use std::any::Any;
use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

type Task = Box<dyn FnOnce() + Send>;

/// A few named threads that take tasks in order. Its queue has no bound of its own: whoever runs a task holds
/// a permit of something that has. The threads end after the pool is dropped.
#[derive(Debug)]
pub(crate) struct Pool {
    tasks: Sender<Task>,
}

/// What a pool does when no task has come for a while, once after each time that it had some.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rest {
    pub(crate) after: Duration,
    pub(crate) then: fn(),
}

/// What a pool's threads share.
#[derive(Debug)]
struct Shared {
    /// Locked by the one that waits for the next task.
    waiting: Mutex<Receiver<Task>>,
    rest: Option<Rest>,
    /// Whether a task has ended since the last rest.
    has_worked: AtomicBool,
}

/// A task that panicked, with what it said; or that was never run.
#[derive(Debug, thiserror::Error)]
#[error("panic: {0}")]
pub(crate) struct Panicked(String);

impl Pool {
    /// Starts threads called `name-0`, `name-1` and so on.
    pub(crate) fn start(name: &str, threads: NonZeroUsize, rest: Option<Rest>) -> io::Result<Self> {
        let (tasks, waiting) = channel::<Task>();
        let waiting = Mutex::new(waiting);
        let shared = Arc::new(Shared { waiting, rest, has_worked: AtomicBool::new(false) });
        for number in 0..threads.get() {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name(format!("{name}-{number}")).spawn(move || work_off(&shared))?;
        }
        Ok(Self { tasks })
    }

    /// Runs `work` on a thread of the pool. The task runs even if nobody waits for it any more: what it owns
    /// is dropped when it has ended, before its result arrives here.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let (report, reported) = oneshot::channel();
        let task = move || {
            // Nothing that a panic may leave half-done is seen again: `work` owns all it touches.
            let result = catch_unwind(AssertUnwindSafe(work)).map_err(|payload| Panicked(said(&*payload)));
            // Whoever asked may be gone.
            report.send(result).ok();
        };
        self.tasks.send(Box::new(task)).map_err(|_| Panicked("no thread is left".to_owned()))?;
        reported.await.unwrap_or_else(|_| Err(Panicked("the task was dropped".to_owned())))
    }
}

fn work_off(shared: &Shared) {
    while let Some(task) = shared.next() {
        // The task guards its work; this guards what is left: a destructor of its result, say.
        catch_unwind(AssertUnwindSafe(task)).ok();
        shared.has_worked.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    /// The next task, if there is one ever.
    fn next(&self) -> Option<Task> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(rest) = self.rest else { return waiting.recv().ok() };
        loop {
            match waiting.recv_timeout(rest.after) {
                Ok(task) => return Some(task),
                Err(RecvTimeoutError::Disconnected) => return None,
                // Another may end its task later than this: one waits for all.
                Err(RecvTimeoutError::Timeout) if self.has_worked.swap(false, Ordering::Relaxed) => {
                    (rest.then)();
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn one_thread() -> Pool {
        Pool::start("test", NonZeroUsize::MIN, None).unwrap()
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_thread_lives_on() {
        let pool = one_thread();
        for _ in 0..3 {
            let panicked = pool.run(|| panic!("broken {}", 7)).await;
            assert_eq!(panicked.map(|()| 0).unwrap_err().to_string(), "panic: broken 7");
        }
        let name = pool.run(|| thread::current().name().map(str::to_owned)).await.unwrap();
        assert_eq!(name.as_deref(), Some("test-0"));
    }

    #[tokio::test]
    async fn a_result_that_panics_when_nobody_takes_it_costs_no_thread() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("in a destructor");
            }
        }
        let pool = one_thread();
        let (finish, finished) = std::sync::mpsc::channel();
        let mut unheard = Box::pin(pool.run(move || {
            finished.recv().ok();
            Bomb
        }));
        assert!(futures_util::poll!(&mut unheard).is_pending());
        drop(unheard);
        finish.send(()).unwrap();
        assert_eq!(pool.run(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_pool_rests_once_after_its_work() {
        static RESTS: AtomicUsize = AtomicUsize::new(0);
        let after = Duration::from_millis(1);
        let then = || {
            RESTS.fetch_add(1, Ordering::SeqCst);
        };
        let pool = Pool::start("test", NonZeroUsize::MIN, Some(Rest { after, then })).unwrap();
        for works in 1..4 {
            pool.run(|| ()).await.unwrap();
            crate::gate::until(|| RESTS.load(Ordering::SeqCst) == works).await;
        }
    }
}
