//! Takes a source's chunks to a request's body: in the job's own task, so that dropping the job drops the
//! source, and so that a source's failure is seen as it is and not as the HTTP client words it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use http_body_util::StreamBody;
use hyper::body::Frame;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::connection::Body;
use super::replay::Upload;
use super::too_late;
use crate::Failure;

/// Chunks that the source is ahead of the connection, of 64 KiB at most each where they come from a client. What has come
/// together goes on in one piece; one by one, each chunk was a call of the system and two tasks that wake each other.
const AHEAD: usize = 8;

/// The job's end of an upload. Dropped before the source's end, it breaks the request off.
pub(super) struct Feed {
    /// Completes when the client first asks for bytes: then there is a connection.
    wanted: Option<oneshot::Receiver<()>>,
    chunks: mpsc::Sender<Chunk>,
}

/// Why an upload was not passed on.
pub(super) enum Unfed {
    /// It has failed by itself.
    Source(Failure),
    /// The engine takes no more of it.
    Stalled(Failure),
}

enum Chunk {
    Data(Bytes),
    /// The source has ended: without it the body is incomplete.
    End,
}

/// The upload was given up before its end.
#[derive(Debug, thiserror::Error)]
#[error("the upload was broken off")]
pub(super) struct BrokenOff;

/// A request's body and what feeds it.
pub(super) fn channel() -> (Body, Feed) {
    let (want, wanted) = oneshot::channel();
    let (chunks, arriving) = mpsc::channel(AHEAD);
    (Body::new(StreamBody::new(body(want, arriving))), Feed { wanted: Some(wanted), chunks })
}

impl Feed {
    /// Passes the upload on to its end, or until the request wants no more of it.
    ///
    /// # Errors
    /// The source's own failure as it is, or that the engine takes no chunk for as long as `patience`.
    pub(super) async fn pump(&mut self, upload: &mut Upload, patience: Duration) -> Result<(), Unfed> {
        if let Some(wanted) = self.wanted.as_mut() {
            if wanted.await.is_err() {
                return Ok(());
            }
            self.wanted = None;
        }
        while let Some(chunk) = upload.next().await {
            let chunk = chunk.map_err(Unfed::Source)?;
            if !chunk.is_empty() && !self.pass_on(Chunk::Data(chunk), patience).await? {
                return Ok(());
            }
        }
        self.pass_on(Chunk::End, patience).await.map(|_| ())
    }

    /// `false` when the request wants no more.
    async fn pass_on(&self, chunk: Chunk, patience: Duration) -> Result<bool, Unfed> {
        let sent =
            timeout(patience, self.chunks.send(chunk)).await.map_err(|_| Unfed::Stalled(too_late()))?;
        Ok(sent.is_ok())
    }
}

fn body(
    want: oneshot::Sender<()>,
    arriving: mpsc::Receiver<Chunk>,
) -> impl Stream<Item = Result<Frame<Bytes>, BrokenOff>> + Send + 'static {
    stream::try_unfold((Some(want), arriving), |(mut want, mut arriving)| async move {
        if let Some(want) = want.take() {
            // Nobody listens when the job was given up, which the next line notices.
            want.send(()).ok();
        }
        match arriving.recv().await {
            Some(Chunk::Data(data)) => Ok(Some((Frame::data(data), (want, arriving)))),
            Some(Chunk::End) => Ok(None),
            None => Err(BrokenOff),
        }
    })
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::super::replay::ReplayMemory;
    use super::*;

    async fn sent(source: Vec<Result<Bytes, Failure>>) -> Vec<Result<Bytes, BrokenOff>> {
        let (want, wanted) = oneshot::channel();
        let (chunks, arriving) = mpsc::channel(1);
        let mut feed = Feed { wanted: Some(wanted), chunks };
        let mut upload = Upload::new(stream::iter(source).boxed(), &ReplayMemory::new(0, 0));
        let feeding = async move { feed.pump(&mut upload, Duration::MAX).await.ok() };
        let body = body(want, arriving).map(|frame| frame.map(|frame| frame.into_data().unwrap()));
        tokio::join!(body.collect(), feeding).0
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
