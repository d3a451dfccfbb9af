//! Originals and what was made of them, kept for a while in files of this machine.

mod file;

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use tokio::fs;
use tokio::sync::Mutex;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

pub(super) use self::file::{About, Kept, Writing};

/// How many results are kept at most, however small.
const MOST: usize = 10_000;

/// How often what is too old is looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// How long, and how much of it, results are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) age: Duration,
    pub(super) bytes: u64,
}

/// A folder of results, each a file. Several processes may share it; each answers for the bounds alone.
pub(super) struct Results {
    folder: PathBuf,
    temp_dir: PathBuf,
    bounds: Bounds,
    index: Mutex<Index>,
}

/// The name of a result: 122 random bits, which nobody guesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ResultId(Uuid);

/// A text that is no [`ResultId`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoResultId;

/// What there is, the oldest first.
#[derive(Default)]
struct Index {
    results: VecDeque<(ResultId, u64)>,
    bytes: u64,
}

impl Results {
    /// Opens the folder, making it if need be. Files are written in `temp_dir`, on the same file system.
    pub(super) async fn open(folder: PathBuf, temp_dir: PathBuf, bounds: Bounds) -> io::Result<Self> {
        make_private(&folder).await?;
        let results = Self { folder, temp_dir, bounds, index: Mutex::default() };
        results.sweep().await?;
        Ok(results)
    }

    /// A new file, to be written and then [kept](Self::keep).
    pub(super) async fn begin(&self) -> io::Result<Writing> {
        Writing::begin(&self.temp_dir).await
    }

    /// Gives a file that was written its name. The oldest go where there are too many.
    pub(super) async fn keep(&self, writing: Writing, about: &About) -> io::Result<ResultId> {
        let id = ResultId(Uuid::new_v4());
        // Held while the file takes its name, so that no sweep counts it a second time.
        let mut index = self.index.lock().await;
        let bytes = writing.finish(about, &self.path(id)).await?;
        index.push(id, bytes);
        let excess = index.take_excess(self.bounds.bytes);
        drop(index);
        for id in excess {
            self.remove(id).await;
        }
        Ok(id)
    }

    /// A result, unless it is gone or too old.
    pub(super) async fn find(&self, id: ResultId) -> io::Result<Option<Kept>> {
        let path = self.path(id);
        match fs::symlink_metadata(&path).await {
            Ok(metadata) if age(&metadata) < self.bounds.age => Kept::open(path).await,
            Ok(_) => Ok(None),
            Err(gone) if gone.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes what is too old, and looks at what there is.
    async fn sweep(&self) -> io::Result<()> {
        let mut index = self.index.lock().await;
        let mut found = Vec::new();
        let mut entries = fs::read_dir(&self.folder).await?;
        while let Some(entry) = entries.next_entry().await? {
            let name = entry.file_name();
            let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
            // One that is gone meanwhile is as good as removed.
            let Ok(metadata) = entry.metadata().await else { continue };
            found.push((age(&metadata), id, metadata.len()));
        }
        found.sort_by_key(|&(age, ..)| std::cmp::Reverse(age));
        *index = Index::default();
        for (age, id, bytes) in found {
            if age < self.bounds.age {
                index.push(id, bytes);
            } else {
                self.remove(id).await;
            }
        }
        for id in index.take_excess(self.bounds.bytes) {
            self.remove(id).await;
        }
        Ok(())
    }

    async fn remove(&self, id: ResultId) {
        match fs::remove_file(self.path(id)).await {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, "a result that is no longer kept cannot be removed");
            }
            _ => {}
        }
    }

    fn path(&self, id: ResultId) -> PathBuf {
        self.folder.join(id.to_string())
    }
}

/// Removes what gets too old, as long as anybody uses the results.
pub(super) async fn sweep_while_used(results: Weak<Results>) {
    let mut ticks = interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(results) = Weak::upgrade(&results) else { return };
        swept(&results).await;
    }
}

async fn swept(results: &Arc<Results>) {
    if let Err(error) = results.sweep().await {
        tracing::warn!(%error, "the folder of results cannot be swept");
    }
}

impl Index {
    fn push(&mut self, id: ResultId, bytes: u64) {
        self.results.push_back((id, bytes));
        self.bytes += bytes;
    }

    /// Forgets the oldest until the rest is within the bounds, but for the newest, which somebody is about to ask for.
    fn take_excess(&mut self, most_bytes: u64) -> Vec<ResultId> {
        let mut excess = Vec::new();
        while self.results.len() > 1 && (self.bytes > most_bytes || self.results.len() > MOST) {
            let Some((id, bytes)) = self.results.pop_front() else { break };
            self.bytes -= bytes;
            excess.push(id);
        }
        excess
    }
}

/// How long ago a file was written; the time of day says so, which may jump: then it is as if it were new.
fn age(metadata: &std::fs::Metadata) -> Duration {
    let written = metadata.modified().ok();
    written.and_then(|written| SystemTime::now().duration_since(written).ok()).unwrap_or_default()
}

/// Makes a folder that nobody else of this machine can look into: originals may say where they were taken.
async fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(folder).await
}

impl fmt::Display for ResultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

impl FromStr for ResultId {
    type Err = NoResultId;

    /// Reads what is written, and no other spelling of it.
    fn from_str(text: &str) -> Result<Self, NoResultId> {
        let id = Uuid::try_parse(text).map(Self).map_err(|_| NoResultId)?;
        if id.to_string() == text { Ok(id) } else { Err(NoResultId) }
    }
}

#[cfg(test)]
mod tests;
