use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use imgpress_engine_api::{RequestId, wire};
use tracing::Instrument;

/// Names the request: by the client's id where it is well-formed, else by a new one. The name is on the
/// answer, on every log line below, and in the request's extensions.
pub(crate) async fn attach(mut request: Request, next: Next) -> Response {
    let id = sent(request.headers()).unwrap_or_else(RequestId::random);
    let header = HeaderValue::from_str(id.as_str());
    let span = tracing::info_span!("request", id = id.as_str());
    request.extensions_mut().insert(id);
    let mut response = next.run(request).instrument(span).await;
    if let Ok(header) = header {
        response.headers_mut().insert(wire::REQUEST_ID, header);
    }
    response
}

fn sent(headers: &HeaderMap) -> Option<RequestId> {
    headers.get(wire::REQUEST_ID)?.to_str().ok()?.parse().ok()
}
