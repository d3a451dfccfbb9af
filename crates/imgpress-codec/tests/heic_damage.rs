//! Damaged HEICs are errors or pictures, and take no more memory than they may: in a process of their own, since what is
//! measured is all that it has taken, libheif's and its decoder's with it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test and its fixtures fail by panicking")]

use imgpress_codec::options::{Options, OutputFormat};
use imgpress_codec::{Budget, Error, Limits, compress};

const FILES: [&[u8]; 10] = [
    include_bytes!("codec/heic/plain.heic"),
    include_bytes!("codec/heic/alpha.heic"),
    include_bytes!("codec/heic/ten.heic"),
    include_bytes!("codec/heic/turned.heic"),
    include_bytes!("codec/heic/two.heic"),
    include_bytes!("codec/heic/grid.heic"),
    include_bytes!("codec/heic/mirrored.heic"),
    include_bytes!("codec/heic/clipped.heic"),
    include_bytes!("codec/heic/icc.heic"),
    include_bytes!("codec/heic/p3.heic"),
];

/// Far more than the pictures in the files have, and far less than a size that is made up.
const LIMITS: fn() -> Limits =
    || Limits { max_pixels: 1_000_000, max_side: 2000, max_image_memory: 32_000_000, ..Limits::default() };

/// Whether there is a picture.
fn compressed(file: &[u8], what: &str) -> bool {
    let options = Options { format: OutputFormat::Png, ..Options::default() };
    match compress(file, &options, &LIMITS(), &Budget::unlimited()) {
        Ok(output) => {
            assert!(u64::from(output.width) * u64::from(output.height) <= LIMITS().max_pixels, "{what}");
            true
        }
        Err(Error::Encoder(reason)) => panic!("{what}: {reason}"),
        Err(_) => false,
    }
}

#[test]
fn damage_is_an_error_or_a_picture_and_stays_within_the_limits() {
    let before = resident();
    for (index, whole) in FILES.iter().enumerate() {
        assert!(compressed(whole, "whole"));
        for length in (0..whole.len()).step_by(10).chain([whole.len() - 1]) {
            assert!(!compressed(&whole[..length], "cut"), "file {index}, {length} of {}", whole.len());
        }
    }
    let mut seed = 20_u32;
    let mut next = move |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    let mut pictures = 0;
    for round in 0..500 {
        let mut damaged = FILES[round % FILES.len()].to_vec();
        for _ in 0..=next(4) {
            let at = next(damaged.len());
            damaged[at] =
                if next(2) == 0 { damaged[at] ^ 1 << next(8) } else { u8::try_from(next(256)).unwrap() };
        }
        pictures += u32::from(compressed(&damaged, &format!("round {round}")));
    }
    // What is damaged in the coded pixels alone is not found by anything, as in a JPEG.
    assert!((1..500).contains(&pictures), "{pictures}");
    if let (Some(before), Some(after)) = (before, resident()) {
        let taken = after - before;
        assert!(taken < LIMITS().max_image_memory, "{taken} bytes at once");
    }
}

/// The most memory that the process has had so far, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
