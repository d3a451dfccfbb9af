//! What the decoder makes of files, and what it refuses; and what recoding makes of them.
#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it too")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pictures are made from arithmetic"
)]

mod completeness;
mod files;
mod fuzzed;
mod mutations;
mod pixels;
mod planes;
mod recode;
mod scaled;
mod structure;
