//! The API as a document of OpenAPI 3.1, made from the types that answers are made of and from the one table of errors.

mod failures;
mod options;

use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};

use crate::middleware::auth;
use crate::receipt::StoredReceipt;
use failures::Failures;
use options::Options;

/// The document.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "imgpress",
        description = "Makes images as small as they can be at the same look, stores them, and answers with their URLs.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "This service")),
    paths(compress, get_file, delete_file, health, ready),
    components(schemas(imgpress_engine_api::wire::ErrorBody)),
    modifiers(&Security, &Failures),
)]
struct Document;

/// What is sent. The options may be text fields of it too, ahead of the image.
#[derive(ToSchema, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is described, and never made")]
struct Upload {
    /// The image, recognised from its bytes.
    #[schema(value_type = String, format = Binary)]
    image: Vec<u8>,
}

/// A picture's bytes.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it is described, and never made")]
struct Image(Vec<u8>);

/// What probes are told.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described, and never made")]
struct Status {
    /// `ok` or `ready`.
    status: String,
}

/// Compress one image
///
/// The image is made smaller, stored, and its URL answered with a receipt; or, with `store=false`, sent back with the
/// receipt in the header `x-compression-receipt`.
#[utoipa::path(
    post,
    path = "/compress",
    tag = "images",
    params(
        Options,
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$",
         description = "The client's name for this request, such as a UUID: sent again, it is answered as before and not done again"),
    ),
    request_body(content = Upload, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The image, smaller",
         headers(("x-compression-receipt" = String, description = "With `store=false`, the receipt"),
                 ("idempotency-replayed" = String, description = "`true` where the answer was given before to the same `Idempotency-Key`")),
         content((StoredReceipt = "application/json"), (Image = "image/*"))),
    ),
    security(("key" = [])),
)]
#[expect(dead_code, reason = "a place for the attribute: the handler takes no parameters of these types")]
fn compress() {}

/// Fetch a stored image
///
/// With local storage only: other stores serve their own files.
#[utoipa::path(
    get,
    path = "/files/{key}",
    tag = "images",
    params(("key" = String, Path, description = "The `key` of a receipt: `xx/<sha256>.<ext>`")),
    responses(
        (status = 200, description = "The image", body = Image, content_type = "image/*"),
        (status = 206, description = "A part of it", body = Image, content_type = "image/*"),
        (status = 304, description = "It has not changed, and never does"),
        (status = 416, description = "The range is not in it"),
    ),
)]
#[expect(dead_code, reason = "as above")]
fn get_file() {}

/// Remove a stored image
///
/// From whatever store there is. With client prefixes, a client removes what it has stored itself.
#[utoipa::path(
    delete,
    path = "/files/{key}",
    tag = "images",
    params(("key" = String, Path, description = "The `key` of a receipt: `xx/<sha256>.<ext>`")),
    responses((status = 204, description = "It was there, and is gone")),
    security(("key" = [])),
)]
#[expect(dead_code, reason = "as above")]
fn delete_file() {}

/// Whether the process lives
#[utoipa::path(get, path = "/health", tag = "probes", responses((status = 200, description = "It lives", body = Status)))]
#[expect(dead_code, reason = "as above")]
fn health() {}

/// Whether an upload sent now would work
#[utoipa::path(get, path = "/ready", tag = "probes", responses((status = 200, description = "It would", body = Status)))]
#[expect(dead_code, reason = "as above")]
fn ready() {}

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let key = ApiKeyValue::with_description(auth::API_KEY.as_str(), "One of the operator's API keys");
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::ApiKey(ApiKey::Header(key)));
    }
}
