use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderName;
use imgpress_engine_api::{ErrorCode, Failure};
use imgpress_http::Error;

use crate::AppState;
use crate::client::Client;
use crate::middleware::rate_limit::refusal;

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
    let guesses = &state.limits.wrong_keys;
    if let Some(exhausted) = guesses.exhausted(client) {
        return Err(refusal(exhausted).into());
    }
    let key = request.headers().get(API_KEY).and_then(|value| value.to_str().ok());
    let Some(name) = key.and_then(|key| state.api_keys.verify(key)) else {
        if request.headers().contains_key(API_KEY) {
            guesses.hit(client);
        }
        return Err(unauthorized().into());
    };
    tracing::debug!(api_key = %name, "authorised");
    request.extensions_mut().insert(name);
    Ok(next.run(request).await)
}

fn unauthorized() -> Failure {
    Failure::new(
        ErrorCode::Unauthorized,
        "The API key is missing or wrong; send a valid one in the x-api-key header.",
    )
}
