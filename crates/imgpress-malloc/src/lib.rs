//! How the system's allocator gives memory back.
//!
//! glibc raises its threshold for blocks of their own to the largest that was freed, up to 32 MiB. From then on pictures
//! lie in the heaps of its arenas among what is small and lives long, and what is free there stays with the process:
//! 229 MB after 5,000 pictures (`docs/adr/0010-memory-goes-back.md`).

/// Blocks from so many bytes on are mapped on their own, and unmapped when they are freed: rows and tables of one
/// picture are smaller, its pixels are not.
pub const LARGE: i32 = 1 << 20;

/// Bytes at the end of a heap that may stay free. Both settings are said: either switches off that they grow.
pub const SPARE: i32 = 4 << 20;

/// Has memory of [`LARGE`] blocks given back to the system as soon as they are freed, and gives whether the allocator
/// takes the settings. Those of other C libraries than glibc have none, and need none.
///
/// To be called once, before there are threads.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn give_back_large_blocks() -> bool {
    [(libc::M_MMAP_THRESHOLD, LARGE), (libc::M_TRIM_THRESHOLD, SPARE)].into_iter().all(|(setting, value)| {
        // SAFETY: mallopt takes two numbers, by value, and returns one; it takes the allocator's lock.
        unsafe { libc::mallopt(setting, value) == 1 }
    })
}

/// As on glibc, where there is something to be set.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back_large_blocks() -> bool {
    false
}
