//! The routes, a file each.

mod keys;
mod making;
mod output;
mod shrink;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};
use imgpress_engine_api::{ErrorCode, Failure};

use super::words::{require_key, say_as_tinify};
use crate::middleware::rate_limit;
use crate::{App, AppState, Tinify};

/// Every route of Tinify's API and what stands before it, as before our own.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    let limited = |route: MethodRouter<AppState>| {
        route.route_layer(from_fn_with_state(state.clone(), rate_limit::limit_rate))
    };
    let with_key = |route: MethodRouter<AppState>| {
        limited(route.route_layer(from_fn_with_state(state.clone(), require_key)))
    };
    Router::new()
        .route("/shrink", with_key(post(shrink::shrink)))
        .route("/output/{id}", with_key(get(output::give).post(output::give)))
        // The key is in the path: that route looks at it itself.
        .route("/keys/{key}", limited(get(keys::tell)))
        .layer(from_fn(say_as_tinify))
}

/// The part of the state that is there wherever these routes are.
fn tinify(app: &App) -> Result<&Tinify, Failure> {
    app.tinify.as_ref().ok_or_else(|| Failure::internal("a route of Tinify's without its state"))
}

fn not_kept(error: std::io::Error) -> Failure {
    let message = "The image could not be kept; the fault is ours and was logged. Please try again.";
    Failure::new(ErrorCode::StorageFailed, message).caused_by(error)
}
