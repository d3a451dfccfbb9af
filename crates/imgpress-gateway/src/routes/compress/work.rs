use futures_util::TryStreamExt;
use imgpress_engine_api::{ErrorCode, Failure, Job, Output, Receipt, RequestId, TraceParent};
use imgpress_storage::{Blob, Spool, StorageKey};
use metrics::histogram;
use tokio::time::Instant;

use crate::receipt::StoredReceipt;
use crate::recent::Digest;
use crate::result_cache::{self, ResultCache};
use crate::upload::{Upload, ahead};
use crate::{ApiKeyName, App, trace};

/// The largest output kept for storing, in bytes: more than any JPEG of the most pixels that are taken.
const LARGEST_OUTPUT: u64 = 256 << 20;

/// An image that is to be compressed, for whom, and by what name it is logged.
pub(super) struct Work<'a> {
    pub(super) app: &'a App,
    pub(super) name: ApiKeyName,
    pub(super) request_id: RequestId,
    pub(super) traceparent: Option<TraceParent>,
}

/// What came of it.
pub(super) enum Answer {
    Stored(StoredReceipt),
    SentBack(Output),
}

impl Work<'_> {
    /// Compresses an upload, and stores the output where it is to be stored. What the cache knows already is neither.
    ///
    /// # Errors
    /// The upload's, the engine's and the store's.
    pub(super) async fn carry_out(&self, mut upload: Upload) -> Result<Answer, Failure> {
        let is_stored = upload.options.store();
        let cache = self.app.results.as_ref().filter(|_| is_stored);
        let mut known = None;
        if let Some(cache) = cache {
            (upload, known) = self.recognise(upload, cache).await?;
        }
        let cached = match (cache, &known) {
            (Some(cache), Some(known)) => cache.find(known, &*self.app.storage).await,
            _ => None,
        };
        if let Some((key, receipt)) = cached {
            return Ok(Answer::Stored(self.stored(&key, receipt, true)));
        }
        let ended = std::sync::Arc::clone(&upload.ended);
        let output = self.compress(upload).await?;
        if !is_stored {
            return Ok(Answer::SentBack(output));
        }
        let ended = ended.get().copied().unwrap_or_else(Instant::now);
        let (key, receipt) =
            store(self.app, output, &self.name, ended + self.app.config.request_timeout).await?;
        if let (Some(cache), Some(known)) = (cache, known) {
            cache.keep(known, &key, &receipt).await;
        }
        Ok(Answer::Stored(self.stored(&key, receipt, false)))
    }

    /// Reads an upload ahead where it is small, to tell whether it was here before.
    async fn recognise(
        &self,
        upload: Upload,
        cache: &ResultCache,
    ) -> Result<(Upload, Option<Digest>), Failure> {
        let (source, image) = ahead::hashed(upload.source);
        let source = ahead::read_ahead(source, cache.room()).await?;
        let options = upload.options.options();
        let known = image.get().map(|image| result_cache::upload_digest(&self.name, image, options));
        if known.is_none() {
            result_cache::count("bypassed");
        }
        Ok((Upload { source, ..upload }, known))
    }

    async fn compress(&self, upload: Upload) -> Result<Output, Failure> {
        let (options, source) = (upload.options.options(), upload.source);
        let timeout = self.app.config.request_timeout;
        let (request_id, traceparent) = (self.request_id.clone(), self.traceparent.clone());
        trace::compress(&*self.app.engine, Job { options, source, timeout, request_id, traceparent }).await
    }

    fn stored(&self, key: &StorageKey, receipt: Receipt, cached: bool) -> StoredReceipt {
        StoredReceipt {
            url: self.app.storage.public_url(key),
            key: key.to_string(),
            sha256: key.sha256_hex().to_owned(),
            cached,
            receipt,
        }
    }
}

/// Puts an output under its hash.
async fn store(
    app: &App,
    output: Output,
    name: &ApiKeyName,
    deadline: Instant,
) -> Result<(StorageKey, Receipt), Failure> {
    let mut receipt = output.receipt.clone();
    let blob = spool(app, output).await?;
    let key = blob.key(receipt.format);
    let key = match &app.config.client_prefixes {
        Some(prefixes) => key.within(&prefixes.of(name)),
        None => key,
    };
    let started = Instant::now();
    let stored = trace::put(&*app.storage, &key, &blob, deadline).await;
    stored.map_err(|error| storage_failed().caused_by(error))?;
    let took = started.elapsed().as_secs_f64();
    histogram!("image_stage_duration_seconds", "stage" => "upload").record(took);
    receipt.timings.upload_ms = Some((took * 10_000.0).round() / 10.0);
    Ok((key, receipt))
}

/// Takes the output in: a store wants its hash and length first.
pub(crate) async fn spool(app: &App, output: Output) -> Result<Blob, Failure> {
    let promised = output.receipt.bytes;
    let mut spool = Spool::new(&app.config.spool_dir, LARGEST_OUTPUT);
    let mut chunks = output.into_stream();
    while let Some(chunk) = chunks.try_next().await? {
        spool.write(&chunk).await.map_err(|error| storage_failed().caused_by(error))?;
    }
    let blob = spool.finish().await.map_err(|error| storage_failed().caused_by(error))?;
    if blob.length() != promised {
        let cause = format!("the engine promised {promised} bytes and sent {}", blob.length());
        return Err(Failure::engine_failed(cause));
    }
    Ok(blob)
}

fn storage_failed() -> Failure {
    Failure::new(
        ErrorCode::StorageFailed,
        "The image was compressed but could not be stored. Please try again.",
    )
}
