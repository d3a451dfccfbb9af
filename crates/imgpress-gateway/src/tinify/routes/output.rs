use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use headers::{ContentLength, HeaderMapExt};
use http::{HeaderName, HeaderValue, header};
use imgpress_engine_api::{ErrorCode, Failure, Receipt, RequestId};
use imgpress_http::{Error, ImageBytes};

use super::super::commands::Commands;
use super::super::results::Kept;
use super::super::wire::read_json_bytes;
use super::{making, not_kept, tinify};
use crate::{ApiKeyName, App, AppState};

const IMAGE_WIDTH: HeaderName = HeaderName::from_static("image-width");
const IMAGE_HEIGHT: HeaderName = HeaderName::from_static("image-height");

/// `GET` or `POST /output/{id}`: what was made of an original, or something else made of it as the body commands. Some
/// clients send commands with GET.
pub(super) async fn give(
    State(state): State<AppState>,
    Extension(request_id): Extension<RequestId>,
    Extension(name): Extension<ApiKeyName>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Error> {
    let traceparent = crate::routes::compress::traceparent(request.headers());
    let id = path.map(|Path(id)| id).unwrap_or_default();
    let kept = find(&state, &id, &name).await?;
    let json = read_json_bytes(request.into_body()).await?;
    let Some(commands) = Commands::read(&json)? else {
        return Ok(answer(&kept.about.receipt, Body::from_stream(kept.output())));
    };
    let order = making::Order { kept: &kept, commands: &commands, request_id, traceparent };
    let output = order.make(&state).await?;
    tinify(&state)?.counts.add(&name).await;
    let receipt = output.receipt.clone();
    let mut response = answer(&receipt, Body::from_stream(making::whole(output)));
    response.extensions_mut().insert(ImageBytes::from(&receipt));
    Ok(response)
}

/// A result of the key that asks for it. Nobody learns whether there is one of another.
async fn find(app: &App, id: &str, name: &ApiKeyName) -> Result<Kept, Failure> {
    let kept = match id.parse() {
        Ok(id) => tinify(app)?.results.find(id).await.map_err(not_kept)?,
        Err(_) => None,
    };
    kept.filter(|kept| kept.about.owner == name.to_string()).ok_or_else(|| {
        Failure::new(ErrorCode::NotFound, "There is no such result, or no longer; send the image again.")
    })
}

fn answer(receipt: &Receipt, body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(receipt.format.content_type())),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (IMAGE_WIDTH, receipt.width.into()),
        (IMAGE_HEIGHT, receipt.height.into()),
    ];
    let mut response = (headers, body).into_response();
    response.headers_mut().typed_insert(ContentLength(receipt.bytes));
    response
}
