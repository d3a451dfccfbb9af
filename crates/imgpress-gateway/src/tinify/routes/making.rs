//! What is made of an original by command.

use bytes::Bytes;
use futures_util::stream::{Stream, TryStreamExt, try_unfold};
use imgpress_engine_api::{Failure, Job, Output, Receipt, RequestId, Source, TraceParent};
use imgpress_options::ImageFormat;
use imgpress_storage::Blob;
use tokio::time::Instant;

use super::super::commands::{Commands, Conversion};
use super::super::results::Kept;
use super::super::wire::invalid;
use super::not_kept;
use crate::routes::compress::spool;
use crate::{App, trace};

/// The note of an engine that has put a picture on a background.
const FLATTENED: &str = "transparency-flattened";

/// What is to be made of what.
pub(super) struct Order<'a> {
    pub(super) kept: &'a Kept,
    pub(super) commands: &'a Commands,
    pub(super) request_id: RequestId,
    pub(super) traceparent: Option<TraceParent>,
    /// When the client is to have its answer.
    pub(super) deadline: Instant,
}

impl Order<'_> {
    /// Makes it; of several formats that are allowed, the one with the fewest bytes.
    ///
    /// # Errors
    /// The engine's, and a picture that would lose its transparency although no background was named.
    pub(super) async fn make(&self, app: &App) -> Result<Output, Failure> {
        let conversions = self.commands.conversions();
        if let [only] = conversions[..] {
            let output = self.make_one(app, only).await?;
            return if self.lost_transparency(&output.receipt) { Err(no_background()) } else { Ok(output) };
        }
        let mut best: Option<(Receipt, Blob)> = None;
        for conversion in conversions {
            let output = self.make_one(app, conversion).await?;
            let receipt = output.receipt.clone();
            let is_better = best.as_ref().is_none_or(|(best, _)| receipt.bytes < best.bytes);
            if is_better && !self.lost_transparency(&receipt) {
                best = Some((receipt, spool(app, output).await?));
            }
        }
        let (receipt, blob) = best.ok_or_else(no_background)?;
        Ok(Output::streamed(receipt, blob.chunks().map_err(not_kept)))
    }

    async fn make_one(&self, app: &App, conversion: Conversion) -> Result<Output, Failure> {
        let original = &self.kept.about.receipt.original;
        let source = Source::new(self.kept.original().map_err(not_kept), Some(original.bytes));
        let options = self.commands.options(conversion, original);
        let timeout = self.deadline.saturating_duration_since(Instant::now());
        let (request_id, traceparent) = (self.request_id.clone(), self.traceparent.clone());
        trace::compress(&*app.engine, Job { options, source, timeout, request_id, traceparent }).await
    }

    fn lost_transparency(&self, receipt: &Receipt) -> bool {
        let flattened = receipt.notes.iter().any(|note| note.code == FLATTENED);
        flattened && receipt.format == ImageFormat::Jpeg && !self.commands.has_background()
    }
}

fn no_background() -> Failure {
    invalid(
        "The image is transparent and JPEG is not: name a background with transform, or convert to another type.",
    )
}

/// An output's bytes, which fail where they are not as many as were promised: the promise has become a header by then.
pub(super) fn whole(output: Output) -> impl Stream<Item = Result<Bytes, Failure>> + Send + Unpin + 'static {
    let promised = output.receipt.bytes;
    Box::pin(try_unfold((output.into_stream(), 0), move |(mut chunks, read)| async move {
        match chunks.try_next().await? {
            Some(chunk) => {
                let read = read + chunk.len() as u64;
                Ok(Some((chunk, (chunks, read))))
            }
            None if read == promised => Ok(None),
            None => {
                Err(Failure::engine_failed(format!("the engine promised {promised} bytes and sent {read}")))
            }
        }
    }))
}
