//! Files of whoever runs the command line.

pub(crate) mod read;
pub(crate) mod unfinished;
pub(crate) mod write;
