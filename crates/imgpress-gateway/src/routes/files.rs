use std::io;
use std::ops::Bound;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::Stream;
use headers::{AcceptRanges, ContentLength, ContentRange, ETag, HeaderMapExt, Range};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use imgpress_engine_api::{ErrorCode, Failure};
use imgpress_http::Error;
use imgpress_storage::{Storage, StorageKey, StoredObject};

use tokio::time::Instant;

use super::conditions;
use crate::client_prefix::Ownership;
use crate::{ApiKeyName, AppState, section, trace};

/// A key is a hash of what is behind it, so what is behind it never changes.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// `GET /files/{key}`: a stored picture, for every page of the web.
pub(crate) async fn get_file(
    State(state): State<AppState>,
    path: Result<Path<String>, PathRejection>,
    request: HeaderMap,
) -> Result<Response, Error> {
    let key = key_of(path)?;
    let opened = trace::open(&*state.storage, &key).await;
    let object = opened.map_err(|error| storage_failed().caused_by(error))?.ok_or_else(no_such_file)?;
    let tag = object.etag();
    let etag: ETag = tag.parse().map_err(|_| Failure::internal("a hash is no entity tag"))?;
    let mut response = if conditions::is_held(&request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let range = applicable_range(&request, &tag);
        content(Arc::clone(&state.storage), key, object, range)?
    };
    let headers = response.headers_mut();
    headers.typed_insert(etag);
    headers.insert(header::CACHE_CONTROL, FOREVER);
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    Ok(response)
}

/// `DELETE /files/{key}`: takes a client's own picture away. What is gone, was never there or is another's are one answer.
pub(crate) async fn delete_file(
    State(state): State<AppState>,
    Extension(name): Extension<ApiKeyName>,
    path: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Error> {
    let key = key_of(path)?;
    if Ownership::of(&key, state.config.client_prefixes.as_deref(), &name) == Ownership::Foreign {
        return Err(no_such_file().into());
    }
    let deadline = Instant::now() + state.config.request_timeout;
    let deleted = trace::delete(&*state.storage, &key, deadline).await;
    match deleted.map_err(|error| not_deleted().caused_by(error))? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(no_such_file().into()),
    }
}

fn key_of(path: Result<Path<String>, PathRejection>) -> Result<StorageKey, Failure> {
    // What is not even text is no key either.
    let Path(key) = path.map_err(|_| no_such_file())?;
    key.parse().map_err(|_| no_such_file())
}

/// The asked-for range, unless it was asked for under a condition that does not hold (RFC 9110, 13.1.5). A date never
/// does: none is given out.
fn applicable_range(request: &HeaderMap, tag: &str) -> Option<Range> {
    if request.get(header::IF_RANGE).is_some_and(|condition| condition.as_bytes() != tag.as_bytes()) {
        return None;
    }
    request.typed_get()
}

fn content(
    storage: Arc<dyn Storage>,
    key: StorageKey,
    object: StoredObject,
    range: Option<Range>,
) -> Result<Response, Failure> {
    let content_type = object.format().content_type();
    let length = object.length;
    // Whether and when the client reads is its own choice; an open file is ours.
    drop(object);
    let (status, start, count) = match range.map(|range| single_span(&range, length)) {
        None | Some(Span::Everything) => (StatusCode::OK, 0, length),
        Some(Span::Part { start, count }) => (StatusCode::PARTIAL_CONTENT, start, count),
        Some(Span::Nowhere) => return Ok(not_satisfiable(length)),
    };
    let body = Body::from_stream(chunks(storage, key, start..start + count));
    let mut response = (status, [(header::CONTENT_TYPE, content_type)], body).into_response();
    response.headers_mut().typed_insert(AcceptRanges::bytes());
    response.headers_mut().typed_insert(ContentLength(count));
    if status == StatusCode::PARTIAL_CONTENT {
        let range = ContentRange::bytes(start..start + count, length).map_err(Failure::internal)?;
        response.headers_mut().typed_insert(range);
    }
    Ok(response)
}

/// A part of a stored file.
fn chunks(
    storage: Arc<dyn Storage>,
    key: StorageKey,
    part: std::ops::Range<u64>,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    section::chunks(part, move || {
        let (storage, key) = (Arc::clone(&storage), key.clone());
        async move {
            let object = storage.open(&key).await.map_err(io::Error::other)?;
            Ok(object.ok_or(io::ErrorKind::NotFound)?.file)
        }
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Span {
    Everything,
    Part { start: u64, count: u64 },
    Nowhere,
}

/// What a range header comes to (RFC 9110, 14.1.2). Several ranges at once are answered with everything, which
/// 14.2 allows, and so is one that ends before it starts, which 14.1.1 asks for.
fn single_span(range: &Range, length: u64) -> Span {
    let spans: Vec<_> = range.satisfiable_ranges(length).take(2).collect();
    let [(start, end)] = spans[..] else {
        // The library leaves out a suffix that is longer than the file; it means all of it.
        let is_long_suffix = spans.is_empty() && range.satisfiable_ranges(u64::MAX).next().is_some();
        return if spans.len() > 1 || is_long_suffix { Span::Everything } else { Span::Nowhere };
    };
    let start = match start {
        Bound::Included(at) => at,
        Bound::Excluded(at) => at.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match end {
        Bound::Included(at) => at.saturating_add(1),
        Bound::Excluded(at) => at,
        Bound::Unbounded => u64::MAX,
    };
    if end <= start {
        return Span::Everything;
    }
    if start >= length {
        return Span::Nowhere;
    }
    Span::Part { start, count: end.min(length) - start }
}

fn not_satisfiable(length: u64) -> Response {
    let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
    response.headers_mut().typed_insert(ContentRange::unsatisfied_bytes(length));
    response
}

fn no_such_file() -> Failure {
    Failure::new(ErrorCode::NotFound, "There is no such file.")
}

fn not_deleted() -> Failure {
    let message = "The file could not be removed; the fault is ours and was logged. Please try again.";
    Failure::new(ErrorCode::StorageFailed, message)
}

fn storage_failed() -> Failure {
    Failure::new(ErrorCode::StorageFailed, "The store failed; the fault is ours and was logged.")
}
