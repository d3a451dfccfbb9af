//! What a run was made on, in words that fit a document: the class of processor, and nothing that names the machine.

use std::collections::BTreeSet;
use std::fs;

/// The processor's model and the vector instructions that encoders choose between.
pub(crate) fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores{}", model(&text), vectors(&text))
}

fn model(cpuinfo: &str) -> String {
    let field = |name: &str| {
        let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let name = field("model name").unwrap_or_else(|| "unknown processor".to_owned());
    match (field("cpu family"), field("model\t")) {
        (Some(family), Some(model)) => format!("{name} (family {family}, model {model})"),
        _ => name,
    }
}

fn vectors(cpuinfo: &str) -> String {
    let flags: BTreeSet<_> = cpuinfo
        .lines()
        .find(|line| line.starts_with("flags"))
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let known = [("avx2", "AVX2"), ("avx512bw", "AVX-512")];
    let there: Vec<_> =
        known.iter().filter(|(flag, _)| flags.contains(flag)).map(|(_, name)| *name).collect();
    if there.is_empty() { String::new() } else { format!(", {}", there.join(" and ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_and_its_vectors_are_read() {
        let text =
            "cpu family\t: 6\nmodel\t\t: 143\nmodel name\t: Example 9000\nflags\t\t: fpu avx2 avx512bw\n";
        assert_eq!(model(text), "Example 9000 (family 6, model 143)");
        assert_eq!(vectors(text), ", AVX2 and AVX-512");
        assert_eq!(model(""), "unknown processor");
    }
}
