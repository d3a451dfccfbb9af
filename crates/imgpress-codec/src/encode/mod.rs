//! From pixels to a file.

pub(crate) mod jpeg;
