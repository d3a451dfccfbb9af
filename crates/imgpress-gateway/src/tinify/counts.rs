use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use imgpress_storage::TempFile;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::ApiKeyName;

/// How many names are counted. More than a key file has; one that comes on top takes the place of the one with the
/// fewest images.
const MOST_NAMES: usize = 10_000;

/// The largest file read, in bytes: so many names of 64 characters with numbers of 20 digits.
const LARGEST_FILE: u64 = 1 << 20;

/// How many images were compressed by each key, by the key's name. Kept in a file, so that a restart forgets nothing.
pub(super) struct Counts {
    file: PathBuf,
    temp_dir: PathBuf,
    state: Mutex<State>,
    /// The version that the file has. Held while it is written.
    written: tokio::sync::Mutex<u64>,
}

#[derive(Default)]
struct State {
    counts: BTreeMap<String, u64>,
    /// Changes with every count.
    version: u64,
}

impl Counts {
    /// Reads the file. One that is none begins anew, since nothing but a number is lost with it.
    pub(super) async fn read(file: PathBuf, temp_dir: PathBuf) -> Self {
        let counts = match read(&file).await {
            Ok(counts) => counts,
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => {
                tracing::warn!(%error, "the file of compression counts cannot be read; they begin anew");
                BTreeMap::new()
            }
        };
        let state = Mutex::new(State { counts, version: 0 });
        Self { file, temp_dir, state, written: tokio::sync::Mutex::default() }
    }

    /// How many images a key has compressed.
    pub(super) fn of(&self, name: &ApiKeyName) -> u64 {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.counts.get(&name.to_string()).copied().unwrap_or_default()
    }

    /// Counts one image. When this returns, the file has it too, unless it cannot be written, which the log says.
    pub(super) async fn add(&self, name: &ApiKeyName) {
        let version = self.state.lock().unwrap_or_else(PoisonError::into_inner).add(name);
        if let Err(error) = self.write(version).await {
            tracing::warn!(%error, "the file of compression counts cannot be written");
        }
    }

    /// Brings the file up to a version at least. Who waited while others wrote often finds it written already.
    async fn write(&self, version: u64) -> io::Result<()> {
        let mut written = self.written.lock().await;
        if *written >= version {
            return Ok(());
        }
        let (json, version) = {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            (serde_json::to_vec(&state.counts)?, state.version)
        };
        let mut temp = TempFile::create(&self.temp_dir).await?;
        temp.file.write_all(&json).await?;
        temp.persist(&self.file, true).await?;
        *written = version;
        Ok(())
    }
}

impl State {
    fn add(&mut self, name: &ApiKeyName) -> u64 {
        let name = name.to_string();
        if self.counts.len() >= MOST_NAMES && !self.counts.contains_key(&name) {
            let least = self.counts.iter().min_by_key(|(_, count)| **count);
            if let Some(least) = least.map(|(name, _)| name.clone()) {
                self.counts.remove(&least);
            }
        }
        let count = self.counts.entry(name).or_default();
        *count = count.saturating_add(1);
        self.version += 1;
        self.version
    }
}

async fn read(file: &PathBuf) -> io::Result<BTreeMap<String, u64>> {
    let mut json = Vec::new();
    File::open(file).await?.take(LARGEST_FILE + 1).read_to_end(&mut json).await?;
    let counts: BTreeMap<String, u64> = serde_json::from_slice(&json)?;
    let few = counts.len() <= MOST_NAMES && json.len() as u64 <= LARGEST_FILE;
    few.then_some(counts).ok_or_else(|| io::Error::other("it is too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ApiKeyName {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn counts_outlive_a_restart_and_each_key_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Counts::read(folder.path().join("counts"), folder.path().to_owned());
        let counts = open().await;
        assert_eq!(counts.of(&name("shop")), 0);
        let (shop, blog) = (name("shop"), name("blog"));
        let added = futures_util::future::join_all((0..20).map(|_| counts.add(&shop)));
        tokio::join!(added, counts.add(&blog));
        let again = open().await;
        for counts in [&counts, &again] {
            assert_eq!((counts.of(&shop), counts.of(&blog)), (20, 1));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[tokio::test]
    async fn a_file_that_is_none_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("counts");
        for text in ["", "no counts", "{\"shop\":-1}", &"[".repeat(2 << 20)] {
            std::fs::write(&file, text).unwrap();
            let counts = Counts::read(file.clone(), folder.path().to_owned()).await;
            counts.add(&name("shop")).await;
            assert_eq!(counts.of(&name("shop")), 1);
            assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\"shop\":1}");
        }
    }

    #[test]
    fn more_names_than_are_counted_cost_the_least_used() {
        let mut state = State::default();
        state.add(&name("often"));
        for number in 0..MOST_NAMES + 5 {
            state.add(&name("often"));
            state.add(&name(&format!("name-{number}")));
        }
        assert_eq!(state.counts.len(), MOST_NAMES);
        assert_eq!(state.counts["often"], MOST_NAMES as u64 + 6);
    }
}
