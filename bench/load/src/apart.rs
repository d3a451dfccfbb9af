//! Cores for the server, and one for this program: what sending takes is not taken from the server then. Beyond the
//! capacity of a server of two cores, the sender alone takes 7 % of them.

use anyhow::{Context, Result, ensure};
use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};

/// What is kept for this program.
pub(crate) struct Apart(CpuSet);

impl Apart {
    /// Puts this thread, and the processes that it starts, on all cores but the last.
    ///
    /// # Errors
    /// There is one core only.
    pub(crate) fn begin() -> Result<Self> {
        let mut cores = sched_getaffinity(None).context("which cores there are")?;
        let last = (0..CpuSet::MAX_CPU).rev().find(|&core| cores.is_set(core)).context("no cores")?;
        cores.unset(last);
        ensure!(cores.count() > 0, "there is one core only; leave --apart away");
        sched_setaffinity(None, &cores).context("moving to other cores")?;
        let mut own = CpuSet::new();
        own.set(last);
        Ok(Self(own))
    }

    /// Puts all threads of this program on the last, once the server runs on the others.
    pub(crate) fn move_over(&self) -> Result<()> {
        for thread in std::fs::read_dir("/proc/self/task")? {
            let number = thread?.file_name().to_string_lossy().parse()?;
            sched_setaffinity(Pid::from_raw(number), &self.0).context("moving to the last core")?;
        }
        Ok(())
    }
}
