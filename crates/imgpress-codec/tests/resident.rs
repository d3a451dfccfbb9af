//! What the engine sets aside for a picture holds the memory of C libraries too, which `memory.rs` does not see: by the
//! resident size of the process. Alone in it, and one test, because the system counts for all of it.

#![cfg(all(target_os = "linux", feature = "avif", feature = "webp"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test and its fixtures fail by panicking")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers")]

#[allow(dead_code, reason = "shared with the other tests")]
#[path = "codec/fixtures.rs"]
mod fixtures;

use std::fs;

use imgpress_codec::options::Options;
use imgpress_codec::{Budget, Limits, compress, probe};

use crate::fixtures::Picture;

/// More than what is checked after it is made, whose pixels are kept.
const SIZE: (u16, u16) = (1600, 1300);

/// What the allocator may keep of what it was given back, in bytes (`imgpress_malloc::SPARE`).
const SPARE: u64 = 4 << 20;

/// Something in every block, as in a soft picture of a sky: all of libaom's coefficients have a place.
fn sky() -> Picture {
    Picture::new(SIZE.0, SIZE.1, |x, y| {
        let grain = u8::try_from((u32::from(x) * 7919 + u32::from(y) * 104_729) % 5).unwrap();
        let shade =
            |step: u16| u8::try_from((u32::from(x) / 24 + u32::from(y) / u32::from(step)) % 250).unwrap();
        [shade(16) + grain, shade(18) + grain, shade(31) + grain]
    })
}

/// Options that C encoders are asked for by, and how to call them.
fn asked() -> [(&'static str, Options); 7] {
    let of = |format: &str, effort: &str| Options {
        format: format.parse().unwrap(),
        effort: effort.parse().unwrap(),
        ..Options::default()
    };
    let avif = of("avif", "fast");
    [
        ("avif", avif),
        ("avif, balanced", of("avif", "balanced")),
        ("avif within bytes", Options { max_bytes: "200KB".parse().ok(), ..avif }),
        ("webp", of("webp", "balanced")),
        ("webp without loss", Options { lossless: "true".parse().unwrap(), ..of("webp", "fast") }),
        ("png", of("png", "fast")),
        ("auto with avif", Options { avif: true, ..of("auto", "fast") }),
    ]
}

/// A line of the process's status, in bytes.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// By how much the process grew at most, and the estimate, in bytes.
fn measure(input: &[u8], options: &Options) -> (u64, u64) {
    let limits = Limits { max_image_memory: u64::MAX, ..Limits::default() };
    let estimate = probe(input, &limits).unwrap().working_set_for(options, &limits).unwrap();
    // proc(5): makes the peak what the size is now.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS");
    compress(input, options, &limits, &Budget::unlimited()).unwrap();
    (status("VmHWM") - before, estimate)
}

#[test]
fn what_is_set_aside_holds_the_memory_of_c_libraries() {
    assert!(imgpress_malloc::give_back_large_blocks());
    let mut wrong = Vec::new();
    for (name, picture) in [("sky", sky()), ("noise", Picture::noise(SIZE.0, SIZE.1))] {
        let glass = fixtures::png(picture.size(), png::ColorType::Rgba, &picture.rgba(|_| 200), |_| {});
        let grey = fixtures::png(picture.size(), png::ColorType::Grayscale, &picture.grey(), |_| {});
        for (file, input) in [("grey", grey), ("rgb", fixtures::png_rgb(&picture)), ("alpha", glass)] {
            for (how, options) in asked() {
                let (peak, estimate) = measure(&input, &options);
                println!("{name}, {file}, {how}: {peak} of {estimate}");
                if peak > estimate + SPARE {
                    wrong.push(format!("{name}, {file}, {how}: {peak} of {estimate}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
