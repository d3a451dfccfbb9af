//! What is freed is given back, though what is small and lives on was allocated in between.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn freed_large_blocks_are_not_resident() {
    // Bytes of the process that are in memory.
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
    };
    assert!(imgpress_malloc::give_back_large_blocks());
    // By glibc's own rule this would make all that is smaller a part of a heap.
    drop(vec![1_u8; 16 << 20]);
    let before = resident();
    let (mut large, mut small) = (Vec::new(), Vec::new());
    for _ in 0..32 {
        large.push(vec![1_u8; 4 << 20]);
        small.push(vec![1_u8; 8 << 10]);
    }
    assert!(resident() > before + (100 << 20), "they are written to");
    drop(large);
    assert!(resident() < before + (10 << 20), "{} after {before}", resident());
    drop(small);
}
