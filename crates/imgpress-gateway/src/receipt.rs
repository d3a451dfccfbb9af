use imgpress_engine_api::{Failure, Receipt};
use serde::Serialize;
use utoipa::ToSchema;

/// What a client is told of an image that was stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoredReceipt {
    /// Where the public fetches it.
    pub(crate) url: String,
    /// The key it is stored under.
    pub(crate) key: String,
    /// The SHA-256 of the stored bytes, lower-case hex.
    pub(crate) sha256: String,
    /// `true` where the same upload was stored before and nothing was done this time; absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub(crate) cached: bool,
    /// What was done to it.
    #[serde(flatten)]
    pub(crate) receipt: Receipt,
}

impl StoredReceipt {
    /// The receipt as it is answered.
    pub(crate) fn json(&self) -> Result<String, Failure> {
        serde_json::to_string(self).map_err(Failure::internal)
    }
}
