use std::fmt;

use http::StatusCode;
use serde::{Deserialize, Serialize};

/// Every way a request can fail, by the name that clients see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "docs/API.md describes each code")]
pub enum ErrorCode {
    EmptyBody,
    ImageMissing,
    MultipartMalformed,
    OptionInvalid,
    RequestMalformed,
    SourceNotFound,
    StoreRefused,
    Unauthorized,
    NotFound,
    MethodNotAllowed,
    UploadTimeout,
    UploadTooLarge,
    ImageTooLarge,
    NotMultipart,
    FormatUnsupported,
    IdempotencyConflict,
    ImageCorrupt,
    TargetUnreachable,
    RateLimited,
    Internal,
    EngineFailed,
    StorageFailed,
    StoreUnreachable,
    Overloaded,
    EngineUnavailable,
    StorageUnavailable,
    Draining,
    DeadlineExceeded,
}

impl ErrorCode {
    /// Every code there is.
    pub const ALL: [Self; 25] = [
        Self::EmptyBody,
        Self::ImageMissing,
        Self::MultipartMalformed,
        Self::OptionInvalid,
        Self::RequestMalformed,
        Self::Unauthorized,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::UploadTimeout,
        Self::UploadTooLarge,
        Self::ImageTooLarge,
        Self::NotMultipart,
        Self::FormatUnsupported,
        Self::IdempotencyConflict,
        Self::ImageCorrupt,
        Self::TargetUnreachable,
        Self::RateLimited,
        Self::Internal,
        Self::EngineFailed,
        Self::StorageFailed,
        Self::Overloaded,
        Self::EngineUnavailable,
        Self::StorageUnavailable,
        Self::Draining,
        Self::DeadlineExceeded,
    ];

    /// The one table from error code to name and HTTP status.
    const fn row(self) -> (&'static str, StatusCode) {
        match self {
            Self::EmptyBody => ("empty-body", StatusCode::BAD_REQUEST),
            Self::ImageMissing => ("image-missing", StatusCode::BAD_REQUEST),
            Self::MultipartMalformed => ("multipart-malformed", StatusCode::BAD_REQUEST),
            Self::OptionInvalid => ("option-invalid", StatusCode::BAD_REQUEST),
            Self::RequestMalformed => ("request-malformed", StatusCode::BAD_REQUEST),
            Self::SourceNotFound => ("source-not-found", StatusCode::BAD_REQUEST),
            Self::StoreRefused => ("store-refused", StatusCode::BAD_REQUEST),
            Self::Unauthorized => ("unauthorized", StatusCode::UNAUTHORIZED),
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND),
            Self::MethodNotAllowed => ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED),
            Self::UploadTimeout => ("upload-timeout", StatusCode::REQUEST_TIMEOUT),
            Self::UploadTooLarge => ("upload-too-large", StatusCode::PAYLOAD_TOO_LARGE),
            Self::ImageTooLarge => ("image-too-large", StatusCode::PAYLOAD_TOO_LARGE),
            Self::NotMultipart => ("not-multipart", StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::FormatUnsupported => ("format-unsupported", StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::IdempotencyConflict => ("idempotency-conflict", StatusCode::CONFLICT),
            Self::ImageCorrupt => ("image-corrupt", StatusCode::UNPROCESSABLE_ENTITY),
            Self::TargetUnreachable => ("target-unreachable", StatusCode::UNPROCESSABLE_ENTITY),
            Self::RateLimited => ("rate-limited", StatusCode::TOO_MANY_REQUESTS),
            Self::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR),
            Self::EngineFailed => ("engine-failed", StatusCode::INTERNAL_SERVER_ERROR),
            Self::StorageFailed => ("storage-failed", StatusCode::INTERNAL_SERVER_ERROR),
            Self::StoreUnreachable => ("store-unreachable", StatusCode::BAD_GATEWAY),
            Self::Overloaded => ("overloaded", StatusCode::SERVICE_UNAVAILABLE),
            Self::EngineUnavailable => ("engine-unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::StorageUnavailable => ("storage-unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::Draining => ("draining", StatusCode::SERVICE_UNAVAILABLE),
            Self::DeadlineExceeded => ("deadline-exceeded", StatusCode::GATEWAY_TIMEOUT),
        }
    }

    /// The code as clients see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.row().1
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_in_the_table_is_the_name_on_the_wire() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
