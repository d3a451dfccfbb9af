//! Pictures in a folder of this machine, served by this process.

mod layout;
mod retention;

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::TryStreamExt;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout_at};

use crate::outcome::Outcome;
use crate::{BaseUrl, Blob, Storage, StorageError, StorageKey, StoredObject, TempFile, temp};
use layout::Layout;
use retention::Keeper;
pub use retention::Retention;

/// A [`Storage`] in a folder: pictures in `files/xx/`, temporary files in `tmp/`, nothing else.
///
/// Several processes may share the folder. A picture appears under its name whole or not at all, and success
/// means that it survives a power cut.
#[derive(Debug)]
pub struct LocalStorage {
    layout: Layout,
    public_url: BaseUrl,
    /// Where not everything is kept for good.
    keeper: Option<Arc<Keeper>>,
}

impl LocalStorage {
    /// Opens the folder, making it if need be, and clears away what killed processes left in `tmp/`.
    /// `public_url` is the base of the URLs under which this process serves the pictures.
    ///
    /// # Errors
    /// [`StorageError::Io`] if the folder cannot be made or read.
    pub async fn open(data_dir: impl AsRef<Path>, public_url: BaseUrl) -> Result<Self, StorageError> {
        let temp = temp::open_temp_dir(data_dir.as_ref()).await?;
        let layout = Layout::open(data_dir.as_ref(), temp)
            .await
            .map_err(StorageError::io("opening the data folder"))?;
        Ok(Self { layout, public_url, keeper: None })
    }

    /// Keeps pictures within bounds from here on, by a task that ends with this storage. Takes a runtime.
    #[must_use]
    pub fn with_retention(self, retention: Retention) -> Self {
        if !retention.is_bounded() {
            return self;
        }
        let keeper = Arc::new(Keeper::new(self.layout.files().to_owned(), retention));
        tokio::spawn(retention::sweep_while_used(Arc::downgrade(&keeper)));
        Self { keeper: Some(keeper), ..self }
    }

    /// Where temporary files belong, outputs that a [`Spool`](crate::Spool) writes among them.
    #[must_use]
    pub fn temp_dir(&self) -> &Path {
        self.layout.temp_dir()
    }

    async fn keep(&self, key: &StorageKey, blob: &Blob) -> io::Result<Outcome> {
        let folder = self.layout.make_shard(key).await?;
        let place = folder.join(key.file_name());
        let outcome = if self.is_there(&place, blob.length()).await? {
            Outcome::Duplicate
        } else {
            self.write(&place, blob).await?;
            Outcome::Stored
        };
        // For a duplicate too: whoever wrote it may not have come this far.
        layout::sync_folder(&folder).await?;
        Ok(outcome)
    }

    /// Whether a whole picture is at a path. The key is the hash of the content: only a crash of the disk itself, or a
    /// stranger's hand, leaves another length there, and then it is to be replaced.
    async fn is_there(&self, place: &Path, length: u64) -> io::Result<bool> {
        if let Some(keeper) = &self.keeper {
            return keeper.renew(place.to_owned(), length).await;
        }
        match fs::symlink_metadata(place).await {
            Ok(metadata) => Ok(metadata.is_file() && metadata.len() == length),
            Err(missing) if missing.kind() == ErrorKind::NotFound => Ok(false),
            Err(other) => Err(other),
        }
    }

    async fn remove(&self, key: &StorageKey) -> io::Result<Outcome> {
        let Some(path) = self.layout.find(key).await? else {
            return Ok(Outcome::Missing);
        };
        fs::remove_file(&path).await?;
        if let Some(folder) = path.parent() {
            layout::sync_folder(folder).await?;
        }
        Ok(Outcome::Deleted)
    }

    /// Writes beside and renames, so that nobody ever sees half a file, and the last of several writers wins
    /// with the same bytes.
    async fn write(&self, place: &Path, blob: &Blob) -> io::Result<()> {
        let mut temp = TempFile::create(self.layout.temp_dir()).await?;
        let mut chunks = blob.chunks();
        while let Some(chunk) = chunks.try_next().await? {
            temp.file.write_all(&chunk).await?;
        }
        temp.persist(place, true).await
    }

    async fn find(&self, key: &StorageKey) -> io::Result<Option<StoredObject>> {
        let Some(path) = self.layout.find(key).await? else {
            return Ok(None);
        };
        let file = open_plain(&path).await?;
        let metadata = file.metadata().await?;
        let object = StoredObject { file, length: metadata.len(), key: key.clone() };
        Ok(metadata.is_file().then_some(object))
    }
}

#[async_trait::async_trait]
impl Storage for LocalStorage {
    fn backend(&self) -> &'static str {
        "local"
    }

    async fn put(&self, key: &StorageKey, blob: &Blob, deadline: Instant) -> Result<(), StorageError> {
        let kept = match timeout_at(deadline, self.keep(key, blob)).await {
            Ok(kept) => kept.map_err(StorageError::io("storing a picture")),
            Err(_) => Err(StorageError::Unavailable { tries: 1, last: "the disk was too slow".to_owned() }),
        };
        Outcome::settle(self.backend(), kept).map(drop)
    }

    fn public_url(&self, key: &StorageKey) -> String {
        format!("{}/files/{key}", self.public_url)
    }

    async fn open(&self, key: &StorageKey) -> Result<Option<StoredObject>, StorageError> {
        match self.find(key).await {
            Err(gone) if gone.kind() == ErrorKind::NotFound => Ok(None),
            found => found.map_err(StorageError::io("opening a picture")),
        }
    }

    async fn holds(&self, key: &StorageKey, deadline: Instant) -> bool {
        matches!(timeout_at(deadline, self.find(key)).await, Ok(Ok(Some(_))))
    }

    async fn delete(&self, key: &StorageKey, deadline: Instant) -> Result<bool, StorageError> {
        let deleted = match timeout_at(deadline, self.remove(key)).await {
            Ok(Err(gone)) if gone.kind() == ErrorKind::NotFound => Ok(Outcome::Missing),
            Ok(removed) => removed.map_err(StorageError::io("removing a picture")),
            Err(_) => Err(StorageError::Unavailable { tries: 1, last: "the disk was too slow".to_owned() }),
        };
        Ok(Outcome::settle(self.backend(), deleted)? == Outcome::Deleted)
    }

    async fn ready(&self) -> Result<(), StorageError> {
        self.layout.check_writable().await.map_err(StorageError::io("checking the data folder"))
    }
}

/// Opens for reading; neither follows a link nor waits for the other end of a pipe, should one have been put
/// there since the path was checked.
async fn open_plain(path: &PathBuf) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    options.custom_flags((rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed());
    options.open(path).await
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use imgpress_options::ImageFormat;

    use super::*;

    /// A put that is dropped after each of its steps in turn leaves nothing under `files/` but whole pictures.
    #[tokio::test]
    async fn a_put_dropped_at_any_step_leaves_no_half_file() {
        let folder = tempfile::tempdir().unwrap();
        let base: BaseUrl = "http://localhost".parse().unwrap();
        let storage = LocalStorage::open(folder.path(), base).await.unwrap();
        let mut finished = false;
        for polls in 1.. {
            let blob = Blob::from(Bytes::from(vec![u8::try_from(polls % 251).unwrap(); 200_000 + polls]));
            let key = blob.key(ImageFormat::Jpeg);
            finished = poll_times(storage.keep(&key, &blob), polls).await;
            let place = folder.path().join("files").join(key.as_str());
            match std::fs::read(&place) {
                Ok(bytes) => {
                    assert!(bytes == blob.to_bytes().await.unwrap(), "half a file after {polls} polls");
                }
                Err(missing) => assert!(missing.kind() == ErrorKind::NotFound && !finished, "{missing}"),
            }
            if finished {
                break;
            }
        }
        assert!(finished);
    }

    /// Polls a future up to so many times, each time once it woke; then drops it. Whether it came to its end.
    async fn poll_times(put: impl Future<Output = io::Result<Outcome>>, times: usize) -> bool {
        let mut put = Box::pin(put);
        let mut left = times;
        std::future::poll_fn(|context| {
            left -= 1;
            match put.as_mut().poll(context) {
                std::task::Poll::Ready(done) => std::task::Poll::Ready(done.is_ok()),
                std::task::Poll::Pending if left == 0 => std::task::Poll::Ready(false),
                std::task::Poll::Pending => std::task::Poll::Pending,
            }
        })
        .await
    }
}
