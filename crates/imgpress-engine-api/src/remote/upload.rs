//! Takes a source's chunks to a request's body: in the job's own task, so that dropping the job drops the
//! source, and so that a source's failure is seen as it is and not as the HTTP client words it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::too_late;
use crate::Failure;

/// The job's end of an upload. Dropped before the source's end, it breaks the request off.
pub(super) struct Feed {
    /// Completes when the client first asks for bytes: then there is a connection.
    wanted: Option<oneshot::Receiver<()>>,
    chunks: mpsc::Sender<Chunk>,
}

enum Chunk {
    Data(Bytes),
    /// The source has ended: without it the body is incomplete.
    End,
}

/// The upload was given up before its end.
#[derive(Debug, thiserror::Error)]
#[error("the upload was broken off")]
struct BrokenOff;

/// A request's body and what feeds it.
pub(super) fn channel() -> (reqwest::Body, Feed) {
    let (want, wanted) = oneshot::channel();
    // One chunk: the source is asked for the next when the connection has taken the last.
    let (chunks, arriving) = mpsc::channel(1);
    (reqwest::Body::wrap_stream(body(want, arriving)), Feed { wanted: Some(wanted), chunks })
}

impl Feed {
    /// Whether anything of the source may have been read.
    pub(super) fn has_begun(&self) -> bool {
        self.wanted.is_none()
    }

    /// Passes the source on to its end, or until the request wants no more of it.
    ///
    /// # Errors
    /// The source's own failure as it is, or `deadline-exceeded` where the engine takes no chunk for as long
    /// as `patience`.
    pub(super) async fn pump(
        &mut self,
        source: &mut BoxStream<'static, Result<Bytes, Failure>>,
        patience: Duration,
    ) -> Result<(), Failure> {
        if let Some(wanted) = self.wanted.as_mut() {
            if wanted.await.is_err() {
                return Ok(());
            }
            self.wanted = None;
        }
        while let Some(chunk) = source.next().await {
            let chunk = chunk?;
            if !chunk.is_empty() && !self.pass_on(Chunk::Data(chunk), patience).await? {
                return Ok(());
            }
        }
        self.pass_on(Chunk::End, patience).await.map(|_| ())
    }

    /// `false` when the request wants no more.
    async fn pass_on(&self, chunk: Chunk, patience: Duration) -> Result<bool, Failure> {
        let sent = timeout(patience, self.chunks.send(chunk)).await.map_err(|_| too_late())?;
        Ok(sent.is_ok())
    }
}

fn body(
    want: oneshot::Sender<()>,
    arriving: mpsc::Receiver<Chunk>,
) -> impl Stream<Item = Result<Bytes, BrokenOff>> + Send + 'static {
    stream::try_unfold((Some(want), arriving), |(mut want, mut arriving)| async move {
        if let Some(want) = want.take() {
            // Nobody listens when the job was given up, which the next line notices.
            want.send(()).ok();
        }
        match arriving.recv().await {
            Some(Chunk::Data(data)) => Ok(Some((data, (want, arriving)))),
            Some(Chunk::End) => Ok(None),
            None => Err(BrokenOff),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent(source: Vec<Result<Bytes, Failure>>) -> Vec<Result<Bytes, BrokenOff>> {
        let (want, wanted) = oneshot::channel();
        let (chunks, arriving) = mpsc::channel(1);
        let mut feed = Feed { wanted: Some(wanted), chunks };
        let feeding = async move { feed.pump(&mut stream::iter(source).boxed(), Duration::MAX).await.ok() };
        tokio::join!(body(want, arriving).collect(), feeding).0
    }

    #[tokio::test]
    async fn a_body_ends_well_only_if_its_source_does() {
        let (data, nothing) = (Bytes::from_static(b"data"), Bytes::new());
        let whole = sent(vec![Ok(nothing), Ok(data.clone())]).await;
        assert!(matches!(whole.as_slice(), [Ok(sent)] if *sent == data), "{whole:?}");
        let slow = Failure::new(crate::ErrorCode::UploadTimeout, "Too slow.");
        let broken = sent(vec![Ok(data), Err(slow)]).await;
        assert!(matches!(broken.as_slice(), [Ok(_), Err(BrokenOff)]), "{broken:?}");
    }
}
