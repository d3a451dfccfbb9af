use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt;
use headers::{ContentLength, HeaderMapExt};
use http::{HeaderName, HeaderValue, header};
use imgpress_engine_api::{ErrorCode, Failure, Output, Receipt, RequestId};
use imgpress_http::{Error, ImageBytes};
use imgpress_storage::ForeignObject;
use serde_json::Value;
use tokio::time::Instant;

use super::super::commands::Asked;
use super::super::results::Kept;
use super::super::store::{ClientStores, store_not_allowed};
use super::super::wire::read_json_bytes;
use super::{making, not_kept, tinify};
use crate::routes::compress::spool;
use crate::{ApiKeyName, App, AppState, Tinify};

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
    let deadline = Instant::now() + state.config.request_timeout;
    let tinify = tinify(&state)?;
    let Asked { commands, store } = Asked::read(&json)?;
    let storing = store.map(|store| Storing::read(&store, tinify, deadline)).transpose()?;
    let Some(commands) = commands else {
        let receipt = kept.about.receipt.clone();
        return match storing {
            None => Ok(answer(&receipt, Body::from_stream(kept.output()))),
            Some(storing) => {
                let output = Output::streamed(receipt, kept.output().map_err(not_kept));
                Ok(storing.store(&state, output).await?)
            }
        };
    };
    let order = making::Order { kept: &kept, commands: &commands, request_id, traceparent, deadline };
    let output = order.make(&state).await?;
    let receipt = output.receipt.clone();
    let mut response = match storing {
        None => answer(&receipt, Body::from_stream(making::whole(output))),
        Some(storing) => storing.store(&state, output).await?,
    };
    tinify.counts.add(&name).await;
    response.extensions_mut().insert(ImageBytes::from(&receipt));
    Ok(response)
}

/// Where an output goes in place of the answer.
struct Storing<'a> {
    stores: &'a ClientStores,
    object: ForeignObject,
    deadline: Instant,
}

impl<'a> Storing<'a> {
    fn read(command: &Value, tinify: &'a Tinify, deadline: Instant) -> Result<Self, Failure> {
        let stores = tinify.stores.as_ref().ok_or_else(store_not_allowed)?;
        Ok(Self { stores, object: stores.read(command)?, deadline })
    }

    /// Stores it, and answers where it is.
    async fn store(&self, app: &App, output: Output) -> Result<Response, Failure> {
        let receipt = output.receipt.clone();
        let blob = spool(app, output).await?;
        self.stores.put(&self.object, receipt.format, &blob, self.deadline).await?;
        let url = HeaderValue::from_str(&self.object.url()).map_err(Failure::internal)?;
        let headers = [
            (header::LOCATION, url),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (IMAGE_WIDTH, receipt.width.into()),
            (IMAGE_HEIGHT, receipt.height.into()),
        ];
        Ok((headers, Body::empty()).into_response())
    }
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
