//! The handlers, a file a route.

pub(crate) mod compress;
pub(crate) mod files;
pub(crate) mod page;
pub(crate) mod ready;
