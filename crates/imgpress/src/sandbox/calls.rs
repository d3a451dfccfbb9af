use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter,
};

/// What a compressor never does: other programs, other processes and their memory, connections (those that are
/// taken have been listened for by now), other privileges, namespaces and mounts, and doors into the kernel.
const REFUSED: &[c_long] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_capset,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_open_by_handle_at,
];

/// The same where there are older calls too.
#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[c_long] = &[libc::SYS_fork, libc::SYS_vfork];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[c_long] = &[];

/// Calls that programs do without where a kernel is older than they: `clone3`, because its flags are where a filter
/// cannot look (the C library then takes `clone`), and io_uring, which goes around filters.
const UNKNOWN: &[c_long] =
    &[libc::SYS_clone3, libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register];

/// Calls of the 32-bit pointers' interface have this bit and pass for others (x32).
#[cfg(target_arch = "x86_64")]
const X32: Option<c_long> = Some(0x4000_0000);
#[cfg(not(target_arch = "x86_64"))]
const X32: Option<c_long> = None;

/// Answers the calls that are refused with an error; the process lives on.
pub(super) fn filter() -> Result<(), seccompiler::Error> {
    let refused = REFUSED.iter().chain(REFUSED_HERE);
    let mut rules: BTreeMap<_, _> = refused.flat_map(|&call| everywhere(call, &[])).collect();
    // Threads are made by `clone` too, and are all that may be.
    let is_process = SeccompCondition::new(
        0,
        SeccompCmpArgLen::Qword,
        SeccompCmpOp::MaskedEq(libc::CLONE_THREAD.unsigned_abs().into()),
        0,
    )?;
    let process = [SeccompRule::new(vec![is_process])?];
    rules.extend(everywhere(libc::SYS_clone, &process));
    let unknown = UNKNOWN.iter().flat_map(|&call| everywhere(call, &[])).collect();
    for (rules, errno) in [(rules, libc::EPERM), (unknown, libc::ENOSYS)] {
        apply_filter(&program(rules, errno)?)?;
    }
    Ok(())
}

fn everywhere(call: c_long, rules: &[SeccompRule]) -> Vec<(c_long, Vec<SeccompRule>)> {
    let here = (call, rules.to_vec());
    std::iter::once(here).chain(X32.map(|bit| (call | bit, rules.to_vec()))).collect()
}

fn program(rules: BTreeMap<c_long, Vec<SeccompRule>>, errno: i32) -> Result<BpfProgram, seccompiler::Error> {
    let answer = SeccompAction::Errno(errno.unsigned_abs());
    let machine = TargetArch::try_from(std::env::consts::ARCH)?;
    Ok(SeccompFilter::new(rules, SeccompAction::Allow, answer, machine)?.try_into()?)
}
