use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use imgpress_gateway::{ApiKeyList, ApiKeysError};
use tempfile::NamedTempFile;

use crate::cli::Usage;

/// How often the folder's lock is tried, and how long apart: five seconds in all, where a change takes
/// milliseconds.
const TRIES: u32 = 100;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// A file of API keys that nobody else changes until this is dropped.
pub(super) struct EditedFile {
    pub(super) keys: ApiKeyList,
    path: PathBuf,
    folder: PathBuf,
    /// On the folder, since the file itself is replaced.
    _lock: Option<File>,
}

impl EditedFile {
    /// Takes a file, or the place where one will be.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        // What a link leads to is replaced, and not the link.
        let path = match fs::canonicalize(path) {
            Err(missing) if missing.kind() == ErrorKind::NotFound => path.to_owned(),
            real => real.with_context(|| path.display().to_string())?,
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        let lock = lock(&folder).with_context(|| format!("the folder {}", folder.display()))?;
        Ok(Self { keys: read(&path)?, path, folder, _lock: lock })
    }

    /// Replaces the file as a whole: a gateway that reads it meanwhile sees the one or the other.
    pub(super) fn save(&self) -> anyhow::Result<()> {
        self.replace().with_context(|| format!("writing {}", self.path.display()))
    }

    fn replace(&self) -> io::Result<()> {
        // A temporary file is readable by its owner alone.
        let mut file = NamedTempFile::new_in(&self.folder)?;
        write!(file, "{}", self.keys)?;
        inherit(&self.path, &self.folder, file.as_file())?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|failed| failed.error)?;
        if cfg!(unix) {
            File::open(&self.folder)?.sync_all()?;
        }
        Ok(())
    }
}

/// What is in a file; nothing, if there is none.
pub(super) fn read(path: &Path) -> anyhow::Result<ApiKeyList> {
    ApiKeyList::read(path).map_err(|error| match error {
        ApiKeysError::Io(error) => anyhow::Error::new(error).context(path.display().to_string()),
        malformed => Usage(format!("{}: {malformed}", path.display())).into(),
    })
}

/// Two changes at the same moment would otherwise lose one of them.
fn lock(folder: &Path) -> io::Result<Option<File>> {
    if !cfg!(unix) {
        return Ok(None);
    }
    let file = File::open(folder)?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => thread::sleep(BETWEEN_TRIES),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(ErrorKind::WouldBlock, "another process holds its lock; try again"))
}

/// Keeps the owner and the mode of the file that is replaced. A new one goes to the owner of its folder, so that what
/// root adds the service can read, and nobody else.
#[cfg(unix)]
fn inherit(replaced: &Path, folder: &Path, file: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let (owner, is_new) = match fs::metadata(replaced) {
        Err(missing) if missing.kind() == ErrorKind::NotFound => (fs::metadata(folder)?, true),
        found => (found?, false),
    };
    let ours = file.metadata()?;
    if (ours.uid(), ours.gid()) != (owner.uid(), owner.gid()) {
        let given = fchown(file, Some(owner.uid()), Some(owner.gid()));
        // Whoever is not root and makes the first file keeps it.
        if !is_new {
            given?;
        }
    }
    if !is_new {
        file.set_permissions(fs::Permissions::from_mode(owner.mode() & 0o777))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn inherit(_replaced: &Path, _folder: &Path, _file: &File) -> io::Result<()> {
    Ok(())
}
