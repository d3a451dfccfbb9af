//! What crosses the wire between a gateway and an engine, and from both to their clients.

use http::HeaderName;
use serde::{Deserialize, Serialize};

use crate::{ErrorCode, Failure, RequestId};

/// Path of the one endpoint that both services have.
pub const COMPRESS_PATH: &str = "/compress";

/// The quality, as an alternative to the query option.
pub const QUALITY: HeaderName = HeaderName::from_static("x-compression-quality");

/// The receipt as JSON, where the body is the image.
pub const RECEIPT: HeaderName = HeaderName::from_static("x-compression-receipt");

/// The request's id, from the client or made here.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How many milliseconds the work may take once the body has arrived; from gateway to engine.
pub const TIMEOUT_MS: HeaderName = HeaderName::from_static("x-imgpress-timeout-ms");

/// W3C Trace Context.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The one shape of every error answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// The HTTP status again.
    pub status_code: u16,
    /// Which failure.
    pub code: ErrorCode,
    /// The status in words.
    pub error: String,
    /// What was wrong, what was expected, what to do.
    pub message: String,
    /// The request's name in the logs.
    pub request_id: String,
}

impl ErrorBody {
    /// The answer to a failed request.
    #[must_use]
    pub fn new(failure: &Failure, request_id: &RequestId) -> Self {
        let status = failure.code().status();
        Self {
            status_code: status.as_u16(),
            code: failure.code(),
            error: status.canonical_reason().unwrap_or_default().to_owned(),
            message: failure.message().to_owned(),
            request_id: request_id.to_string(),
        }
    }
}
