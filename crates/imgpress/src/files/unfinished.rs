//! Temporary files that are being written, so that none is left when the process is asked to end.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The temporary files that there are.
static ALL: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A temporary file that is there until this is dropped, or is no longer called that.
pub(super) struct Unfinished(PathBuf);

/// Makes a temporary file. None is made once the process has been asked to end.
///
/// # Errors
/// Those of `make`.
pub(super) fn begin<T, E>(
    make: impl FnOnce() -> Result<T, E>,
    path: impl FnOnce(&T) -> PathBuf,
) -> Result<(T, Unfinished), E> {
    let mut all = all();
    let made = make()?;
    let path = path(&made);
    all.insert(path.clone());
    Ok((made, Unfinished(path)))
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        all().remove(&self.0);
    }
}

fn all() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From here on SIGINT and SIGTERM remove what is unfinished and end the process, with the exit code that a shell has for
/// what a signal ended.
///
/// # Errors
/// The system's.
#[cfg(unix)]
pub(crate) fn remove_when_asked_to_end() -> std::io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let Some(signal) = signals.forever().next() else { return };
        // Held to the end: nobody begins another file.
        let all = all();
        for path in all.iter() {
            // It may have got its name meanwhile.
            let _ = std::fs::remove_file(path);
        }
        std::process::exit(128 + signal);
    })?;
    Ok(())
}

/// Where there are no such signals the system ends the process.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub(crate) fn remove_when_asked_to_end() -> std::io::Result<()> {
    Ok(())
}
