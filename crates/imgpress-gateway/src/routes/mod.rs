//! The handlers, a file a route.

pub(crate) mod compress;
mod conditions;
pub(crate) mod files;
pub(crate) mod page;
pub(crate) mod ready;
pub(crate) mod reference;
