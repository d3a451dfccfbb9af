//! The compression engine: takes strangers' images, compresses them within bounds, and keeps nothing.
//!
//! [`LocalEngine`] does the work in this process, on threads of its own; [`router`] puts it behind HTTP. It
//! holds no secret, stores nothing and opens no connection, so that whatever a hostile image does to it is
//! worth little.
//!
//! A job passes: upload collected → place in the queue → header probed and checked against the limits → worker
//! and memory reserved → compressed. What a job holds goes back only when its work has really ended.

mod admission;
mod config;
mod failure;
mod flow;
#[cfg(test)]
mod gate;
mod local;
mod memory;
pub mod metrics;
mod pool;
mod routes;
mod upload;

pub use config::EngineConfig;
pub use flow::Load;
pub use local::{LocalEngine, StartError};
pub use routes::router;
