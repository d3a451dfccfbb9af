//! What the HTTP edges of both services share.
//!
//! A service builds its routes and hands them to [`edge`]; from then on every request has an id, every answer
//! that is not a success has the one JSON shape, a panic costs one request, and what happened is counted and
//! logged once. [`serve`] runs the result until it is told to drain.

mod body;
mod drain;
mod edge;
mod error;
mod exposition;
mod head;
mod leftover;
mod record;
mod request_id;
mod serve;

pub use body::{body_stream, upload_deadline};
pub use drain::Draining;
pub use edge::{edge, health};
pub use error::{Error, ErrorWords};
pub use exposition::Exposition;
pub use record::{ImageBytes, Service};
pub use serve::{Connections, client_network, serve};
