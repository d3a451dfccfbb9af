use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderName;
use imgpress_engine_api::{ErrorCode, Failure};
use imgpress_http::Error;

use crate::client::Client;
use crate::middleware::rate_limit::refusal;
use crate::{ApiKeyName, AppState};

/// The header that carries the key.
pub(crate) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Lets only requests with a known key pass; a missing key and a wrong one get the same answer. An address
/// that has tried too many wrong ones is refused unheard until its minute is over, so that guessing is hopeless.
pub(crate) async fn require_api_key(
    State(state): State<AppState>,
    client: Client,
    mut request: Request,
    next: Next,
) -> Result<Response, Error> {
    // What is no text is a wrong key.
    let key = request.headers().get(API_KEY).map(|value| value.to_str().unwrap_or_default());
    let name = authorise(&state, client, key, "in the x-api-key header").await?;
    request.extensions_mut().insert(name);
    Ok(next.run(request).await)
}

/// The name of the key that a client sent, if it sent one; `place` says where it belongs.
pub(crate) async fn authorise(
    state: &AppState,
    client: Client,
    key: Option<&str>,
    place: &str,
) -> Result<ApiKeyName, Failure> {
    if let Some(exhausted) = state.limits.exhausted(client) {
        return Err(refusal(exhausted));
    }
    let Some(name) = key.and_then(|key| state.api_keys.verify(key)) else {
        if key.is_some() {
            state.limits.count_wrong_key(client).await;
        }
        let message = format!("The API key is missing or wrong; send a valid one {place}.");
        return Err(Failure::new(ErrorCode::Unauthorized, message));
    };
    tracing::debug!(api_key = %name, "authorised");
    Ok(name)
}
