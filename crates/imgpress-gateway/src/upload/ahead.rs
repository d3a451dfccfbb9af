//! Uploads that are read before an engine sees them, to know them by their hash.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt, try_unfold};
use imgpress_engine_api::{Failure, Source};
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::recent::Digest;

/// The largest upload that is held as a whole, in bytes: most photographs.
const LARGEST: usize = 8 << 20;

/// What all of them together may take, in permits of a KiB: those that come on top are not held.
const ROOM: usize = 64 << 10;

/// A KiB.
const PERMIT: usize = 1 << 10;

/// The memory for uploads that are held.
pub(crate) struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ROOM)))
    }
}

/// The same source, whose hash is known when it has come to its end.
pub(crate) fn hashed(source: Source) -> (Source, Arc<OnceLock<Digest>>) {
    let digest = Arc::<OnceLock<Digest>>::default();
    let length = source.declared_length();
    let begun = (source.into_stream(), Sha256::new(), Arc::clone(&digest));
    let chunks = try_unfold(begun, async |(mut chunks, hash, digest)| match chunks.try_next().await? {
        Some(chunk) => {
            let hash = hash.chain_update(&chunk);
            Ok(Some((chunk, (chunks, hash, digest))))
        }
        None => {
            let _ = digest.set(hash.finalize().into());
            Ok(None)
        }
    });
    (Source::new(chunks, length), digest)
}

/// Reads a source to its end, if it is small and there is room. The source that comes back has all its bytes in any case;
/// the room that it takes is free when it is read or dropped.
///
/// # Errors
/// That of the source.
pub(crate) async fn read_ahead(source: Source, room: &Room) -> Result<Source, Failure> {
    let length = source.declared_length();
    let mut rest = source.into_stream();
    let mut held: Vec<(Bytes, OwnedSemaphorePermit)> = Vec::new();
    let mut bytes = 0;
    let mut over = None;
    while let Some(chunk) = rest.try_next().await? {
        bytes += chunk.len();
        let permits = u32::try_from(chunk.len().div_ceil(PERMIT)).unwrap_or(u32::MAX);
        match Arc::clone(&room.0).try_acquire_many_owned(permits) {
            Ok(permit) if bytes <= LARGEST => held.push((chunk, permit)),
            _ => {
                over = Some(chunk);
                break;
            }
        }
    }
    let held = stream::iter(held).map(|(chunk, _permit)| Ok(chunk));
    let over = stream::iter(over).map(Ok);
    Ok(Source::new(held.chain(over).chain(rest), length))
}

/// Reads a source to its end, and keeps its hash alone.
///
/// # Errors
/// That of the source.
pub(crate) async fn hash(source: Source) -> Result<Digest, Failure> {
    let hash =
        source.into_stream().try_fold(Sha256::new(), async |hash, chunk| Ok(hash.chain_update(&chunk)));
    Ok(hash.await?.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(chunks: &[usize]) -> Source {
        let chunks: Vec<_> = chunks.iter().map(|&length| Ok(Bytes::from(vec![7; length]))).collect();
        Source::new(stream::iter(chunks), None)
    }

    async fn read(source: Source) -> usize {
        source.into_stream().try_fold(0, async |sum, chunk| Ok(sum + chunk.len())).await.unwrap()
    }

    #[tokio::test]
    async fn a_small_upload_is_known_before_it_is_read_and_a_large_one_when_it_is() {
        let room = Room::default();
        for (chunks, is_small) in [(vec![100; 50], true), (vec![LARGEST], true), (vec![1 << 20; 9], false)] {
            let length = chunks.iter().sum::<usize>();
            let (source, digest) = hashed(source(&chunks));
            let ahead = read_ahead(source, &room).await.unwrap();
            assert_eq!(digest.get().is_some(), is_small, "{length}");
            assert!(room.0.available_permits() < ROOM);
            assert_eq!(read(ahead).await, length);
            let expected: Digest = Sha256::digest(vec![7; length]).into();
            assert_eq!(digest.get(), Some(&expected));
            assert_eq!(room.0.available_permits(), ROOM, "all of it is free again");
        }
    }

    #[tokio::test]
    async fn uploads_for_which_there_is_no_room_are_not_held() {
        let room = Room::default();
        let mut waiting = Vec::new();
        for _ in 0..(ROOM * PERMIT / LARGEST) {
            waiting.push(read_ahead(source(&[LARGEST]), &room).await.unwrap());
        }
        let (source, digest) = hashed(source(&[1, 1, 1]));
        let ahead = read_ahead(source, &room).await.unwrap();
        assert!(digest.get().is_none());
        assert_eq!(read(ahead).await, 3);
        drop(waiting);
        assert_eq!(room.0.available_permits(), ROOM);
    }
}
