use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use imgpress_engine_api::{ErrorCode, Failure, Source};

use crate::admission::overloaded;
use crate::memory::{Exhausted, Reservation};

/// The most that is allocated on a declared length's word alone.
const FIRST_CAPACITY: u64 = 256 << 10;

/// A complete upload, and the memory reserved for it.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) bytes: Vec<u8>,
    reserved: Reservation,
}

impl Upload {
    /// Reads a source to its end. Memory is reserved as bytes arrive, never because a length was declared.
    ///
    /// # Errors
    /// The source's own failure; it is empty, longer than `limit` bytes, or there is no memory for it.
    pub(crate) async fn collect(source: Source, limit: u64, reserved: Reservation) -> Result<Self, Failure> {
        let first = source.declared_length().unwrap_or(0).min(limit).min(FIRST_CAPACITY);
        let bytes = Vec::with_capacity(usize::try_from(first).unwrap_or(0));
        let mut upload = Self { bytes, reserved };
        let mut chunks = source.into_stream();
        while let Some(chunk) = chunks.next().await {
            upload.push(&chunk?, limit)?;
        }
        if upload.bytes.is_empty() {
            return Err(Failure::new(ErrorCode::EmptyBody, "The upload is empty; send the image's bytes."));
        }
        Ok(upload)
    }

    /// The output in place of the upload, which is freed; what was reserved for the upload is held for the
    /// output until its last byte has been sent.
    pub(crate) fn replace(self, output: Vec<u8>) -> Bytes {
        let Self { bytes, mut reserved } = self;
        drop(bytes);
        reserved.shrink_to(output.len() as u64);
        Bytes::from_owner(Held { output, _reserved: reserved })
    }

    fn push(&mut self, chunk: &[u8], limit: u64) -> Result<(), Failure> {
        let length = (self.bytes.len() as u64).saturating_add(chunk.len() as u64);
        if length > limit {
            return Err(too_large(limit));
        }
        self.reserved.grow_to(length).map_err(|Exhausted| overloaded(Duration::ZERO))?;
        self.bytes.try_reserve(chunk.len()).map_err(|error| overloaded(Duration::ZERO).caused_by(error))?;
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }
}

/// The refusal of an upload that has more bytes than allowed.
pub(crate) fn too_large(limit: u64) -> Failure {
    Failure::new(
        ErrorCode::UploadTooLarge,
        format!("The upload is larger than the {limit} bytes that are allowed; send a smaller file."),
    )
}

struct Held {
    output: Vec<u8>,
    _reserved: Reservation,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.output
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;
    use crate::memory::MemoryBudget;

    async fn collect(
        chunks: &[&'static [u8]],
        declared: Option<u64>,
        memory: u64,
    ) -> Result<Upload, Failure> {
        let chunks: Vec<_> = chunks.iter().map(|chunk| Ok(Bytes::from_static(chunk))).collect();
        let reserved = MemoryBudget::new(memory).try_reserve(0).unwrap();
        Upload::collect(Source::new(stream::iter(chunks), declared), 100_000, reserved).await
    }

    #[tokio::test]
    async fn takes_exactly_up_to_the_limit() {
        let (half, one): (&[u8], &[u8]) = (&[7; 50_000], &[7]);
        assert_eq!(collect(&[half, half], None, 100_000).await.unwrap().bytes, [7; 100_000]);
        let failure = collect(&[half, half, one], None, 200_000).await.unwrap_err();
        assert_eq!(failure.code(), ErrorCode::UploadTooLarge);
    }

    #[tokio::test]
    async fn a_false_length_allocates_little() {
        let upload = collect(&[b"x"], Some(u64::MAX), 100_000).await.unwrap();
        assert!(upload.bytes.capacity() as u64 <= FIRST_CAPACITY);
    }

    #[tokio::test]
    async fn is_refused_where_memory_runs_out_and_gives_back_what_it_had() {
        let budget = MemoryBudget::new(65_536);
        let source = Source::from(Bytes::from_static(&[7; 65_537]));
        let refused = Upload::collect(source, 100_000, budget.try_reserve(0).unwrap()).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Overloaded);
        assert!(budget.try_reserve(65_536).is_ok());
    }

    #[tokio::test]
    async fn an_output_holds_its_share_until_it_is_gone() {
        let budget = MemoryBudget::new(3 * 65_536);
        let source = Source::from(Bytes::from_static(&[7; 150_000]));
        let upload = Upload::collect(source, 150_000, budget.try_reserve(0).unwrap()).await.unwrap();
        let output = upload.replace(vec![1; 10]);
        assert!(budget.try_reserve(2 * 65_536).is_ok(), "the upload's share is back");
        assert!(budget.try_reserve(3 * 65_536).is_err(), "the output's is not");
        drop(output);
        assert!(budget.try_reserve(3 * 65_536).is_ok());
    }
}
