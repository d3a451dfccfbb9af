//! What stands before the handlers, a file a concern. The order is in the router.

pub(crate) mod auth;
pub(crate) mod cors;
pub(crate) mod declared;
pub(crate) mod rate_limit;
pub(crate) mod security_headers;
