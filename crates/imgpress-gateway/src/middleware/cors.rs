//! Which pages of other origins may call the API (the Fetch standard's CORS protocol).

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::{AppState, CorsOrigins};

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, DELETE");

/// What a page may send beyond what every page may.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "content-type, x-api-key, x-compression-quality, x-request-id, idempotency-key, traceparent",
);

/// What a page may read beyond what every page may.
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "x-request-id, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, retry-after, x-compression-receipt, idempotency-replayed",
);

/// A day; browsers cap it at less.
const MAX_AGE_SECONDS: HeaderValue = HeaderValue::from_static("86400");

/// Answers preflights, whatever they ask for, and marks what allowed origins may read. A denied origin gets
/// its normal answer without the mark: the browser, not the server, keeps the page from reading it.
pub(crate) async fn share(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(ORIGIN).cloned();
    let preflight = is_preflight(&request);
    let mut response = if preflight { preflight_answer(&request) } else { next.run(request).await };
    mark(response.headers_mut(), &state.config.cors_origins, origin.as_ref(), preflight);
    response
}

fn is_preflight(request: &Request) -> bool {
    let headers = request.headers();
    *request.method() == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight_answer(request: &Request) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS);
    if request.headers().contains_key(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    }
    response
}

fn mark(headers: &mut HeaderMap, allowed: &CorsOrigins, origin: Option<&HeaderValue>, preflight: bool) {
    // A stored picture is for every page already.
    if headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
        return;
    }
    let allow = match allowed {
        CorsOrigins::None => None,
        CorsOrigins::Any => Some(HeaderValue::from_static("*")),
        CorsOrigins::List(list) => {
            headers.append(VARY, HeaderValue::from_static("Origin"));
            origin.filter(|origin| list.contains(origin)).cloned()
        }
    };
    let Some(allow) = allow else { return };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allow);
    if !preflight {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
    }
}
