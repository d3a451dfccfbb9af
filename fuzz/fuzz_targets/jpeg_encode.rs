#![no_main]

#[path = "../checks/jpeg_encode.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|input: &[u8]| check::check(input));
