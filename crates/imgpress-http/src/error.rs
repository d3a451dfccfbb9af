use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use imgpress_engine_api::wire::ErrorBody;
use imgpress_engine_api::{ErrorCode, Failure, RequestId};

/// A [`Failure`] on its way to the client. The edge gives it its body, because only the edge knows the
/// request's id, and logs its cause.
#[derive(Debug)]
pub struct Error(pub Failure);

/// What `error` says in an answer that is an error, where a protocol has other words for it than HTTP. A layer leaves
/// it in the answer's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorWords(pub &'static str);

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.0.code().status().into_response();
        if let Some(seconds) = self.0.retry_after_seconds() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self.0);
        response
    }
}

/// Gives every answer that is an error the one JSON shape, whichever layer it comes from.
pub(crate) async fn render(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_else(RequestId::random);
    let response = next.run(request).await;
    let Some(failure) = failure_of(&response) else {
        return response;
    };
    log_cause(&failure);
    with_body(response, &failure, &id)
}

fn failure_of(response: &Response) -> Option<Failure> {
    response.extensions().get::<Failure>().cloned().or_else(|| without_failure(response.status()))
}

/// The failure behind an error that a library answered by its own.
fn without_failure(status: StatusCode) -> Option<Failure> {
    let failure = match status {
        StatusCode::NOT_MODIFIED | StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PRECONDITION_FAILED => {
            return None;
        }
        StatusCode::NOT_FOUND => Failure::new(ErrorCode::NotFound, "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => Failure::new(
            ErrorCode::MethodNotAllowed,
            "This address does not take this method; the allow header names those that it takes.",
        ),
        status if status.is_client_error() || status.is_server_error() => {
            Failure::internal(format!("a layer answered {status} without a failure"))
        }
        _ => return None,
    };
    Some(failure)
}

fn log_cause(failure: &Failure) {
    let Some(cause) = std::error::Error::source(failure) else {
        return;
    };
    let chain: Vec<String> =
        std::iter::successors(Some(cause), |cause| cause.source()).map(ToString::to_string).collect();
    let cause = chain.join(": ");
    if failure.code().status().is_server_error() {
        tracing::error!(code = failure.code().as_str(), cause, "request failed");
    } else {
        tracing::debug!(code = failure.code().as_str(), cause, "request refused");
    }
}

fn with_body(response: Response, failure: &Failure, id: &RequestId) -> Response {
    let (mut parts, _) = response.into_parts();
    let mut body = ErrorBody::new(failure, id);
    if let Some(ErrorWords(words)) = parts.extensions.get() {
        (*words).clone_into(&mut body.error);
    }
    let body = serde_json::to_vec(&body).unwrap_or_default();
    parts.status = failure.code().status();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.extensions.insert(failure.clone());
    Response::from_parts(parts, Body::from(body))
}
