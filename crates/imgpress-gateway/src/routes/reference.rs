use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderValue, header};
use imgpress_engine_api::{ErrorCode, Failure};
use imgpress_http::Error;
use utoipa_swagger_ui::Config;

use crate::{AppState, openapi};

/// As the page's own, but that Swagger UI sets styles on elements and has pictures in its style sheet.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none';script-src 'self';style-src 'self' 'unsafe-inline';img-src 'self' data:;connect-src 'self';\
     base-uri 'none';form-action 'none';frame-ancestors 'none'",
);

/// Asked for again with every version of the service.
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// `GET /openapi.json`: the API for programs.
pub(crate) async fn get_document() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, AN_HOUR)], Json(openapi::document()))
}

/// `GET /docs/`: the API for people, who can try it there.
pub(crate) fn routes() -> Router<AppState> {
    let config = Config::from("../openapi.json").validator_url("none").persist_authorization(false);
    Router::new()
        .route("/docs", get(async || Redirect::permanent("docs/")))
        .route("/docs/", get(show_page))
        .route("/docs/{name}", get(get_page_file))
        .with_state(Arc::new(config))
}

async fn show_page(State(config): State<Arc<Config<'static>>>) -> Result<Response, Error> {
    send("index.html", config)
}

async fn get_page_file(
    State(config): State<Arc<Config<'static>>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Error> {
    let Path(name) = path.map_err(|_| no_such_file())?;
    send(&name, config)
}

fn send(name: &str, config: Arc<Config<'static>>) -> Result<Response, Error> {
    let file =
        utoipa_swagger_ui::serve(name, config).map_err(|error| Failure::internal(error.to_string()))?;
    let file = file.ok_or_else(no_such_file)?;
    let content_type = HeaderValue::try_from(&file.content_type).map_err(Failure::internal)?;
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, AN_HOUR),
    ];
    let mut response = (headers, Body::from(file.bytes.into_owned())).into_response();
    if file.gzpipped {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

fn no_such_file() -> Failure {
    Failure::new(ErrorCode::NotFound, "There is no such file.")
}
