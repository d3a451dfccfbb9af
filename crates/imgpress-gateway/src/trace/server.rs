use std::borrow::Cow;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use imgpress_engine_api::{Failure, wire};

use super::{ACTIVE, Active, Span, SpanContext, SpanKind, Tracer, Value};
use crate::routes::compress::traceparent;

/// Traces a request as a whole: as a part of the trace that it came with, if that is recorded, else as the first span of
/// a new one. Probes are not traced.
pub(crate) async fn trace_request(State(tracer): State<Tracer>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.filter(|route| !matches!(route.as_str(), "/health" | "/ready" | "/metrics"));
    let parent = traceparent(request.headers()).as_ref().and_then(SpanContext::of);
    let (Some(route), true) = (route, parent.is_none_or(|parent| parent.sampled)) else {
        return next.run(request).await;
    };
    let context = parent.map_or_else(SpanContext::root, SpanContext::child);
    let (method, start) = (request.method().clone(), Instant::now());
    let active = Active { tracer: tracer.clone(), context };
    let response = ACTIVE.scope(active, next.run(request)).await;
    let status = response.status();
    let error = response.extensions().get::<Failure>().map(|failure| failure.code().as_str());
    let id = response.headers().get(wire::REQUEST_ID).and_then(|id| id.to_str().ok());
    let mut attributes: Vec<(&'static str, Value)> = vec![
        ("http.request.method", method.to_string().into()),
        ("http.route", route.clone().into()),
        ("http.response.status_code", u64::from(status.as_u16()).into()),
    ];
    attributes.extend(id.map(|id| ("imgpress.request_id", id.to_owned().into())));
    attributes.extend(error.map(|code| ("error.type", code.into())));
    tracer.take(Span {
        context,
        parent: parent.map(|parent| parent.span),
        name: Cow::Owned(format!("{method} {route}")),
        kind: SpanKind::Server,
        start,
        end: Instant::now(),
        attributes,
        // What the client did wrong is no error of the server (OpenTelemetry's conventions for HTTP).
        error: error.filter(|_| status.is_server_error()),
    });
    response
}
