//! What is freed is used again without the kernel, by whatever thread, and given back when asked for, though what is small and
//! lives on was allocated in between. A process of its own, which has no other thread when it begins.

#![cfg_attr(
    not(all(target_os = "linux", target_env = "gnu")),
    allow(unused, reason = "nothing is set there")
)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::thread;

const MB: usize = 1 << 20;

/// Bytes of the process that are in memory.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

/// How often the process wrote where it had no page yet (proc(5), the tenth field; the second is in brackets).
fn faults() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    stat.rsplit(')').next().unwrap().split_whitespace().nth(7).unwrap().parse().unwrap()
}

/// What a picture takes, on a thread of its own, and what stays of it.
fn picture() -> Vec<Vec<u8>> {
    let work = || {
        let (mut large, mut small) = (Vec::new(), Vec::new());
        for _ in 0..8 {
            large.push(vec![1_u8; 4 * MB]);
            small.push(vec![1_u8; 8 << 10]);
        }
        drop(large);
        small
    };
    thread::spawn(work).join().unwrap()
}

fn main() {
    let is_set = imgpress_malloc::keep_memory_between_pictures(64 * MB, 2);
    assert_eq!(is_set, cfg!(all(target_os = "linux", target_env = "gnu")));
    if !is_set {
        return;
    }
    let before = resident();
    let nothing = imgpress_malloc::KeepsNothing::begin();
    let mut small = vec![picture()];
    assert!(resident() < before + 4 * MB, "beside it nothing is kept: {} after {before}", resident());
    drop(nothing);
    small.push(picture());
    assert!(resident() > before + 30 * MB, "all of it is kept: {} after {before}", resident());
    let written = faults();
    small.push(picture());
    // What stayed of the first lies where one of its blocks was.
    assert!(
        faults() - written < 2048,
        "most of 8,192 pages were there already; {} are new",
        faults() - written
    );
    imgpress_malloc::give_back_free_memory();
    assert!(resident() < before + 4 * MB, "{} after {before}", resident());
    drop(small);
}
