//! Writing files that are there whole or not at all.

use std::fs::{self, File, FileTimes, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::NamedTempFile;

use super::unfinished::{self, Unfinished};
use crate::text::shown;

/// What temporary files are called: nothing that a later run, or a pattern, takes for an image.
const PREFIX: &str = ".imgpress-";
const SUFFIX: &str = ".tmp";

/// Backups of one file that may lie beside it.
const MOST_BACKUPS: u32 = 1000;

/// Writes a file, with the times and permissions of the one that it was made from if there is one. `below` is the part of
/// the path that may be new: links in it are not followed.
///
/// # Errors
/// The system's, or what is there already is no regular file, or a link stands where a folder is wanted.
pub(crate) fn whole(
    path: &Path,
    bytes: &[u8],
    of: Option<&Metadata>,
    below: Option<&Path>,
) -> anyhow::Result<()> {
    let folder = folder_of(path);
    // Renaming would put a file in the place of a link, of a pipe, of a device.
    let is_file = fs::symlink_metadata(path).map_or(true, |metadata| metadata.is_file());
    anyhow::ensure!(is_file, "something is there that is no regular file, and it is not replaced");
    if let Some(below) = below {
        refuse_links(path, below)?;
    }
    fs::create_dir_all(folder)?;
    let file = temporary(folder, bytes, of)?;
    file.persist(path)?;
    Ok(())
}

/// Writes over a file, unless it is no longer the one that was read.
///
/// # Errors
/// The system's; then what was there is there still.
pub(crate) fn in_place(path: &Path, bytes: &[u8], of: &Metadata, backup: bool) -> anyhow::Result<()> {
    let folder = folder_of(path);
    let file = temporary(folder, bytes, Some(of))?;
    keep_owner(file.file.as_file(), of);
    // The name must not point to bytes that a loss of power would take.
    file.file.as_file().sync_all()?;
    let now = fs::symlink_metadata(path)?;
    anyhow::ensure!(
        now.is_file() && now.len() == of.len() && now.modified()? == of.modified()?,
        "it was changed while it was compressed"
    );
    if backup {
        back_up(path).context("keeping a backup")?;
    }
    file.persist(path)?;
    sync_folder(folder);
    Ok(())
}

/// A file beside its place, which is removed unless it gets its name.
struct Temporary {
    file: NamedTempFile,
    /// Dropped after the file.
    unfinished: Unfinished,
}

impl Temporary {
    fn persist(self, path: &Path) -> io::Result<()> {
        let Self { file, unfinished } = self;
        let persisted = file.persist(path).map(drop).map_err(|error| error.error);
        drop(unfinished);
        persisted
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn temporary(folder: &Path, bytes: &[u8], of: Option<&Metadata>) -> io::Result<Temporary> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    // As any new file: a temporary one would be readable by its owner alone, which it stays where it has a source.
    #[cfg(unix)]
    if of.is_none() {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    let path = |file: &NamedTempFile| file.path().to_owned();
    let (file, unfinished) = unfinished::begin(|| builder.tempfile_in(folder), path)?;
    let mut temporary = Temporary { file, unfinished };
    temporary.file.write_all(bytes)?;
    if let Some(of) = of {
        keep_times(temporary.file.as_file(), of)?;
        keep_permissions(temporary.file.as_file(), of)?;
    }
    Ok(temporary)
}

fn keep_times(file: &File, of: &Metadata) -> io::Result<()> {
    let times = FileTimes::new().set_modified(of.modified()?);
    // Some file systems keep no time of access.
    let times = of.accessed().map_or(times, |accessed| times.set_accessed(accessed));
    file.set_times(times)
}

#[cfg(unix)]
fn keep_permissions(file: &File, of: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // Without what makes programs run as somebody else.
    file.set_permissions(fs::Permissions::from_mode(of.permissions().mode() & 0o777))
}

#[cfg(not(unix))]
fn keep_permissions(file: &File, of: &Metadata) -> io::Result<()> {
    file.set_permissions(of.permissions())
}

/// Only root may give files away: for everybody else it is theirs already, or stays so.
#[cfg(unix)]
fn keep_owner(file: &File, of: &Metadata) {
    use std::os::unix::fs::MetadataExt;
    let is_other = |now: &Metadata| (now.uid(), now.gid()) != (of.uid(), of.gid());
    if file.metadata().is_ok_and(|now| is_other(&now)) {
        let _ = std::os::unix::fs::fchown(file, Some(of.uid()), Some(of.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}

/// So that the new name is there after a loss of power. Not every system can.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// A second name for what is there, which no backup has yet; a copy where there are no second names.
fn back_up(path: &Path) -> io::Result<()> {
    for number in 0..MOST_BACKUPS {
        let backup = backup_name(path, number);
        let linked = match fs::hard_link(path, &backup) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => copy(path, &backup),
            other => other,
        };
        match linked {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => return other,
        }
    }
    Err(io::Error::other("there are too many already"))
}

fn copy(path: &Path, backup: &Path) -> io::Result<()> {
    let mut copy = File::create_new(backup)?;
    let mut original = File::open(path)?;
    io::copy(&mut original, &mut copy)?;
    let metadata = original.metadata()?;
    keep_times(&copy, &metadata)?;
    keep_permissions(&copy, &metadata)?;
    copy.sync_all()
}

/// `photo.jpg.orig`, then `photo.jpg.orig.1`.
fn backup_name(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".orig");
    if number > 0 {
        name.push(format!(".{number}"));
    }
    name.into()
}

/// What lies between `below` and the file must be folders: a link among them would lead out of the tree.
fn refuse_links(path: &Path, below: &Path) -> anyhow::Result<()> {
    let inside = path.strip_prefix(below).unwrap_or(path).ancestors().skip(1);
    for folder in inside.filter(|inside| !inside.as_os_str().is_empty()).map(|inside| below.join(inside)) {
        let is_link = fs::symlink_metadata(&folder).is_ok_and(|metadata| metadata.is_symlink());
        anyhow::ensure!(!is_link, "{} is a link, and links are not followed", shown(&folder));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
