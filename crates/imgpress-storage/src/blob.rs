use std::fmt;
use std::io::{self, ErrorKind, SeekFrom};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use imgpress_options::ImageFormat;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::sync::Mutex;

use crate::StorageKey;

/// The bytes of one image on their way to a store, with their hash and length.
///
/// A blob can be read any number of times, by several readers at once, so that an upload can be retried.
/// Larger ones lie in a temporary file without a name (see [`Spool`](crate::Spool)), which goes with the last
/// clone and reader of the blob, however the process ends.
#[derive(Clone)]
pub struct Blob {
    sha256: [u8; 32],
    length: u64,
    content: Content,
}

/// Where a blob's bytes are.
#[derive(Clone)]
pub(crate) enum Content {
    /// Small enough for memory.
    Memory(Bytes),
    /// One handle for all readers, since a file without a name cannot be opened again. Each of them seeks to
    /// its own place before it reads.
    File(Arc<Mutex<File>>),
}

impl Blob {
    /// The SHA-256 of the bytes.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// How many bytes there are.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The key under which these bytes are stored as an image of this format.
    #[must_use]
    pub fn key(&self, format: ImageFormat) -> StorageKey {
        StorageKey::new(self.sha256, format)
    }

    /// The bytes from the start, in chunks of at most 64 KiB. The stream ends in an error if the temporary
    /// file cannot be read or is shorter than what was written.
    #[must_use]
    pub fn chunks(&self) -> BoxStream<'static, io::Result<Bytes>> {
        let state = (self.content.clone(), self.length, 0);
        stream::try_unfold(state, |(content, length, at)| async move {
            if at == length {
                return Ok::<_, io::Error>(None);
            }
            let chunk = content.read(at, length).await?;
            let next = at + chunk.len() as u64;
            Ok(Some((chunk, (content, length, next))))
        })
        .boxed()
    }

    /// All bytes at once, for who has to have them in memory. The caller answers for
    /// [`length`](Self::length) being bearable.
    ///
    /// # Errors
    /// The temporary file cannot be read.
    pub async fn to_bytes(&self) -> io::Result<Bytes> {
        if let Content::Memory(bytes) = &self.content {
            return Ok(bytes.clone());
        }
        let gather = |mut all: BytesMut, chunk: Bytes| async move {
            all.extend_from_slice(&chunk);
            Ok(all)
        };
        Ok(self.chunks().try_fold(BytesMut::new(), gather).await?.freeze())
    }

    pub(crate) fn new(sha256: [u8; 32], length: u64, content: Content) -> Self {
        Self { sha256, length, content }
    }

    #[cfg(test)]
    pub(crate) fn content(&self) -> &Content {
        &self.content
    }
}

impl From<Bytes> for Blob {
    fn from(bytes: Bytes) -> Self {
        Self::new(Sha256::digest(&bytes).into(), bytes.len() as u64, Content::Memory(bytes))
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blob").field("length", &self.length).finish_non_exhaustive()
    }
}

/// The largest chunk of a stream, in bytes: few enough to keep memory flat with many uploads under way, enough
/// that a 30 MiB file takes some hundred reads.
const CHUNK: u64 = 64 * 1024;

impl Content {
    /// The chunk at `at`, never empty while `at < length`.
    async fn read(&self, at: u64, length: u64) -> io::Result<Bytes> {
        let wanted = usize::try_from(CHUNK.min(length - at)).map_err(io::Error::other)?;
        match self {
            Self::Memory(bytes) => {
                let start = usize::try_from(at).map_err(io::Error::other)?;
                Ok(bytes.slice(start..start + wanted))
            }
            Self::File(file) => read_at(&mut *file.lock().await, at, wanted).await,
        }
    }
}

/// Up to `wanted` bytes at `at`. Safe to drop midway: the next reader's seek waits for what is under way.
async fn read_at(file: &mut File, at: u64, wanted: usize) -> io::Result<Bytes> {
    file.seek(SeekFrom::Start(at)).await?;
    let mut chunk = vec![0; wanted];
    let read = file.read(&mut chunk).await?;
    if read == 0 {
        return Err(io::Error::new(
            ErrorKind::UnexpectedEof,
            "the temporary file is shorter than what was written",
        ));
    }
    chunk.truncate(read);
    Ok(chunk.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn knows_its_hash_and_length() {
        // NIST FIPS 180-2, appendix B.1: the digest of "abc".
        let blob = Blob::from(Bytes::from_static(b"abc"));
        let key = blob.key(ImageFormat::Png);
        assert_eq!(key.sha256_hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(blob.length(), 3);
        assert_eq!(blob.to_bytes().await.unwrap(), "abc");
    }

    #[tokio::test]
    async fn is_read_in_bounded_chunks_as_often_as_wanted() {
        let bytes: Bytes = (0..200_000_u32).map(|at| at.to_le_bytes()[0]).collect::<Vec<_>>().into();
        let blob = Blob::from(bytes.clone());
        for _ in 0..3 {
            let chunks: Vec<Bytes> = blob.chunks().try_collect().await.unwrap();
            assert!(chunks.iter().all(|chunk| !chunk.is_empty() && chunk.len() as u64 <= CHUNK));
            assert_eq!(chunks.concat(), bytes);
        }
    }

    #[tokio::test]
    async fn an_empty_blob_has_no_chunk() {
        assert!(Blob::from(Bytes::new()).chunks().next().await.is_none());
    }
}
