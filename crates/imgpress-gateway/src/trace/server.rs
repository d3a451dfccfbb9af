use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use imgpress_engine_api::{Failure, wire};

use super::open::Open;
use super::{SpanContext, SpanKind, Tracer};
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
    let method = method_name(request.method());
    let name = format!("{} {route}", method.unwrap_or("HTTP"));
    let parent = parent.map(|parent| parent.span);
    let mut span = Open::new(tracer, context, parent, name.into(), SpanKind::Server);
    span.note("http.request.method", method.unwrap_or("_OTHER"));
    span.note("http.route", route);
    let response = span.around(next.run(request)).await;
    end(span, &response);
    response
}

fn end(mut span: Open, response: &Response) {
    let status = response.status();
    span.note("http.response.status_code", u64::from(status.as_u16()));
    if let Some(id) = response.headers().get(wire::REQUEST_ID).and_then(|id| id.to_str().ok()) {
        span.note("imgpress.request_id", id.to_owned());
    }
    let error = response.extensions().get::<Failure>().map(|failure| failure.code().as_str());
    if let Some(code) = error {
        span.note("error.type", code);
    }
    // What the client did wrong is no error of the server (OpenTelemetry's conventions for HTTP).
    span.end(error.filter(|_| status.is_server_error()));
}

/// Methods are a stranger's choice, so all but the usual ones share a name (the same conventions).
fn method_name(method: &Method) -> Option<&'static str> {
    const USUAL: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    USUAL.into_iter().find(|usual| *usual == method.as_str())
}
