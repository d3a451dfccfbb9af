//! What the two C libraries have in common: they want a pointer to each row and hand back memory of `malloc`.

use std::slice;

/// A buffer that a C library allocates and grows while it writes, freed with `free`.
pub(super) struct MallocBuffer {
    /// Where the library keeps its pointer.
    pub(super) start: *mut u8,
    /// Where the library keeps the length.
    pub(super) length: libc::c_ulong,
}

impl MallocBuffer {
    /// An empty buffer: the library allocates.
    pub(super) fn new() -> Self {
        Self { start: std::ptr::null_mut(), length: 0 }
    }

    /// A copy of what was written.
    ///
    /// # Safety
    ///
    /// `start` and `length` must be what the library left there after it finished.
    pub(super) unsafe fn to_vec(&self) -> Vec<u8> {
        if self.start.is_null() {
            return Vec::new();
        }
        // SAFETY: the library wrote `length` bytes at `start`, as the caller promises.
        unsafe { slice::from_raw_parts(self.start, self.length as usize) }.to_vec()
    }
}

impl Drop for MallocBuffer {
    fn drop(&mut self) {
        // SAFETY: `start` is null or came from the C library's malloc, and nothing else frees it.
        unsafe { libc::free(self.start.cast()) }
    }
}

/// A pointer to each row of a picture.
pub(super) fn rows(rgb: &[u8], width: usize) -> Vec<*const u8> {
    rgb.chunks_exact(width * 3).map(<[u8]>::as_ptr).collect()
}
