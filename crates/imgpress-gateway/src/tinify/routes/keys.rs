use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, header};
use imgpress_engine_api::{ErrorCode, Failure};
use imgpress_http::Error;
use serde_json::json;

use super::super::words::tell_count;
use super::tinify;
use crate::AppState;
use crate::client::Client;
use crate::middleware::auth::authorise;

const REMAINING: HeaderName = HeaderName::from_static("compression-count-remaining");
const PAYING_STATE: HeaderName = HeaderName::from_static("paying-state");

/// There is no limit but the rate: the largest number that clients with 32 bits read.
const UNLIMITED: HeaderValue = HeaderValue::from_static("2147483647");

/// Clients warn those who do not pay of a limit.
const PAID: HeaderValue = HeaderValue::from_static("paid");

/// `GET /keys/{key}`: whether a key is one, and how much was done with it. A wrong one counts as a guess.
pub(super) async fn tell(
    State(state): State<AppState>,
    client: Client,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Error> {
    // What is not even text is no key either.
    let key = path.map(|Path(key)| key).unwrap_or_default();
    let name = authorise(&state, client, Some(&key), "in the path").await.map_err(|failure| {
        let is_wrong = failure.code() == ErrorCode::Unauthorized;
        if is_wrong { Failure::new(ErrorCode::NotFound, "There is no such key.") } else { failure }
    })?;
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REMAINING, UNLIMITED),
        (PAYING_STATE, PAID),
    ];
    let mut response = (headers, Json(json!({}))).into_response();
    tell_count(tinify(&state)?, &name, &mut response).await;
    Ok(response)
}
