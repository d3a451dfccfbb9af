//! How each service is put together. Read one to see what it is made of.

#[cfg(feature = "gateway")]
pub(crate) mod api_key;
#[cfg(feature = "engine")]
pub(crate) mod engine;
#[cfg(feature = "gateway")]
mod engines;
#[cfg(feature = "gateway")]
pub(crate) mod gateway;
#[cfg(all(feature = "engine", feature = "gateway"))]
pub(crate) mod serve;
#[cfg(feature = "gateway")]
mod store;
#[cfg(feature = "gateway")]
mod traces;
