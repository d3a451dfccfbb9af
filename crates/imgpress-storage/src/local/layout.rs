use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use tokio::fs;

use crate::StorageKey;

/// The folders of the data folder, by their real paths: the operator may have made any of them a link, but
/// nothing below them is followed out.
#[derive(Debug)]
pub(super) struct Layout {
    files: PathBuf,
    temp: PathBuf,
}

impl Layout {
    /// Makes what is missing. `temp` is the folder's real path.
    pub(super) async fn open(data: &Path, temp: PathBuf) -> io::Result<Self> {
        let files = data.join("files");
        fs::create_dir_all(&files).await?;
        Ok(Self { files: fs::canonicalize(files).await?, temp })
    }

    pub(super) fn temp_dir(&self) -> &Path {
        &self.temp
    }

    /// Where pictures are.
    pub(super) fn files(&self) -> &Path {
        &self.files
    }

    /// The folder of a key, made if need be, and for good: its own entry is on the disk.
    pub(super) async fn make_shard(&self, key: &StorageKey) -> io::Result<PathBuf> {
        match key.client() {
            None => make_folder(&self.files, key.shard()).await,
            Some(client) => make_folder(&make_folder(&self.files, client).await?, key.shard()).await,
        }
    }

    /// Where a key's picture is, if a plain file is there that no link leads to.
    pub(super) async fn find(&self, key: &StorageKey) -> io::Result<Option<PathBuf>> {
        let path = self.files.join(key.as_str());
        let plain = is_itself(&path).await? && fs::symlink_metadata(&path).await?.is_file();
        Ok(plain.then_some(path))
    }

    /// Whether files could be made in both folders, as far as permissions and the way they are mounted tell.
    pub(super) async fn check_writable(&self) -> io::Result<()> {
        for folder in [&self.files, &self.temp] {
            if !fs::metadata(folder).await?.is_dir() {
                return Err(io::Error::from(ErrorKind::NotADirectory));
            }
            may_write(folder)?;
        }
        Ok(())
    }
}

/// A folder in another, made if need be.
async fn make_folder(within: &Path, name: &str) -> io::Result<PathBuf> {
    let folder = within.join(name);
    match fs::create_dir(&folder).await {
        Ok(()) => sync_folder(within).await?,
        Err(there) if there.kind() == ErrorKind::AlreadyExists => {
            is_itself(&folder).await?.then_some(()).ok_or_else(leads_elsewhere)?;
        }
        Err(other) => return Err(other),
    }
    Ok(folder)
}

/// Puts a folder's entries on the disk, so that a rename into it survives a power cut.
pub(super) async fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        fs::File::open(folder).await?.sync_all().await?;
    }
    Ok(())
}

/// Whether no part of a path is a link.
async fn is_itself(path: &Path) -> io::Result<bool> {
    Ok(fs::canonicalize(path).await? == path)
}

fn leads_elsewhere() -> io::Error {
    io::Error::new(ErrorKind::PermissionDenied, "a folder of keys is a link, which is not followed")
}

/// One system call on a folder that was just looked at, so that it does not block.
#[cfg(unix)]
fn may_write(folder: &Path) -> io::Result<()> {
    use rustix::fs::{Access, access};
    Ok(access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
}

#[cfg(not(unix))]
fn may_write(folder: &Path) -> io::Result<()> {
    let read_only = std::fs::metadata(folder)?.permissions().readonly();
    (!read_only).then_some(()).ok_or_else(|| io::Error::from(ErrorKind::PermissionDenied))
}
