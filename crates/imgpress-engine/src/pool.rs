//! Threads for work that keeps a core busy: the async runtime's threads stay free for sockets.

use std::any::Any;
use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

type Task = Box<dyn FnOnce() + Send>;

/// A few named threads that take tasks in order. Its queue has no bound of its own: whoever runs a task holds
/// a permit of something that has. The threads end after the pool is dropped.
#[derive(Debug)]
pub(crate) struct Pool {
    tasks: Sender<Task>,
}

/// A task that panicked, with what it said; or that was never run.
#[derive(Debug, thiserror::Error)]
#[error("panic: {0}")]
pub(crate) struct Panicked(String);

impl Pool {
    /// Starts threads called `name-0`, `name-1` and so on.
    pub(crate) fn start(name: &str, threads: NonZeroUsize) -> io::Result<Self> {
        let (tasks, waiting) = channel::<Task>();
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..threads.get() {
            let waiting = Arc::clone(&waiting);
            thread::Builder::new().name(format!("{name}-{number}")).spawn(move || work_off(&waiting))?;
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

fn work_off(waiting: &Mutex<Receiver<Task>>) {
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(task) = next else { return };
        // The task guards its work; this guards what is left: a destructor of its result, say.
        catch_unwind(AssertUnwindSafe(task)).ok();
    }
}

fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_thread() -> Pool {
        Pool::start("test", NonZeroUsize::MIN).unwrap()
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
}
