//! The inputs that fuzzing keeps, checked as it checks them.

#[path = "../../../../fuzz/checks/files.rs"]
mod files;
#[path = "../../../../fuzz/checks/jpeg_decode.rs"]
mod jpeg_decode;
#[path = "../../../../fuzz/checks/jpeg_encode.rs"]
mod jpeg_encode;

#[test]
fn kept_inputs_are_decoded_or_refused_in_every_way_alike() {
    files::check_each("jpeg_decode", jpeg_decode::check);
}

#[test]
fn kept_pixels_become_files_that_two_decoders_read() {
    files::check_each("jpeg_encode", jpeg_encode::check);
}
