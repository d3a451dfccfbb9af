//! What a folder keeps, and what goes: what is too old, and the oldest where there is too much.

use std::collections::BinaryHeap;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::StorageKey;

/// How much a [`LocalStorage`](super::LocalStorage) keeps. The default keeps everything.
///
/// The bounds are looked after in the background, once a minute at most: until then there may be more. A picture that was
/// stored, or stored again, within the last minute stays in any case, for whoever was given its URL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// The most bytes of pictures; the oldest go first.
    pub max_bytes: Option<u64>,
    /// The age at which a picture goes, from when it was last stored.
    pub max_age: Option<Duration>,
}

/// A folder of pictures that is kept within bounds.
#[derive(Debug)]
pub(super) struct Keeper {
    files: PathBuf,
    retention: Retention,
    /// Held while a picture is looked at and then removed, or looked at and then called new: no put of this process is
    /// told that a picture is there which goes at that moment.
    looking: Mutex<()>,
}

/// What a sweep did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Swept {
    /// Pictures removed because they were too old.
    pub(super) by_age: Removed,
    /// Pictures removed because there was too much.
    pub(super) by_size: Removed,
    /// Bytes of those that are left.
    pub(super) left: u64,
}

/// How much was removed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Removed {
    pub(super) files: u64,
    pub(super) bytes: u64,
}

impl Retention {
    /// Whether anything is ever to go.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.max_bytes.is_some() || self.max_age.is_some()
    }
}

impl Keeper {
    pub(super) fn new(files: PathBuf, retention: Retention) -> Self {
        Self { files, retention, looking: Mutex::default() }
    }

    /// Calls a picture new that is stored again: it counts from now. Whether it is there, with that length.
    #[expect(clippy::disallowed_methods, reason = "one look and one touch under a lock: file work in one go")]
    pub(super) async fn renew(self: &Arc<Self>, place: PathBuf, length: u64) -> io::Result<bool> {
        let keeper = Arc::clone(self);
        let renew = move || {
            let _looking = keeper.looking.lock().unwrap_or_else(PoisonError::into_inner);
            match fs::symlink_metadata(&place) {
                Ok(metadata) if metadata.is_file() && metadata.len() == length => {
                    File::open(&place)?.set_modified(SystemTime::now())?;
                    Ok(true)
                }
                Ok(_) => Ok(false),
                Err(missing) if missing.kind() == ErrorKind::NotFound => Ok(false),
                Err(other) => Err(other),
            }
        };
        spawn_blocking(renew).await.map_err(io::Error::other)?
    }

    /// Looks at every picture once, and removes those that are to go.
    pub(super) fn sweep(&self, now: SystemTime) -> io::Result<Swept> {
        let mut swept = Swept::default();
        let mut oldest = BinaryHeap::new();
        for folder in folders_of_keys(&self.files)? {
            for picture in pictures(&self.files, &folder)? {
                let age = now.duration_since(picture.written).unwrap_or_default();
                if self.retention.max_age.is_some_and(|most| age >= most.max(YOUNG)) {
                    self.remove(&picture, &mut swept.by_age);
                    continue;
                }
                swept.left += picture.bytes;
                if self.retention.max_bytes.is_some() && age >= YOUNG {
                    oldest.push(picture);
                    // The newest of them go: a heap has its greatest on top.
                    if oldest.len() > MOST_AT_ONCE {
                        oldest.pop();
                    }
                }
            }
        }
        for picture in oldest.into_sorted_vec() {
            if self.retention.max_bytes.is_none_or(|most| swept.left <= most) {
                break;
            }
            if self.remove(&picture, &mut swept.by_size) {
                swept.left -= picture.bytes;
            }
        }
        Ok(swept)
    }

    /// Removes a picture unless it was stored again meanwhile. Whether it is gone.
    fn remove(&self, picture: &Picture, removed: &mut Removed) -> bool {
        let _looking = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let as_it_was = fs::symlink_metadata(&picture.path)
            .is_ok_and(|now| now.is_file() && written(&now) == picture.written);
        match as_it_was.then(|| fs::remove_file(&picture.path)) {
            Some(Ok(())) => {
                removed.files += 1;
                removed.bytes += picture.bytes;
                true
            }
            // Another process may sweep the same folder.
            Some(Err(error)) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, "a picture that is no longer kept cannot be removed");
                false
            }
            Some(Err(_)) => true,
            None => false,
        }
    }
}

/// Keeps a folder within its bounds as long as anybody uses it.
#[expect(
    clippy::disallowed_methods,
    reason = "thousands of small steps of file work, each worth a thread's turn"
)]
pub(super) async fn sweep_while_used(keeper: Weak<Keeper>) {
    while let Some(keeper) = Weak::upgrade(&keeper) {
        let started = Instant::now();
        let swept = spawn_blocking(move || keeper.sweep(SystemTime::now())).await;
        match swept.map_err(io::Error::other).flatten() {
            Ok(swept) => swept.tell(),
            Err(error) => tracing::warn!(%error, "the folder of pictures cannot be swept"),
        }
        // Where there are many pictures, a look at all of them takes long: no more than a twentieth of the time.
        sleep(SWEEP_EVERY.max(started.elapsed() * 20)).await;
    }
}

impl Swept {
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a number with a point")]
    fn tell(&self) {
        metrics::gauge!("storage_local_bytes").set(self.left as f64);
        for (reason, removed) in [("age", self.by_age), ("size", self.by_size)] {
            metrics::counter!("storage_expired_total", "reason" => reason).increment(removed.files);
            metrics::counter!("storage_expired_bytes_total", "reason" => reason).increment(removed.bytes);
        }
        let Self { by_age, by_size, left } = self;
        if by_age.files + by_size.files > 0 {
            tracing::info!(
                too_old = by_age.files,
                too_much = by_size.files,
                bytes = by_age.bytes + by_size.bytes,
                bytes_left = left,
                "pictures were removed from the folder"
            );
        }
    }
}

/// How often a folder is looked at, at most.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How long a picture stays in any case.
const YOUNG: Duration = Duration::from_secs(60);
/// Most pictures that go at once because there is too much: some 2 MB of names.
const MOST_AT_ONCE: usize = 10_000;

/// A picture that was found. The older, the smaller.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Picture {
    written: SystemTime,
    path: PathBuf,
    bytes: u64,
}

/// The folders in which pictures are: `xx`, and `xx` in those of clients. Nothing else is looked into, and no link is
/// followed.
fn folders_of_keys(files: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in folders(files)? {
        match folder.file_name().map(std::ffi::OsStr::len) {
            Some(2) => found.push(folder),
            _ => found.extend(folders(&folder)?),
        }
    }
    Ok(found)
}

fn folders(of: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(of)? {
        let entry = entry?;
        // One that is gone meanwhile is as good as none.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}

/// Plain files that a key names. Anything else in the folder is somebody else's.
fn pictures(files: &Path, folder: &Path) -> io::Result<impl Iterator<Item = Picture>> {
    let files = files.to_owned();
    let entries = match fs::read_dir(folder) {
        Err(gone) if gone.kind() == ErrorKind::NotFound => None,
        read => Some(read?),
    };
    Ok(entries.into_iter().flatten().filter_map(Result::ok).filter_map(move |entry| {
        let path = entry.path();
        let key = path.strip_prefix(&files).ok()?.to_str()?;
        key.replace(std::path::MAIN_SEPARATOR, "/").parse::<StorageKey>().ok()?;
        let metadata = entry.metadata().ok().filter(Metadata::is_file)?;
        Some(Picture { written: written(&metadata), path, bytes: metadata.len() })
    }))
}

/// The time of day at which a file was written.
fn written(metadata: &Metadata) -> SystemTime {
    metadata.modified().unwrap_or_else(|_| SystemTime::now())
}

#[cfg(test)]
mod tests;
