use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use imgpress_storage::TempFile;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{ApiKeyName, Shared};

/// How many names are counted. More than a key file has; one that comes on top takes the place of the one with the
/// fewest images.
const MOST_NAMES: usize = 10_000;

/// The largest file read, in bytes: so many names of 64 characters with numbers of 20 digits.
const LARGEST_FILE: u64 = 1 << 20;

/// How many images were compressed by each key, by the key's name. Kept in a file, so that a restart forgets nothing; and
/// where gateways share their counts, together with theirs.
pub(super) struct Counts {
    file: PathBuf,
    temp_dir: PathBuf,
    shared: Option<Arc<Shared>>,
    /// Held while the others are asked, so that nothing is told them twice.
    asking: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    /// The version that the file has. Held while it is written.
    written: tokio::sync::Mutex<u64>,
}

#[derive(Default)]
struct State {
    counts: BTreeMap<String, Count>,
    /// Changes with every count.
    version: u64,
}

#[derive(Clone, Copy, Default)]
struct Count {
    /// By all gateways, as far as this one knows.
    known: u64,
    /// By this one, of which the others do not know.
    new: u64,
}

impl Count {
    fn sum(self) -> u64 {
        self.known.saturating_add(self.new)
    }
}

impl Counts {
    /// Reads the file. One that is none begins anew, since nothing but a number is lost with it.
    pub(super) async fn read(file: PathBuf, temp_dir: PathBuf, shared: Option<Arc<Shared>>) -> Self {
        let counts = match read(&file).await {
            Ok(counts) => counts,
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => {
                tracing::warn!(%error, "the file of compression counts cannot be read; they begin anew");
                BTreeMap::new()
            }
        };
        let counts = counts.into_iter().map(|(name, known)| (name, Count { known, new: 0 })).collect();
        let state = Mutex::new(State { counts, version: 0 });
        let (asking, written) = (tokio::sync::Mutex::default(), tokio::sync::Mutex::default());
        Self { file, temp_dir, shared, asking, state, written }
    }

    /// How many images a key has compressed. The others learn here what this gateway has counted.
    pub(super) async fn of(&self, name: &ApiKeyName) -> u64 {
        let name = name.to_string();
        let Some(shared) = &self.shared else { return self.state().count(&name).sum() };
        let _asking = self.asking.lock().await;
        let told = self.state().count(&name);
        match shared.count_compressions(&name, told.known, told.new).await {
            Some(known) => self.state().learn(&name, known, told.new),
            None => self.state().count(&name).sum(),
        }
    }

    /// Counts one image. When this returns, the file has it too, unless it cannot be written, which the log says.
    pub(super) async fn add(&self, name: &ApiKeyName) {
        let version = self.state().add(name);
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
            let state = self.state();
            let sums: BTreeMap<_, _> = state.counts.iter().map(|(name, count)| (name, count.sum())).collect();
            (serde_json::to_vec(&sums)?, state.version)
        };
        let mut temp = TempFile::create(&self.temp_dir).await?;
        temp.file.write_all(&json).await?;
        temp.persist(&self.file, true).await?;
        *written = version;
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn count(&self, name: &str) -> Count {
        self.counts.get(name).copied().unwrap_or_default()
    }

    /// Takes over what all have counted, `told` of it by this gateway.
    fn learn(&mut self, name: &str, known: u64, told: u64) -> u64 {
        let Some(count) = self.counts.get_mut(name) else { return known };
        *count = Count { known, new: count.new.saturating_sub(told) };
        count.sum()
    }

    fn add(&mut self, name: &ApiKeyName) -> u64 {
        let name = name.to_string();
        if self.counts.len() >= MOST_NAMES && !self.counts.contains_key(&name) {
            let least = self.counts.iter().min_by_key(|(_, count)| count.sum());
            if let Some(least) = least.map(|(name, _)| name.clone()) {
                self.counts.remove(&least);
            }
        }
        let count = self.counts.entry(name).or_default();
        count.new = count.new.saturating_add(1);
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

    /// Longer than anything here takes; only a hang reaches it.
    #[cfg(feature = "redis")]
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

    fn name(text: &str) -> ApiKeyName {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn counts_outlive_a_restart_and_each_key_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Counts::read(folder.path().join("counts"), folder.path().to_owned(), None);
        let counts = open().await;
        assert_eq!(counts.of(&name("shop")).await, 0);
        let (shop, blog) = (name("shop"), name("blog"));
        let added = futures_util::future::join_all((0..20).map(|_| counts.add(&shop)));
        tokio::join!(added, counts.add(&blog));
        let again = open().await;
        for counts in [&counts, &again] {
            assert_eq!((counts.of(&shop).await, counts.of(&blog).await), (20, 1));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[tokio::test]
    async fn a_file_that_is_none_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("counts");
        for text in ["", "no counts", "{\"shop\":-1}", &"[".repeat(2 << 20)] {
            std::fs::write(&file, text).unwrap();
            let counts = Counts::read(file.clone(), folder.path().to_owned(), None).await;
            counts.add(&name("shop")).await;
            assert_eq!(counts.of(&name("shop")).await, 1);
            assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\"shop\":1}");
        }
    }

    #[cfg(feature = "redis")]
    #[tokio::test]
    async fn gateways_that_share_their_counts_count_together_and_a_redis_that_forgot_learns_anew() {
        let mut redis = crate::test_server::RedisServer::start().await;
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let url = redis.url().parse().unwrap();
        let open = async |at: usize| {
            let shared = Shared::connect(&url, PATIENCE).await.unwrap();
            let folder = folders[at].path();
            Counts::read(folder.join("counts"), folder.to_owned(), Some(Arc::new(shared))).await
        };
        let (one, other) = (open(0).await, open(1).await);
        let shop = name("shop");
        for _ in 0..5 {
            futures_util::future::join_all([one.add(&shop), other.add(&shop)]).await;
            futures_util::future::join_all([one.of(&shop), other.of(&shop)]).await;
        }
        assert_eq!((one.of(&shop).await, other.of(&shop).await), (10, 10));
        redis.stop().await;
        one.add(&shop).await;
        assert_eq!((one.of(&shop).await, other.of(&shop).await), (11, 10), "each goes on by itself");
        redis.start_again().await;
        let again = async { while (one.of(&shop).await, other.of(&shop).await) != (11, 11) {} };
        tokio::time::timeout(PATIENCE, again).await.expect("they count together again");
        assert_eq!(open(0).await.of(&shop).await, 11);
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
        assert_eq!(state.counts["often"].sum(), MOST_NAMES as u64 + 6);
    }
}
