//! Temporary files, by a name that tells them from anybody else's.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempPath;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;

use crate::StorageError;

/// The folder for temporary files in a data folder, `tmp/`, made if need be and cleared of what killed processes
/// left in it. For a [`Spool`](crate::Spool) that goes to another machine; a [`LocalStorage`](crate::LocalStorage)
/// has [one of its own](crate::LocalStorage::temp_dir), the same.
///
/// # Errors
/// [`StorageError::Io`] if the folder cannot be made or read.
pub async fn open_temp_dir(data_dir: impl AsRef<Path>) -> Result<PathBuf, StorageError> {
    let open = async {
        let directory = data_dir.as_ref().join("tmp");
        fs::create_dir_all(&directory).await?;
        let directory = fs::canonicalize(directory).await?;
        sweep(&directory).await?;
        Ok(directory)
    };
    open.await.map_err(StorageError::io("opening the temporary folder"))
}

/// What the name of every temporary file starts with.
const PREFIX: &str = "imgpress-";
/// How old a temporary file is that no living process still writes: many times the longest request. Age tells
/// rather than a lock, so that processes that share a folder, on a network file system too, need not agree.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// A file that takes its name once it is whole, and is removed if it never does.
///
/// A future dropped while the file is being made may leave an empty one, for the next sweep to find.
#[derive(Debug)]
pub struct TempFile {
    /// The file, to be written.
    pub file: File,
    path: TempPath,
}

impl TempFile {
    /// A new file in a [temporary folder](open_temp_dir).
    ///
    /// # Errors
    /// The file cannot be made.
    pub async fn create(directory: &Path) -> io::Result<Self> {
        let path = directory.join(format!("{PREFIX}{}.part", uuid::Uuid::new_v4().simple()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path).await?;
        Ok(Self { file, path: TempPath::try_from_path(path)? })
    }

    /// Gives the file its name, on the same file system: nobody ever sees half a file, and the last of several
    /// writers wins. With `durable`, the content is on the disk first, so that a power cut leaves the old file or
    /// the new one.
    ///
    /// # Errors
    /// The content cannot be written, or the file not be renamed.
    pub async fn persist(mut self, place: &Path, durable: bool) -> io::Result<()> {
        // A write returns when it is handed to another thread; flushing waits for it and its error.
        self.file.flush().await?;
        if durable {
            self.file.sync_all().await?;
        }
        fs::rename(&self.path, place).await?;
        // Nothing is at the old path any more; only the guard's work is called off.
        self.path.keep().map(drop).map_err(|failed| failed.error)
    }
}

/// A new file without a name, which is gone when it is closed, however the process ends.
pub(crate) async fn unnamed(directory: &Path) -> io::Result<File> {
    let TempFile { file, path } = TempFile::create(directory).await?;
    fs::remove_file(&path).await?;
    Ok(file)
}

/// Removes what killed processes left behind: plain files by our name, an hour old. Anything else stays.
async fn sweep(directory: &Path) -> io::Result<()> {
    let mut entries = fs::read_dir(directory).await?;
    while let Some(entry) = entries.next_entry().await? {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if ours && is_abandoned(&entry).await {
            // Another process may sweep the same folder: one that is gone already is as good as removed.
            let _ = fs::remove_file(entry.path()).await;
        }
    }
    Ok(())
}

async fn is_abandoned(entry: &fs::DirEntry) -> bool {
    let Ok(metadata) = entry.metadata().await else {
        return false;
    };
    let written = metadata.modified().ok();
    let age = written.and_then(|written| SystemTime::now().duration_since(written).ok());
    metadata.is_file() && age.is_some_and(|age| age >= ABANDONED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(path: &Path, age: Duration) {
        let file = std::fs::File::create(path).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }

    #[tokio::test]
    async fn sweeps_only_old_files_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        make(&at("imgpress-old.part"), ABANDONED);
        make(&at("imgpress-young.part"), ABANDONED / 2);
        make(&at("notes.txt"), ABANDONED * 9);
        std::fs::create_dir(at("imgpress-folder")).unwrap();
        sweep(folder.path()).await.unwrap();
        assert!(!at("imgpress-old.part").exists());
        for kept in ["imgpress-young.part", "notes.txt", "imgpress-folder"] {
            assert!(at(kept).exists(), "{kept}");
        }
    }

    #[tokio::test]
    async fn a_named_file_goes_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let temp = TempFile::create(folder.path()).await.unwrap();
        assert!(temp.path.exists());
        drop(temp);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_file_that_is_whole_takes_its_name_and_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("name");
        for (text, durable) in [("one", true), ("another", false)] {
            let mut temp = TempFile::create(folder.path()).await.unwrap();
            temp.file.write_all(text.as_bytes()).await.unwrap();
            temp.persist(&place, durable).await.unwrap();
            assert_eq!(std::fs::read_to_string(&place).unwrap(), text);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
