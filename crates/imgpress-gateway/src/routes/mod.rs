//! The handlers, a file a route.

pub(crate) mod compress;
pub(crate) mod files;
pub(crate) mod home;
pub(crate) mod ready;
