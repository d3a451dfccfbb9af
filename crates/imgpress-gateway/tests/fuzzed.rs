//! The inputs that fuzzing keeps, checked as it checks them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../../fuzz/checks/files.rs"]
mod files;
#[path = "../../../fuzz/checks/gateway.rs"]
mod gateway;
#[path = "../../../fuzz/checks/multipart.rs"]
mod multipart;
#[path = "../../../fuzz/checks/ranges.rs"]
mod ranges;
#[path = "../../../fuzz/checks/service.rs"]
mod service;

#[test]
fn kept_requests_are_answered_without_a_fault_of_ours() {
    files::check_each("gateway", gateway::check);
}

#[test]
fn kept_bodies_are_uploads_or_are_refused() {
    files::check_each("multipart", multipart::check);
}

#[test]
fn kept_ranges_are_parts_of_the_file_or_are_refused() {
    files::check_each("ranges", ranges::check);
}
