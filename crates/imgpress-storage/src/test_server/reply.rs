use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

/// An answer, before it is known whether errors have a `code`.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    Json(Value),
    Bytes(Bytes),
}

/// An error of the table: HTTP status, and the body's `statusCode`, `error`, `message` and `code`.
pub(super) type Refused = (u16, &'static str, &'static str, &'static str, &'static str);

pub(super) const DUPLICATE: Refused =
    (400, "409", "Duplicate", "The resource already exists", "KeyAlreadyExists");
pub(super) const NO_BUCKET: Refused = (400, "404", "Bucket not found", "Bucket not found", "NoSuchBucket");
pub(super) const NO_OBJECT: Refused = (400, "404", "not_found", "Object not found", "NoSuchKey");
pub(super) const NOT_A_JWT: Refused = (400, "403", "Unauthorized", "Invalid Compact JWS", "AccessDenied");
pub(super) const BAD_SIGNATURE: Refused =
    (400, "403", "Unauthorized", "signature verification failed", "AccessDenied");
pub(super) const EXPIRED: Refused =
    (400, "403", "Unauthorized", "\"exp\" claim timestamp check failed", "AccessDenied");
pub(super) const DENIED: Refused =
    (400, "403", "Unauthorized", "new row violates row-level security policy", "AccessDenied");
pub(super) const NO_AUTH: Refused =
    (400, "400", "Error", "headers must have required property 'authorization'", "InvalidRequest");
pub(super) const TOO_LARGE: Refused =
    (400, "413", "Payload too large", "The object exceeded the maximum allowed size", "EntityTooLarge");
pub(super) const MEDIA_TYPE: Refused =
    (400, "415", "invalid_mime_type", "mime type is not supported", "InvalidMimeType");
pub(super) const BAD_KEY: Refused = (400, "400", "InvalidKey", "Invalid key", "InvalidKey");
pub(super) const NO_NAME: Refused =
    (400, "400", "Error", "body must have required property 'name'", "InvalidRequest");
pub(super) const INTERNAL: Refused = (500, "500", "Internal", "Internal Server Error", "InternalError");
pub(super) const SLOW_DOWN: Refused = (429, "429", "SlowDown", "Too many requests", "SlowDown");
pub(super) const DATABASE_TIMEOUT: Refused =
    (544, "544", "DatabaseTimeout", "The connection to the database timed out", "DatabaseTimeout");
pub(super) const LOCK_TIMEOUT: Refused = (400, "503", "Error", "Lock timeout", "LockTimeout");
pub(super) const LOCKED: Refused = (400, "423", "Error", "The resource is locked", "ResourceLocked");

impl Reply {
    pub(super) fn json(status: u16, body: Value) -> Self {
        Self { status, content_type: "application/json".into(), headers: Vec::new(), body: Body::Json(body) }
    }

    pub(super) fn bytes(status: u16, content_type: &str, body: Bytes) -> Self {
        Self { status, content_type: content_type.into(), headers: Vec::new(), body: Body::Bytes(body) }
    }

    /// The router writes the status as a number, unlike the routes.
    pub(super) fn no_route(method: &str, path: &str) -> Self {
        let message = format!("Route {method}:{path} not found");
        Self::json(404, json!({ "message": message, "error": "Not Found", "statusCode": 404 }))
    }

    pub(super) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn into_response(self, codes: bool) -> Response<Full<Bytes>> {
        let body = match self.body {
            Body::Bytes(bytes) => bytes,
            Body::Json(mut value) => {
                value.as_object_mut().filter(|_| !codes).and_then(|fields| fields.remove("code"));
                value.to_string().into()
            }
        };
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = StatusCode::from_u16(self.status).expect("a status of the table");
        let content_type = ("content-type", self.content_type);
        for (name, value) in self.headers.into_iter().chain([content_type]) {
            let value = HeaderValue::try_from(value).expect("a legal header");
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl From<Refused> for Reply {
    fn from((status, meant, error, message, code): Refused) -> Self {
        Self::json(status, json!({ "statusCode": meant, "error": error, "message": message, "code": code }))
    }
}
