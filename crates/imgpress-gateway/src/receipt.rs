use imgpress_engine_api::Receipt;
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
    /// What was done to it.
    #[serde(flatten)]
    pub(crate) receipt: Receipt,
}
