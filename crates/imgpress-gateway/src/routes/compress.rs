use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures_util::TryStreamExt;
use headers::{ContentLength, HeaderMapExt};
use http::{HeaderMap, HeaderValue, header};
use imgpress_engine_api::{ErrorCode, Failure, Job, Output, RequestId, wire};
use imgpress_http::{Error, ImageBytes, upload_deadline};
use imgpress_options::OptionSet;
use imgpress_storage::{Blob, Spool};
use metrics::histogram;
use tokio::time::Instant;

use crate::receipt::StoredReceipt;
use crate::upload::{Boundary, Upload};
use crate::{App, AppState, trace};

/// The largest output kept for storing, in bytes: more than any JPEG of the most pixels that are taken.
const LARGEST_OUTPUT: u64 = 256 << 20;

/// `POST /compress`: one image, made smaller, stored or sent back.
pub(crate) async fn compress_image(
    State(state): State<AppState>,
    Extension(request_id): Extension<RequestId>,
    Extension(boundary): Extension<Boundary>,
    Extension(options): Extension<OptionSet>,
    request: Request,
) -> Result<Response, Error> {
    let declared = request.headers().typed_get::<ContentLength>().map(|length| length.0);
    let traceparent = traceparent(request.headers());
    let max_bytes = state.config.max_upload_bytes;
    let deadline = upload_deadline(declared);
    let upload = Upload::begin(request.into_body(), boundary, options, max_bytes, deadline).await?;

    let timeout = state.config.request_timeout;
    let job =
        Job { options: upload.options.options(), source: upload.source, timeout, request_id, traceparent };
    let output = trace::compress(&*state.engine, job).await?;
    if !upload.options.store() {
        return send_back(output).map_err(Error);
    }
    let ended = upload.ended.get().copied().unwrap_or_else(Instant::now);
    store(&state, output, ended + timeout).await.map_err(Error)
}

/// The trace that a request belongs to, if it came with one.
pub(crate) fn traceparent(headers: &HeaderMap) -> Option<imgpress_engine_api::TraceParent> {
    headers.get(wire::TRACEPARENT)?.to_str().ok()?.parse().ok()
}

fn send_back(output: Output) -> Result<Response, Failure> {
    let receipt = &output.receipt;
    let image_bytes = ImageBytes::from(receipt);
    let json = serde_json::to_string(receipt).map_err(Failure::internal)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(receipt.format.content_type())),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (wire::RECEIPT, HeaderValue::try_from(json).map_err(Failure::internal)?),
    ];
    let mut response = (headers, Body::from_stream(output.into_stream())).into_response();
    response.headers_mut().typed_insert(ContentLength(image_bytes.sent));
    response.extensions_mut().insert(image_bytes);
    Ok(response)
}

async fn store(app: &App, output: Output, deadline: Instant) -> Result<Response, Failure> {
    let mut receipt = output.receipt.clone();
    let blob = spool(app, output).await?;
    let key = blob.key(receipt.format);

    let started = Instant::now();
    let stored = trace::put(&*app.storage, &key, &blob, deadline).await;
    stored.map_err(|error| storage_failed().caused_by(error))?;
    let took = started.elapsed().as_secs_f64();
    histogram!("image_stage_duration_seconds", "stage" => "upload").record(took);
    receipt.timings.upload_ms = Some((took * 10_000.0).round() / 10.0);

    let image_bytes = ImageBytes::from(&receipt);
    let stored = StoredReceipt {
        url: app.storage.public_url(&key),
        key: key.to_string(),
        sha256: key.sha256_hex().to_owned(),
        receipt,
    };
    let mut response = ([(header::CACHE_CONTROL, "no-store")], Json(stored)).into_response();
    response.extensions_mut().insert(image_bytes);
    Ok(response)
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
