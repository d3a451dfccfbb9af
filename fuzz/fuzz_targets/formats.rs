#![no_main]

#[path = "../checks/formats.rs"]
mod check;
#[path = "../checks/damage.rs"]
mod damage;

libfuzzer_sys::fuzz_target!(init: damage::expect_panics_of_av1(), |input: &[u8]| check::check(input));
