//! A part of a file as a stream.

use std::io::{self, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use futures_util::stream::{Stream, try_unfold};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// How much of a file is read at a time, in bytes.
const CHUNK: u64 = 64 << 10;

/// The bytes of a part of a file, which is open only while it is read: how fast whoever takes them is, is its own choice;
/// an open file is ours.
pub(crate) fn chunks<F>(
    part: Range<u64>,
    open: impl Fn() -> F + Send + 'static,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static
where
    F: Future<Output = io::Result<File>> + Send,
{
    try_unfold((open, part), |(open, part)| async move {
        if part.is_empty() {
            return Ok(None);
        }
        let mut file = open().await?;
        file.seek(SeekFrom::Start(part.start)).await?;
        let mut chunk = Vec::new();
        file.take(CHUNK.min(part.end - part.start)).read_to_end(&mut chunk).await?;
        if chunk.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let rest = part.start + chunk.len() as u64..part.end;
        Ok(Some((chunk.into(), (open, rest))))
    })
}
