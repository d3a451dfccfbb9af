//! What this process may use of the machine, control groups included.

use std::fs::File;
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;

/// What is assumed where the system does not say.
const UNKNOWN_MEMORY: u64 = 2 << 30;

/// Kernel files are short; whatever is longer is none.
const LONGEST_FILE: u64 = 64 << 10;

/// Cores available to this process: affinity and control-group quotas count, on Linux.
pub(crate) fn workers() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Bytes of memory that this process may use: the least of what the machine has and what its control groups,
/// version 1 or 2, allow it. 2 GiB where the system does not say.
pub(crate) fn memory() -> u64 {
    memory_below(Path::new("/"))
}

fn memory_below(root: &Path) -> u64 {
    let machine = read(&root.join("proc/meminfo")).and_then(|text| total_of(&text));
    let groups = read(&root.join("proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().filter_map(|line| group_limit(&root.join("sys/fs/cgroup"), line));
    machine.into_iter().chain(limits).min().unwrap_or(UNKNOWN_MEMORY)
}

/// `MemTotal:       24056789 kB`, as proc(5) describes it.
fn total_of(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The least limit on the way from one group of `/proc/self/cgroup` (cgroups(7): `id:controllers:path`) up to
/// the root. A container sees its own group as the root, or only the root of another tree.
fn group_limit(mount: &Path, line: &str) -> Option<u64> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (controllers, path) = (fields.next()?, fields.next()?);
    let (tree, file) = match controllers {
        "" => (mount.to_owned(), "memory.max"),
        _ if controllers.split(',').any(|name| name == "memory") => {
            (mount.join("memory"), "memory.limit_in_bytes")
        }
        _ => return None,
    };
    // `max`, for no limit, is no number; version 1 writes a number that no machine has.
    let limit = |group: &Path| read(&tree.join(group).join(file))?.trim().parse::<u64>().ok();
    Path::new(path.trim_start_matches('/')).ancestors().filter_map(limit).min()
}

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(path).ok()?.take(LONGEST_FILE).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn memory_with(files: &[(&str, &str)]) -> u64 {
        let root = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        memory_below(root.path())
    }

    const MACHINE: (&str, &str) = ("proc/meminfo", "MemTotal:       16777216 kB\nMemFree: 1 kB\n");
    const GIB: u64 = 1 << 30;

    #[test]
    fn is_the_machines_without_a_limit() {
        assert_eq!(memory_with(&[MACHINE]), 16 * GIB);
        let unlimited = [MACHINE, ("proc/self/cgroup", "0::/\n"), ("sys/fs/cgroup/memory.max", "max\n")];
        assert_eq!(memory_with(&unlimited), 16 * GIB);
    }

    #[test]
    fn is_the_least_of_the_groups_above_in_version_2() {
        let nested = [
            MACHINE,
            ("proc/self/cgroup", "0::/slice/service\n"),
            ("sys/fs/cgroup/slice/memory.max", "1073741824\n"),
            ("sys/fs/cgroup/slice/service/memory.max", "max\n"),
        ];
        assert_eq!(memory_with(&nested), GIB);
    }

    #[test]
    fn is_the_groups_in_version_1() {
        let groups = ("proc/self/cgroup", "5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n1:name=systemd:/\n");
        let limit = ("sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n");
        assert_eq!(memory_with(&[MACHINE, groups, limit]), GIB / 2);
        let none = ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(memory_with(&[MACHINE, groups, none]), 16 * GIB);
    }

    #[test]
    fn is_assumed_where_nothing_says() {
        assert_eq!(memory_with(&[]), UNKNOWN_MEMORY);
        assert_eq!(memory_with(&[("proc/meminfo", "MemTotal: many\n")]), UNKNOWN_MEMORY);
    }
}
