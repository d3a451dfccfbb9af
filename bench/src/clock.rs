//! CPU time of this thread, and what another process used.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// CPU time that this thread has used so far, on its own and in the kernel.
pub(crate) fn thread_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one timespec to the pointer, which is valid; this clock exists on Linux and macOS.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    if failed != 0 {
        return Duration::ZERO;
    }
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// What a whole process used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Usage {
    /// CPU time of all its threads, on their own and in the kernel, in seconds.
    pub(crate) cpu: f64,
    /// The most memory that was resident at once, in MB of 1,000,000 bytes.
    pub(crate) peak: f64,
}

/// Runs a command to its end and says what it used.
///
/// The kernel counts the memory of the process that starts another towards the other one's peak, so this is called in
/// a small process of its own ([`measured`]).
///
/// # Errors
///
/// It cannot be started, or fails.
pub(crate) fn run(command: &[String]) -> Result<Usage> {
    let (program, arguments) = command.split_first().context("no command to run")?;
    let child = Command::new(program).args(arguments).stdout(Stdio::null()).spawn()?;
    let id = libc::pid_t::try_from(child.id())?;
    let mut status = 0;
    // SAFETY: rusage is a plain C struct of integers, for which all-zero bytes are a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are valid for the call, and the child has not been waited for elsewhere.
    let ended = unsafe { libc::wait4(id, &raw mut status, 0, &raw mut usage) };
    ensure!(ended == id, "waiting for {program} failed");
    ensure!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "{program} failed");
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    Ok(Usage {
        cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime),
        peak: usage.ru_maxrss as f64 * 1024.0 / 1e6,
    })
}

/// Runs a command through a small process that does nothing but measure it.
///
/// # Errors
///
/// It cannot be started, or fails.
pub(crate) fn measured(command: &[String]) -> Result<Usage> {
    let out = Command::new(std::env::current_exe()?).arg("run").arg("--").args(command).output()?;
    if !out.status.success() {
        bail!("{} failed: {}", command.join(" "), String::from_utf8_lossy(&out.stderr).trim());
    }
    let text = String::from_utf8(out.stdout)?;
    let mut figures = text.split_whitespace().map(str::parse::<f64>);
    match (figures.next(), figures.next()) {
        (Some(Ok(cpu)), Some(Ok(peak))) => Ok(Usage { cpu, peak }),
        _ => bail!("no measurement of {} came back", command.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time_of_this_thread() {
        let before = thread_time();
        let sum = (0..20_000_000_u64).fold(0_u64, |sum, value| std::hint::black_box(sum ^ value));
        assert!(thread_time() > before, "{sum}");
    }

    #[test]
    fn a_process_has_used_time_and_memory_when_it_ends() {
        let usage = run(&["ls".to_owned(), "/".to_owned()]).unwrap();
        assert!(usage.cpu >= 0.0 && usage.peak > 0.1, "{usage:?}");
        assert!(run(&["false".to_owned()]).is_err());
    }
}
