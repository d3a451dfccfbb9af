use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt, TryStreamExt, try_unfold};
use headers::{ContentLength, ContentType, HeaderMapExt};
use http::{StatusCode, header};
use http_body::Body as _;
use imgpress_engine_api::{ErrorCode, Failure, Job, RequestId, Source};
use imgpress_http::{Error, ImageBytes, body_stream, upload_deadline};
use imgpress_options::{Options, OutputFormat};
use tokio::sync::Mutex;

use super::super::results::{About, Writing};
use super::super::wire::{ShrinkAnswer, ShrinkRequest, parse, read_json_bytes};
use super::{making, not_kept, tinify};
use crate::upload::too_large;
use crate::{ApiKeyName, App, AppState, trace};

/// What an image comes as.
type Chunks = BoxStream<'static, Result<Bytes, Failure>>;

/// A file that is written while its bytes go by, and taken back when they have.
type Shared = Arc<Mutex<Option<Writing>>>;

/// `POST /shrink`: one image made smaller in its own format, and kept with the original until both are too old.
pub(super) async fn shrink(
    State(state): State<AppState>,
    Extension(request_id): Extension<RequestId>,
    Extension(name): Extension<ApiKeyName>,
    request: Request,
) -> Result<Response, Error> {
    let tinify = tinify(&state)?;
    let traceparent = crate::routes::compress::traceparent(request.headers());
    let (image, length) = image(&state, request).await?;
    let written: Shared = Arc::new(Mutex::new(Some(tinify.results.begin().await.map_err(not_kept)?)));
    let source =
        Source::new(kept_as_it_comes(image, Arc::clone(&written), state.config.max_upload_bytes), length);
    let options = Options { format: OutputFormat::Same, ..Options::default() };
    let timeout = state.config.request_timeout;
    let output =
        trace::compress(&*state.engine, Job { options, source, timeout, request_id, traceparent }).await?;

    let receipt = output.receipt.clone();
    let written = written.lock().await.take();
    let mut writing = written.ok_or_else(|| Failure::internal("the original is gone"))?;
    if writing.written() != receipt.original.bytes {
        let cause = format!("{} bytes were sent and {} received", writing.written(), receipt.original.bytes);
        return Err(Failure::engine_failed(cause).into());
    }
    let mut chunks = making::whole(output);
    while let Some(chunk) = chunks.try_next().await? {
        writing.write(&chunk).await.map_err(not_kept)?;
    }
    let about = About { owner: name.to_string(), receipt };
    let id = tinify.results.keep(writing, &about).await.map_err(not_kept)?;
    tinify.counts.add(&name).await;

    let location = format!("/output/{id}");
    let answer = ShrinkAnswer::new(&about.receipt, format!("{}{location}", tinify.public_url));
    let headers = [(header::LOCATION, location.as_str()), (header::CACHE_CONTROL, "no-store")];
    let mut response = (StatusCode::CREATED, headers, Json(answer)).into_response();
    response.extensions_mut().insert(ImageBytes::from(&about.receipt));
    Ok(response)
}

/// The image of a request, and its length where that is known: the body, or what the body names. Clients give all kinds of
/// content types to images; only JSON is what it says.
async fn image(app: &App, request: Request) -> Result<(Chunks, Option<u64>), Failure> {
    let max_bytes = app.config.max_upload_bytes;
    let declared = request.headers().typed_get::<ContentLength>().map(|length| length.0);
    if declared.is_some_and(|length| length > max_bytes) {
        return Err(too_large(max_bytes));
    }
    let is_json = request.headers().typed_get::<ContentType>().is_some_and(|it| is_json(&it));
    let body = request.into_body();
    if body.is_end_stream() {
        return Err(Failure::new(ErrorCode::EmptyBody, "The body is empty; send the image in it."));
    }
    if !is_json {
        let deadline = upload_deadline(Some(declared.unwrap_or(max_bytes)));
        return Ok((body_stream(body, deadline).boxed(), declared));
    }
    let request: ShrinkRequest = parse(&read_json_bytes(body).await?)?;
    let fetcher = tinify(app)?.fetcher.as_ref().ok_or_else(|| {
        let message =
            "Images are not fetched from URLs here; send the image itself. An operator can allow it.";
        Failure::new(ErrorCode::SourceNotFound, message)
    })?;
    fetcher.fetch(&request.source.url, max_bytes).await
}

/// Whatever parameters it has.
fn is_json(content_type: &ContentType) -> bool {
    let content_type = content_type.to_string();
    content_type.split(';').next().is_some_and(|essence| essence.trim_end() == "application/json")
}

/// The image's bytes, each of which is written down before it goes on.
fn kept_as_it_comes(
    image: Chunks,
    written: Shared,
    max_bytes: u64,
) -> impl futures_util::Stream<Item = Result<Bytes, Failure>> + Send + 'static {
    try_unfold((image, written), move |(mut image, written)| async move {
        let Some(chunk) = image.try_next().await? else { return Ok(None) };
        {
            let mut writing = written.lock().await;
            let writing =
                writing.as_mut().ok_or_else(|| Failure::internal("an image goes on after its end"))?;
            if writing.written() + chunk.len() as u64 > max_bytes {
                return Err(too_large(max_bytes));
            }
            writing.write(&chunk).await.map_err(not_kept)?;
        }
        Ok(Some((chunk, (image, written))))
    })
}
