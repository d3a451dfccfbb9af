use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post};
use imgpress_engine_api::wire;
use imgpress_http::{Exposition, Service, edge, health};

use crate::middleware::{auth, cors, declared, rate_limit, security_headers};
use crate::page::{Page, PageFiles};
use crate::routes::{compress, files, page, ready, reference};
use crate::{AppState, tinify, trace};

/// Every route of the public API and everything that stands before it.
///
/// `exposition` is `None` where metrics have an address of their own. Layers run from the last to the first;
/// those of `/compress` and of deletions answer without reading the body.
pub fn router(state: AppState, exposition: Option<Exposition>) -> Router {
    let compress = post(compress::compress_image)
        .route_layer(from_fn_with_state(state.clone(), declared::check_declared_upload))
        .route_layer(from_fn_with_state(state.clone(), auth::require_api_key))
        .route_layer(from_fn_with_state(state.clone(), rate_limit::limit_rate));

    let delete_file = delete(files::delete_file)
        .route_layer(from_fn_with_state(state.clone(), auth::require_api_key))
        .route_layer(from_fn_with_state(state.clone(), rate_limit::limit_rate));

    let mut routes = Router::new()
        .route(wire::COMPRESS_PATH, compress)
        .route("/files/{*key}", get(files::get_file).merge(delete_file))
        .route("/health", get(health))
        .route("/ready", get(ready::get_ready))
        .route("/openapi.json", get(reference::get_document));
    if let Page::On { key_was_made_here } = state.config.page {
        routes = routes.merge(page::routes(PageFiles::new(key_was_made_here, state.config.max_upload_bytes)));
        routes = routes.merge(reference::routes());
    }
    if state.tinify.is_some() {
        routes = routes.merge(tinify::routes(&state));
    }
    if let Some(exposition) = exposition {
        routes = routes.route("/metrics", get(move || exposition.show()));
    }

    let (draining, tracer) = (state.draining.clone(), state.tracer.clone());
    let routes = routes.layer(from_fn_with_state(state.clone(), cors::share)).with_state(state);
    let mut routes = edge(routes, Service::Gateway, draining);
    if let Some(tracer) = tracer {
        routes = routes.layer(from_fn_with_state(tracer, trace::trace_request));
    }
    routes.layer(from_fn(security_headers::set_security_headers))
}
