//! The inputs that fuzzing keeps, checked as it checks them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../../fuzz/checks/files.rs"]
mod files;
#[path = "../../../fuzz/checks/options.rs"]
mod options;

#[test]
fn kept_texts_are_options_or_are_refused() {
    files::check_each("options", options::check);
}
