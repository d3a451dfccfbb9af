use std::time::Duration;

use tokio::task::JoinHandle;

/// Memory of a process, looked at ten times a second.
pub(crate) struct Watch {
    pid: u32,
    most: tokio::sync::watch::Receiver<f64>,
    task: JoinHandle<()>,
}

impl Watch {
    pub(crate) fn start(pid: u32) -> Self {
        let (sender, most) = tokio::sync::watch::channel(0.0);
        let task = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(100));
            loop {
                ticks.tick().await;
                sender.send_modify(|most: &mut f64| *most = most.max(resident(pid)));
            }
        });
        Self { pid, most, task }
    }

    /// The most that was seen so far, in MB of 1,000,000 bytes.
    pub(crate) fn most(&self) -> f64 {
        self.most.borrow().max(resident(self.pid))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What is resident now, in MB of 1,000,000 bytes; 0 where the kernel does not say.
pub(crate) fn resident(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kib: f64 = line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0.0);
    kib * 1024.0 / 1e6
}
