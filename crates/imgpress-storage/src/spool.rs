use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::BytesMut;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::sync::Mutex;

use crate::blob::{Blob, Content};
use crate::temp;

/// Collects an image whose hash and length must be known before it is stored: up to 1 MiB in memory, past that
/// in a temporary file.
pub struct Spool {
    directory: PathBuf,
    cap: u64,
    hasher: Sha256,
    length: u64,
    sink: Sink,
}

/// Why a [`Spool`] took no more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// More bytes came than were allowed: whoever sends them is at fault.
    #[error("more than the {cap} bytes allowed were to be stored")]
    TooLarge {
        /// The most that was allowed, in bytes.
        cap: u64,
    },
    /// The temporary file could not be made or written: the disk is full, the folder is not writable.
    #[error("the temporary file failed")]
    Io(#[from] io::Error),
}

impl Spool {
    /// What is held in memory, in bytes, before a file is used. Most compressed images are smaller, and the
    /// busiest gateway holds one of these a request.
    pub const IN_MEMORY: u64 = 1024 * 1024;

    /// An empty spool that takes at most `cap` bytes and puts its temporary file into `directory`, which must
    /// be there.
    pub fn new(directory: impl Into<PathBuf>, cap: u64) -> Self {
        let sink = Sink::Memory(BytesMut::new());
        Self { directory: directory.into(), cap, hasher: Sha256::new(), length: 0, sink }
    }

    /// Takes the next bytes. After an error, and if the future was dropped, the spool is to be dropped too.
    ///
    /// # Errors
    /// The cap is passed, or the temporary file fails.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), SpoolError> {
        let length = self.length + chunk.len() as u64;
        if length > self.cap {
            return Err(SpoolError::TooLarge { cap: self.cap });
        }
        if length > Self::IN_MEMORY {
            self.move_to_file().await?;
        }
        self.sink.write(chunk).await?;
        self.hasher.update(chunk);
        self.length = length;
        Ok(())
    }

    /// What was taken, as something to store.
    ///
    /// # Errors
    /// The last bytes could not be written to the temporary file.
    pub async fn finish(self) -> Result<Blob, SpoolError> {
        let content = match self.sink {
            Sink::Memory(bytes) => Content::Memory(bytes.freeze()),
            Sink::File(mut file) => {
                // A write returns when it is handed to another thread; flushing waits for it and its error.
                file.flush().await?;
                Content::File(Arc::new(Mutex::new(file)))
            }
        };
        Ok(Blob::new(self.hasher.finalize().into(), self.length, content))
    }

    async fn move_to_file(&mut self) -> io::Result<()> {
        if let Sink::Memory(bytes) = &mut self.sink {
            let mut file = temp::unnamed(&self.directory).await?;
            file.write_all(&bytes.split()).await?;
            self.sink = Sink::File(file);
        }
        Ok(())
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool").field("length", &self.length).field("cap", &self.cap).finish_non_exhaustive()
    }
}

enum Sink {
    Memory(BytesMut),
    File(File),
}

impl Sink {
    async fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self {
            Self::Memory(bytes) => bytes.extend_from_slice(chunk),
            Self::File(file) => file.write_all(chunk).await?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::TryStreamExt;

    use super::*;

    const MIB: usize = 1024 * 1024;

    /// Bytes without a short period, so that a chunk in the wrong place is seen.
    fn noise(length: usize) -> Vec<u8> {
        let mut random = fastrand::Rng::with_seed(7);
        std::iter::repeat_with(|| random.u8(..)).take(length).collect()
    }

    async fn spool(bytes: &[u8], cap: usize) -> Result<(tempfile::TempDir, Blob), SpoolError> {
        let folder = tempfile::tempdir()?;
        let mut spool = Spool::new(folder.path(), cap as u64);
        for chunk in bytes.chunks(100_003) {
            spool.write(chunk).await?;
        }
        Ok((folder, spool.finish().await?))
    }

    fn files(folder: &tempfile::TempDir) -> usize {
        std::fs::read_dir(folder.path()).unwrap().count()
    }

    #[tokio::test]
    async fn gives_back_what_it_took_with_its_hash_from_memory_and_from_a_file() {
        for (length, in_file) in [(0, false), (1, false), (MIB, false), (MIB + 1, true), (5 * MIB, true)] {
            let bytes = noise(length);
            let (folder, blob) = spool(&bytes, 5 * MIB).await.unwrap();
            assert_eq!(matches!(blob.content(), Content::File(_)), in_file, "{length}");
            assert_eq!(blob.length(), length as u64);
            assert_eq!(blob.sha256(), Blob::from(Bytes::from(bytes.clone())).sha256());
            for _ in 0..2 {
                assert!(blob.to_bytes().await.unwrap() == bytes, "{length}");
            }
            assert_eq!(files(&folder), 0, "a temporary file has no name");
        }
    }

    #[tokio::test]
    async fn two_readers_do_not_disturb_each_other() {
        let bytes = noise(3 * MIB);
        let (_folder, blob) = spool(&bytes, 3 * MIB).await.unwrap();
        let (mut one, mut other) = (blob.chunks(), blob.chunks());
        drop(blob);
        let (mut seen, mut seen_too) = (Vec::new(), Vec::new());
        while let Some(chunk) = one.try_next().await.unwrap() {
            seen.extend_from_slice(&chunk);
            seen_too.extend_from_slice(&other.try_next().await.unwrap().unwrap());
        }
        assert!(seen == bytes && seen_too == bytes);
    }

    #[tokio::test]
    async fn refuses_the_first_byte_past_the_cap() {
        for cap in [0, 10, 2 * MIB] {
            assert!(spool(&noise(cap), cap).await.is_ok());
            let refused = spool(&noise(cap + 1), cap).await.unwrap_err();
            assert!(matches!(refused, SpoolError::TooLarge { cap: told } if told == cap as u64));
        }
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_an_error() {
        let mut spool = Spool::new("/nowhere/at/all", u64::MAX);
        assert!(matches!(spool.write(&noise(2 * MIB)).await, Err(SpoolError::Io(_))));
    }
}
