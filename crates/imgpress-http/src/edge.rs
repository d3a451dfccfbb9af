use axum::Router;
use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use imgpress_engine_api::Failure;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{Draining, Error, Service};
use crate::{drain, error, head, leftover, record, request_id};

/// Puts a service's routes behind what every edge needs. Read the layers from the bottom up: that is the order
/// in which a request meets them.
pub fn edge(routes: Router, service: Service, draining: Draining) -> Router {
    routes
        .layer(from_fn_with_state(draining, drain::refuse_work_while_draining))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(head::refuse_ambiguous))
        .layer(from_fn(error::render))
        .layer(from_fn_with_state(service, record::record))
        .layer(from_fn(request_id::attach))
        .layer(from_fn(leftover::drain_unread))
}

/// `GET /health`: the process lives.
pub async fn health() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(serde_json::json!({ "status": "ok" })))
}

/// A panic in a handler costs its request and nothing else.
#[expect(clippy::needless_pass_by_value, reason = "the signature that the layer calls")]
fn panicked(payload: Box<dyn std::any::Any + Send>) -> Response {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
    Error(Failure::internal(format!("panic: {text}"))).into_response()
}
