//! Memory as something to be reserved before it is used, so that several large pictures do not take more than there is.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// So many bytes for all that is worked on at once.
#[derive(Debug)]
pub(super) struct Memory {
    total: u64,
    used: Mutex<Used>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct Used {
    bytes: u64,
    /// Pictures that are compressed, and not only read.
    working: usize,
}

/// Bytes set aside until this is dropped.
#[derive(Debug)]
pub(super) struct Reservation<'a> {
    memory: &'a Memory,
    bytes: u64,
    is_working: bool,
}

impl Memory {
    pub(super) fn new(total: u64) -> Self {
        Self { total, used: Mutex::default(), freed: Condvar::new() }
    }

    /// Waits until there is room for a file of so many bytes, or nothing else is held.
    pub(super) fn for_file(&self, bytes: u64) -> Reservation<'_> {
        let mut used = self.wait(|used| used.bytes == 0 || used.bytes.saturating_add(bytes) <= self.total);
        used.bytes = used.bytes.saturating_add(bytes);
        Reservation { memory: self, bytes, is_working: false }
    }

    fn wait(&self, has_room: impl Fn(&Used) -> bool) -> MutexGuard<'_, Used> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        self.freed.wait_while(used, |used| !has_room(used)).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reservation<'_> {
    /// Waits until there is room for so many bytes more, which working on the file takes, or nothing else is worked on:
    /// those that only hold their files may be waiting here too.
    pub(super) fn for_work(&mut self, bytes: u64) {
        let Memory { total, .. } = self.memory;
        let mut used =
            self.memory.wait(|used| used.working == 0 || used.bytes.saturating_add(bytes) <= *total);
        used.bytes = used.bytes.saturating_add(bytes);
        used.working += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        self.is_working = true;
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut used = self.memory.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.bytes = used.bytes.saturating_sub(self.bytes);
        used.working -= usize::from(self.is_working);
        drop(used);
        self.memory.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn no_more_than_the_total_is_held_and_everybody_comes_to_it() {
        let memory = Memory::new(100);
        let (held, most) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for thread in 0..8_u64 {
                let (memory, held, most) = (&memory, &held, &most);
                scope.spawn(move || {
                    for turn in 0..200 {
                        let mut reservation = memory.for_file(5);
                        let bytes = 20 + (thread * 7 + turn) % 40;
                        reservation.for_work(bytes);
                        most.fetch_max(held.fetch_add(bytes, Ordering::SeqCst) + bytes, Ordering::SeqCst);
                        held.fetch_sub(bytes, Ordering::SeqCst);
                    }
                });
            }
        });
        let most = most.into_inner();
        assert!((20..=100).contains(&most), "{most}");
        assert_eq!(memory.used.into_inner().unwrap().bytes, 0);
    }

    #[test]
    fn what_is_larger_than_all_of_it_is_done_alone() {
        let memory = Memory::new(10);
        let mut large = memory.for_file(50);
        large.for_work(1000);
        thread::scope(|scope| {
            let other = scope.spawn(|| memory.for_file(1).bytes);
            assert!(!other.is_finished());
            drop(large);
            assert_eq!(other.join().unwrap(), 1);
        });
    }

    #[test]
    fn many_that_hold_files_do_not_wait_for_each_other_for_ever() {
        let memory = Memory::new(10);
        let (mut one, mut other) = (memory.for_file(5), memory.for_file(5));
        one.for_work(20);
        drop(one);
        other.for_work(20);
    }
}
