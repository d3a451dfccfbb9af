//! When the system's allocator gives memory back.
//!
//! By glibc's own rules what is free stays with the process, among what is small and lives on: 229 MB after 5,000 pictures
//! (`docs/adr/0010-memory-goes-back.md`). An engine keeps it from one picture to the next and gives it back when there is
//! nothing to do; everybody else gives it back at once. Other C libraries have no such settings.

use std::sync::{Mutex, MutexGuard, PoisonError};

static KEEPING: Mutex<Keeping> = Mutex::new(Keeping { spare: None, vast: 0 });

struct Keeping {
    /// Bytes that are kept between pictures, where any are.
    spare: Option<i32>,
    /// How many pictures there are at the moment beside which nothing is kept.
    vast: usize,
}

/// The smallest block that is mapped on its own, and unmapped when it is freed, in bytes: rows and tables of one picture are
/// smaller, its pixels are not.
const LARGE: i32 = 1 << 20;

/// Bytes at the end of a heap that may stay free. Both settings are said: either switches off that they grow.
const SPARE: i32 = 4 << 20;

/// The same where memory is kept between pictures: the largest that glibc takes.
const LARGE_BESIDE_WORK: i32 = 32 << 20;

/// How many workers share a heap. In one heap what one leaves serves another, and all that is free can be given back, which
/// glibc does not do at the end of its other heaps; but a heap has one lock.
const WORKERS_A_HEAP: usize = 8;

/// Has memory of large blocks given back to the system as soon as they are freed, and gives whether the allocator takes the
/// settings.
///
/// To be called once, before there are threads.
pub fn give_back_large_blocks() -> bool {
    set([(glibc::MMAP_THRESHOLD, LARGE), (glibc::TRIM_THRESHOLD, SPARE)])
}

/// Has up to `most` bytes of free memory kept for the next picture of so many workers, until
/// [`give_back_free_memory`] is called, and gives whether the allocator takes the settings.
///
/// A picture's memory was mapped, written to and unmapped within 30 milliseconds, then that of the next: the kernel took 12 % of
/// the workers' time for it.
///
/// To be called once, before there are threads.
pub fn keep_memory_between_pictures(most: usize, workers: usize) -> bool {
    let limited = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let spare = limited(most).max(SPARE);
    keeping().spare = Some(spare);
    set([
        (glibc::MMAP_THRESHOLD, LARGE_BESIDE_WORK),
        (glibc::TRIM_THRESHOLD, spare),
        (glibc::ARENA_MAX, limited(workers.div_ceil(WORKERS_A_HEAP)).max(1)),
    ])
}

/// While it lives, nothing is kept: for a picture that takes so much that what lies free beside it matters.
#[derive(Debug)]
pub struct KeepsNothing(());

impl KeepsNothing {
    /// Gives back what is free, and from now on large blocks as soon as they are freed; but those that find room among blocks
    /// that live on stay until [`give_back_free_memory`] is called.
    #[must_use]
    pub fn begin() -> Self {
        let mut keeping = keeping();
        keeping.vast += 1;
        if keeping.vast == 1 {
            give_back_large_blocks();
        }
        drop(keeping);
        give_back_free_memory();
        Self(())
    }
}

impl Drop for KeepsNothing {
    fn drop(&mut self) {
        let mut keeping = keeping();
        keeping.vast -= 1;
        if let (0, Some(spare)) = (keeping.vast, keeping.spare) {
            set([(glibc::MMAP_THRESHOLD, LARGE_BESIDE_WORK), (glibc::TRIM_THRESHOLD, spare)]);
        }
    }
}

fn keeping() -> MutexGuard<'static, Keeping> {
    KEEPING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives back what is free.
pub fn give_back_free_memory() {
    glibc::trim();
}

fn set<const COUNT: usize>(settings: [(i32, i32); COUNT]) -> bool {
    settings.into_iter().all(|(setting, value)| glibc::set(setting, value))
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    pub(crate) use libc::{
        M_ARENA_MAX as ARENA_MAX, M_MMAP_THRESHOLD as MMAP_THRESHOLD, M_TRIM_THRESHOLD as TRIM_THRESHOLD,
    };

    pub(crate) fn set(setting: i32, value: i32) -> bool {
        // SAFETY: mallopt takes two numbers, by value, and returns one; it takes the allocator's lock.
        unsafe { libc::mallopt(setting, value) == 1 }
    }

    pub(crate) fn trim() {
        // SAFETY: malloc_trim takes a number, by value; it takes the allocator's locks, and touches what is free alone.
        unsafe { libc::malloc_trim(0) };
    }
}

/// As on glibc, where there is something to be set.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod glibc {
    pub(crate) const ARENA_MAX: i32 = 0;
    pub(crate) const MMAP_THRESHOLD: i32 = 0;
    pub(crate) const TRIM_THRESHOLD: i32 = 0;

    pub(crate) fn set(_: i32, _: i32) -> bool {
        false
    }

    pub(crate) fn trim() {}
}
