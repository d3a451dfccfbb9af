//! The binary as its users meet it: real processes, real sockets, real files.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    unreachable_pub,
    reason = "clippy spares only the test functions themselves, not what they share"
)]

mod animations;
mod auto;
mod carried;
mod command_line;
mod deleting;
mod engines;
mod faults;
mod files;
mod formats;
mod geometry;
mod gone;
mod heic;
mod idempotency;
mod journey;
mod keys;
mod limits;
mod look;
mod max_bytes;
mod memory;
mod metrics;
mod page;
mod process;
mod reference;
mod refusals;
mod result_cache;
mod s3;
mod secrets;
mod sharing;
mod shutdown;
mod smuggling;
mod split;
mod store;
mod support;
mod tinify;
mod traces;
mod uploads;
