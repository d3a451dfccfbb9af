use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use headers::{ContentLength, ContentType, HeaderMapExt};
use imgpress_engine_api::{ErrorCode, Failure, wire};
use imgpress_http::Error;
use imgpress_options::{OptionError, OptionSet};

use crate::AppState;
use crate::upload::{Boundary, FRAMING_ALLOWANCE, too_large};

/// Checks all that an upload says of itself before its body: length, type, then options. What it learns goes
/// on in the request's extensions as a [`Boundary`] and an [`OptionSet`].
pub(crate) async fn check_declared_upload(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Result<Response, Error> {
    let max_upload_bytes = state.config.max_upload_bytes;
    let declared = request.headers().typed_get::<ContentLength>().map(|length| length.0);
    if declared.is_some_and(|length| length > max_upload_bytes.saturating_add(FRAMING_ALLOWANCE)) {
        return Err(too_large(max_upload_bytes).into());
    }
    let boundary = Boundary::of(request.headers().typed_get::<ContentType>())?;
    let options = declared_options(&request).map_err(|error| option_invalid(&error))?;
    request.extensions_mut().insert(boundary);
    request.extensions_mut().insert(options);
    Ok(next.run(request).await)
}

/// The answer to an option that cannot be taken.
pub(crate) fn option_invalid(error: &OptionError) -> Failure {
    Failure::new(ErrorCode::OptionInvalid, error.to_string())
}

fn declared_options(request: &Request) -> Result<OptionSet, OptionError> {
    let mut options = OptionSet::default();
    options.set_query(request.uri().query().unwrap_or_default())?;
    for quality in request.headers().get_all(wire::QUALITY) {
        // What is not text is no number either: let the option refuse it.
        options.set("quality", quality.to_str().unwrap_or_default())?;
    }
    for accept in request.headers().get_all(http::header::ACCEPT) {
        options.set_accept(accept.to_str().unwrap_or_default());
    }
    Ok(options)
}
