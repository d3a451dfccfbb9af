//! The inputs that fuzzing keeps, checked as it checks them.

#[path = "../../../../fuzz/checks/compress.rs"]
mod compress;
#[path = "../../../../fuzz/checks/files.rs"]
mod files;
#[path = "../../../../fuzz/checks/formats.rs"]
mod formats;
#[path = "../../../../fuzz/checks/probe.rs"]
mod probe;

#[test]
fn kept_inputs_are_described_or_refused() {
    files::check_each("probe", probe::check);
}

#[test]
fn kept_inputs_are_compressed_or_refused() {
    files::check_each("compress", compress::check);
}

#[test]
fn kept_inputs_become_what_is_asked_for_or_are_refused() {
    files::check_each("formats", formats::check);
}

#[cfg(feature = "avif")]
#[test]
fn each_seed_is_a_picture_so_that_fuzzing_reaches_every_decoder() {
    files::check_each("compress", |input| {
        let made = crate::fixtures::run(&input[4..], 80);
        assert!(made.is_ok(), "{:?}", made.err());
    });
}
