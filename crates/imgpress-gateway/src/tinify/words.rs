//! Tinify's own words around every answer.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use headers::authorization::Basic;
use headers::{Authorization, HeaderMapExt};
use http::{HeaderName, HeaderValue, StatusCode, header};
use imgpress_engine_api::{ErrorCode, Failure};
use imgpress_http::{Error, ErrorWords};

use super::Tinify;
use crate::AppState;
use crate::client::Client;
use crate::middleware::auth::authorise;

pub(super) const COMPRESSION_COUNT: HeaderName = HeaderName::from_static("compression-count");

/// How a key is asked for (RFC 7617).
const CHALLENGE: HeaderValue = HeaderValue::from_static("Basic realm=\"imgpress\", charset=\"UTF-8\"");

/// Says in an error what Tinify says in it.
pub(super) async fn say_as_tinify(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let code = response.extensions().get::<Failure>().map(Failure::code);
    if let Some(words) = words(code, response.status()) {
        response.extensions_mut().insert(ErrorWords(words));
    }
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, CHALLENGE);
    }
    response
}

/// Clients tell errors apart by their status; people, by these.
fn words(code: Option<ErrorCode>, status: StatusCode) -> Option<&'static str> {
    match code {
        Some(ErrorCode::EmptyBody) => Some("Input missing"),
        Some(ErrorCode::SourceNotFound) => Some("Source not found"),
        Some(ErrorCode::StoreRefused) => Some("Store failed"),
        Some(ErrorCode::OptionInvalid) => Some("JSON validation error"),
        Some(ErrorCode::FormatUnsupported) => Some("Unsupported media type"),
        Some(ErrorCode::RateLimited) => Some("Too many requests"),
        _ if status.is_server_error() => Some("InternalServerError"),
        // HTTP's own words, Unauthorized among them.
        _ => None,
    }
}

/// Lets only requests with a known key pass, sent as the password of HTTP's Basic, and says in every answer how many
/// images were compressed with it.
pub(super) async fn require_key(
    State(state): State<AppState>,
    client: Client,
    mut request: Request,
    next: Next,
) -> Result<Response, Error> {
    let sent = request.headers().contains_key(header::AUTHORIZATION);
    let basic = request.headers().typed_get::<Authorization<Basic>>();
    // What is sent and is no Basic is a wrong key.
    let key = basic.as_ref().map(Authorization::password).or(sent.then_some(""));
    let name = authorise(&state, client, key, "as the password of Basic authorization").await?;
    request.extensions_mut().insert(name.clone());
    let mut response = next.run(request).await;
    if let Some(tinify) = &state.tinify {
        tell_count(tinify, &name, &mut response).await;
    }
    Ok(response)
}

pub(super) async fn tell_count(tinify: &Tinify, name: &crate::ApiKeyName, response: &mut Response) {
    response.headers_mut().insert(COMPRESSION_COUNT, tinify.counts.of(name).await.into());
}
