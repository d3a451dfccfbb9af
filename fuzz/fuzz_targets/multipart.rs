#![no_main]

#[path = "../checks/multipart.rs"]
mod check;
#[path = "../checks/service.rs"]
#[expect(dead_code, reason = "each target needs a part of it")]
mod service;

libfuzzer_sys::fuzz_target!(|input: &[u8]| check::check(input));
