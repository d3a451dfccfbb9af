use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use imgpress_engine_api::{Engine, ErrorCode, Failure, Job, Output, RequestId, Source, wire};
use imgpress_http::{Error, ImageBytes};
use imgpress_options::{OptionError, OptionName, OptionSet, Options};

use crate::LocalEngine;
use crate::upload::too_large;

/// The engine's routes, to be put behind [`imgpress_http::edge`]: `POST /compress`, `GET /health` and
/// `GET /ready`.
pub fn router(engine: Arc<LocalEngine>) -> Router {
    Router::new()
        .route(wire::COMPRESS_PATH, post(compress))
        .route("/ready", get(ready))
        .with_state(engine)
        .route("/health", get(imgpress_http::health))
}

/// `POST /compress`: an image's bytes in, fewer bytes out. Everything that headers and query can get wrong is
/// answered before the body is read.
async fn compress(
    State(engine): State<Arc<LocalEngine>>,
    Extension(request_id): Extension<RequestId>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let limit = engine.config().max_upload_bytes;
    let length = declared_length(&headers);
    if length.is_some_and(|length| length > limit) {
        return Err(too_large(limit).into());
    }
    let options =
        options(&uri, &headers).map_err(|error| Failure::new(ErrorCode::OptionInvalid, error.to_string()))?;
    let timeout = asked_timeout(&headers)?.unwrap_or(engine.config().request_timeout);
    // An upload in chunks declares nothing: it gets the time of the largest.
    let deadline = imgpress_http::upload_deadline(Some(length.unwrap_or(limit)));
    let source = Source::new(imgpress_http::body_stream(body, deadline), length);
    let job = Job { options, source, timeout, request_id, traceparent: None };
    Ok(answer(engine.compress(job).await?)?)
}

/// `GET /ready`: whether work sent now would be taken.
async fn ready(State(engine): State<Arc<LocalEngine>>) -> Result<impl IntoResponse, Error> {
    engine.ready().await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], axum::Json(serde_json::json!({ "status": "ready" }))))
}

fn answer(output: Output) -> Result<Response, Failure> {
    let receipt = output.receipt.clone();
    let json = serde_json::to_string(&receipt).map_err(Failure::internal)?;
    let mut response = Body::from_stream(output.into_stream()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(receipt.format.content_type()));
    headers.insert(header::CONTENT_LENGTH, receipt.bytes.into());
    headers.insert(wire::RECEIPT, HeaderValue::try_from(json).map_err(Failure::internal)?);
    response.extensions_mut().insert(ImageBytes::from(&receipt));
    Ok(response)
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn options(uri: &Uri, headers: &HeaderMap) -> Result<Options, OptionError> {
    let mut set = OptionSet::default();
    set.set_query(uri.query().unwrap_or_default())?;
    for value in headers.get_all(wire::QUALITY) {
        set.set(OptionName::Quality.as_str(), &String::from_utf8_lossy(value.as_bytes()))?;
    }
    for accept in headers.get_all(header::ACCEPT) {
        set.set_accept(accept.to_str().unwrap_or_default());
    }
    set.without_store()?;
    Ok(set.options())
}

/// How long the work may take, in milliseconds, where the caller says. Refused where malformed: a deadline that
/// is silently another one would be found out under load only.
fn asked_timeout(headers: &HeaderMap) -> Result<Option<Duration>, Failure> {
    let Some(value) = headers.get(wire::TIMEOUT_MS) else {
        return Ok(None);
    };
    let milliseconds = value.to_str().ok().and_then(|text| text.parse().ok());
    let milliseconds = milliseconds.ok_or_else(|| {
        let message = format!("The header {} must be a whole number of milliseconds.", wire::TIMEOUT_MS);
        Failure::new(ErrorCode::OptionInvalid, message)
    })?;
    Ok(Some(Duration::from_millis(milliseconds)))
}

#[cfg(test)]
mod tests {
    use imgpress_http::{Draining, Service, edge};
    use tokio::net::TcpListener;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::gate::{Gate, config, picture, until};

    /// An engine with one worker, which stands at the gate, behind HTTP.
    async fn serve(queue: usize) -> (String, Arc<LocalEngine>, Arc<Gate>) {
        let gate = Arc::new(Gate::default());
        let engine = Arc::new(gate.engine(config(1, queue)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/compress", listener.local_addr().unwrap());
        let routes = edge(router(Arc::clone(&engine)), Service::Engine, Draining::default());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (url, engine, gate)
    }

    fn post(url: &str) -> JoinHandle<reqwest::Response> {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(url).body(picture()).send();
        tokio::spawn(async move { request.await.unwrap() })
    }

    #[tokio::test]
    async fn a_full_queue_answers_503_at_once_and_says_when_to_come_back() {
        let (url, _engine, gate) = serve(0).await;
        let first = post(&url);
        until(|| gate.counts().inside == 1).await;
        let refused = post(&url).await.unwrap();
        assert_eq!(refused.status(), 503);
        assert_eq!(refused.headers()[header::RETRY_AFTER], "1");
        gate.let_out(1);
        assert_eq!(first.await.unwrap().status(), 200);
    }

    #[tokio::test]
    async fn a_client_that_goes_away_gives_its_place_back() {
        let (url, engine, gate) = serve(1).await;
        let first = post(&url);
        until(|| gate.counts().inside == 1).await;
        let second = post(&url);
        until(|| engine.load().waiting == 1).await;
        second.abort();
        until(|| engine.load().waiting == 0).await;
        gate.let_out(1);
        assert_eq!(first.await.unwrap().status(), 200);
        assert_eq!((gate.counts().entered, engine.load().working), (1, 0));
    }
}
