//! Work on several threads, and its results in order.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Does the work of the numbers below `count` on so many threads, and gives each result to `take` in the order of the
/// numbers, as soon as those before it are there.
///
/// # Errors
/// The system gives not even one thread.
pub(super) fn in_order<T: Send>(
    count: usize,
    threads: NonZeroUsize,
    work: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(T),
) -> io::Result<()> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::sync_channel(threads.get());
    let run = |sender: mpsc::SyncSender<(usize, T)>| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count || sender.send((number, work(number))).is_err() {
                return;
            }
        }
    };
    thread::scope(|scope| {
        let run = &run;
        for thread in 0..threads.get().min(count) {
            let sender = sender.clone();
            let started = thread::Builder::new().spawn_scoped(scope, move || run(sender));
            match started {
                // With fewer it takes longer.
                Err(_) if thread > 0 => break,
                started => drop(started?),
            }
        }
        drop(sender);
        let (mut early, mut expected) = (BTreeMap::new(), 0);
        for (number, result) in receiver {
            early.insert(number, result);
            while let Some(result) = early.remove(&expected) {
                take(result);
                expected += 1;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn results_come_in_order_whatever_is_done_first() {
        // The first is done only when the second is.
        let barrier = Barrier::new(2);
        let mut results = Vec::new();
        let work = |number| {
            if number < 2 {
                barrier.wait();
            }
            number
        };
        in_order(50, NonZeroUsize::new(3).unwrap(), work, |result| results.push(result)).unwrap();
        assert_eq!(results, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn all_threads_work_at_once() {
        let barrier = Barrier::new(4);
        let mut count = 0;
        let work = |_| barrier.wait().is_leader();
        in_order(4, NonZeroUsize::new(4).unwrap(), work, |is_leader| count += usize::from(is_leader))
            .unwrap();
        assert_eq!(count, 1);
    }
}
