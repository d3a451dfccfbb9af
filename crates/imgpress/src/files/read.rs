//! Reading an image, of which nothing is known but that it may be no image at all.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;

/// Most bytes of an input. The largest picture within the limits takes less without any compression: 50 million pixels of
/// four components of 16 bits are 400 MB.
pub(crate) const MOST: u64 = 512 << 20;

/// A file that is open, and what the system said of it then.
pub(crate) struct Opened {
    pub(crate) metadata: Metadata,
    file: File,
}

/// Opens a regular file. A link is followed: it was named, since none comes from a folder.
///
/// # Errors
/// The system's, or it is no regular file, or too large.
pub(crate) fn open(path: &Path) -> anyhow::Result<Opened> {
    // Before it is opened: that would wait for the other end of a pipe.
    check(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    check(&metadata)?;
    Ok(Opened { metadata, file })
}

impl Opened {
    /// All of it.
    ///
    /// # Errors
    /// The system's, or it has grown too large.
    pub(crate) fn read(self) -> anyhow::Result<Vec<u8>> {
        read(self.file, self.metadata.len())
    }
}

/// All of the standard input.
///
/// # Errors
/// The system's, or it is too large.
pub(crate) fn stdin() -> anyhow::Result<Vec<u8>> {
    read(io::stdin().lock(), 0)
}

fn read(from: impl Read, expected: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(expected.min(MOST))?)?;
    from.take(MOST + 1).read_to_end(&mut bytes)?;
    check_length(bytes.len() as u64)?;
    Ok(bytes)
}

fn check(metadata: &Metadata) -> anyhow::Result<()> {
    anyhow::ensure!(metadata.is_file(), "it is no regular file; - reads the standard input");
    check_length(metadata.len())
}

fn check_length(bytes: u64) -> anyhow::Result<()> {
    anyhow::ensure!(bytes <= MOST, "it has more than {} MiB", MOST >> 20);
    Ok(())
}
