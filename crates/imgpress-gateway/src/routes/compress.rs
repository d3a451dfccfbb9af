mod work;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use headers::{ContentLength, HeaderMapExt};
use http::{HeaderMap, HeaderValue, header};
use imgpress_engine_api::{Failure, Output, RequestId, wire};
use imgpress_http::{Error, ImageBytes, upload_deadline};
use imgpress_options::OptionSet;
use tokio::time::Instant;

pub(crate) use self::work::spool;
use self::work::{Answer, Work};
use crate::idempotency::{self, Answered, Claim, Claimed, REPLAYED};
use crate::result_cache::LOOK;
use crate::upload::{Boundary, Upload, ahead};
use crate::{ApiKeyName, AppState, trace};

/// `POST /compress`: one image, made smaller, stored or sent back.
pub(crate) async fn compress_image(
    State(state): State<AppState>,
    Extension(request_id): Extension<RequestId>,
    Extension(boundary): Extension<Boundary>,
    Extension(name): Extension<ApiKeyName>,
    Extension(options): Extension<OptionSet>,
    request: Request,
) -> Result<Response, Error> {
    let declared = request.headers().typed_get::<ContentLength>().map(|length| length.0);
    let traceparent = traceparent(request.headers());
    let deadline = upload_deadline(declared);
    let claim = claim(&state, request.headers(), &name, deadline).await?;
    let max_bytes = state.config.max_upload_bytes;
    let upload = Upload::begin(request.into_body(), boundary, options, max_bytes, deadline);

    let work = Work { app: &state, name, request_id, traceparent };
    let response = match claim {
        None => respond(work.carry_out(upload.await?).await?),
        Some(Claim::First(claimed)) => carry_out_once(&work, upload, claimed).await,
        Some(Claim::Again(answered)) => answer_again(upload.await?, &answered).await,
    };
    response.map_err(Error)
}

/// The trace that a request belongs to, if it came with one.
pub(crate) fn traceparent(headers: &HeaderMap) -> Option<imgpress_engine_api::TraceParent> {
    headers.get(wire::TRACEPARENT)?.to_str().ok()?.parse().ok()
}

/// What the key says that the client has given its request, if it has: whether it is to be done at all.
async fn claim(
    state: &AppState,
    headers: &HeaderMap,
    name: &ApiKeyName,
    upload_ends: Instant,
) -> Result<Option<Claim>, Failure> {
    let Some(idempotency) = &state.idempotency else { return Ok(None) };
    let Some(key) = idempotency::key_of(headers, name)? else { return Ok(None) };
    // No request takes longer than to arrive, to be worked on and to be answered.
    let lease = upload_ends.saturating_duration_since(Instant::now()) + 2 * state.config.request_timeout;
    let claim = idempotency.claim(key, lease).await?;
    let Claim::Again(answered) = &claim else { return Ok(Some(claim)) };
    if is_stored_still(state, answered).await {
        return Ok(Some(claim));
    }
    idempotency::count("gone");
    idempotency.forget(&key, answered).await;
    idempotency.claim(key, lease).await.map(Some)
}

/// Whether the picture that an answer promises is there: it may have been deleted meanwhile.
async fn is_stored_still(state: &AppState, answered: &Answered) -> bool {
    let Some(key) = answered.storage_key() else { return false };
    trace::holds(&*state.storage, &key, Instant::now() + LOOK).await
}

/// Does what nobody has done, and remembers what was answered, or leaves the key to the next try.
async fn carry_out_once(
    work: &Work<'_>,
    upload: impl Future<Output = Result<Upload, Failure>>,
    claimed: Claimed,
) -> Result<Response, Failure> {
    match carry_out_first(work, upload).await {
        Ok((response, Some(answered))) => {
            claimed.answer(answered).await;
            Ok(response)
        }
        Ok((response, None)) => {
            claimed.give_up().await;
            Ok(response)
        }
        Err(failure) => {
            claimed.give_up().await;
            Err(failure)
        }
    }
}

/// The answer, and what to remember of it: only of what was stored, since the rest changes nothing.
async fn carry_out_first(
    work: &Work<'_>,
    upload: impl Future<Output = Result<Upload, Failure>>,
) -> Result<(Response, Option<Answered>), Failure> {
    let mut upload = upload.await?;
    let (source, digest) = ahead::hashed(upload.source);
    upload.source = source;
    let options = upload.options.clone();
    let answer = work.carry_out(upload).await?;
    idempotency::count("first");
    let answered = match (&answer, digest.get()) {
        (Answer::Stored(stored), Some(image)) => {
            Some(Answered { fingerprint: idempotency::fingerprint(image, &options), answer: stored.json()? })
        }
        _ => None,
    };
    Ok((respond(answer)?, answered))
}

/// The answer that was given before, to whoever sends the same again.
async fn answer_again(upload: Upload, answered: &Answered) -> Result<Response, Failure> {
    let image = ahead::hash(upload.source).await?;
    if idempotency::fingerprint(&image, &upload.options) != answered.fingerprint {
        idempotency::count("reused");
        return Err(idempotency::reused());
    }
    idempotency::count("replayed");
    let mut response = json(answered.answer.clone());
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

fn respond(answer: Answer) -> Result<Response, Failure> {
    match answer {
        Answer::SentBack(output) => send_back(output),
        Answer::Stored(stored) => {
            let mut response = json(stored.json()?);
            response.extensions_mut().insert(ImageBytes::from(&stored.receipt));
            Ok(response)
        }
    }
}

fn json(body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, body).into_response()
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
