//! The public API: who may upload, how much and how often; where the upload goes; what the client is told.
//!
//! The gateway never looks into an image. It hands the bytes to an [`Engine`](imgpress_engine_api::Engine) as
//! they arrive and the result to a [`Storage`](imgpress_storage::Storage).

mod api_keys;
mod client;
mod client_prefix;
mod config;
mod idempotency;
mod limits;
mod middleware;
mod openapi;
mod page;
mod receipt;
mod recent;
mod result_cache;
mod router;
mod routes;
mod section;
mod shared;
mod state;
#[cfg(any(test, feature = "test-server"))]
pub mod test_server;
mod tinify;
mod trace;
mod upload;

pub use api_keys::{ApiKeyList, ApiKeyListError, ApiKeyName, ApiKeyNameMalformed, ApiKeys, ApiKeysError};
pub use client_prefix::ClientPrefixes;
pub use config::{CorsOrigins, GatewayConfig, RateLimit};
pub use page::Page;
pub use recent::Remembered;
pub use router::router;
pub use shared::{RedisUrl, RedisUrlMalformed, Shared};
pub use state::{App, AppState};
pub use tinify::{
    SourceHosts, SourceHostsMalformed, StoreEndpoints, StoreEndpointsMalformed, Tinify, TinifyConfig,
};
pub use trace::{Span, SpanContext, SpanId, SpanKind, TraceId, Tracer, Value};
