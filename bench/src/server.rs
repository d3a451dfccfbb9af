//! The two services that are compared, each a process on a free port of the loopback address.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::http::{self, Client};

/// The key that imgpress is given, and asked with.
const KEY: &str = "a-key-for-this-measurement-alone";

/// A running server; it is ended when this is dropped.
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) port: u16,
    child: Child,
    headers: String,
    path: &'static str,
    /// Working and data folder.
    _folder: TempDir,
}

impl Server {
    /// `imgpress serve` with its default settings, but for a rate limit that is never reached and a log of errors alone.
    ///
    /// # Errors
    ///
    /// It cannot be started or does not answer.
    pub(crate) fn imgpress(program: &Path) -> Result<Self> {
        let program = program.canonicalize().with_context(|| format!("no program {}", program.display()))?;
        let port = free_port()?;
        let mut command = Command::new(program);
        command.arg("serve").env_clear();
        command.env("IMGPRESS_LISTEN", format!("127.0.0.1:{port}"));
        command.env("IMGPRESS_API_KEYS", format!("bench={KEY}"));
        command.env("IMGPRESS_RATE_LIMIT_MAX", "1000000000");
        command.env("IMGPRESS_STORAGE", "local").env("IMGPRESS_DATA_DIR", "data").env("RUST_LOG", "error");
        let path = "/compress?store=false";
        Self::start(command, port, format!("x-api-key: {KEY}\r\n"), path, "/ready").map(|(server, _)| server)
    }

    /// The server of `fastify.mjs`, and what it says it is made of.
    ///
    /// # Errors
    ///
    /// Node.js or a package is not installed, or the server does not answer.
    pub(crate) fn fastify(peers: &Path) -> Result<(Self, String)> {
        let script = peers.join("fastify.mjs").canonicalize().context("there is no fastify.mjs")?;
        let port = free_port()?;
        let mut command = Command::new("node");
        command.arg(script).arg(port.to_string());
        Self::start(command, port, String::new(), "/compress?", "/version")
            .context("Fastify and sharp do not run; npm install --prefix bench/peers")
    }

    fn start(
        mut command: Command,
        port: u16,
        headers: String,
        path: &'static str,
        probe: &str,
    ) -> Result<(Self, String)> {
        let folder = tempfile::tempdir()?;
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn()?;
        let mut server = Self { port, child, headers, path, _folder: folder };
        let answer = server.wait_for(probe)?;
        Ok((server, answer))
    }

    /// Asks until there is an answer, for ten seconds at most.
    fn wait_for(&mut self, probe: &str) -> Result<String> {
        let mut body = Vec::new();
        for _ in 0..200 {
            let asked = Client::connect(self.port).and_then(|mut c| c.ask(&http::get(probe), &mut body));
            if asked.is_ok() {
                return Ok(String::from_utf8_lossy(&body).into_owned());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended at once: {status}");
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!("the server does not answer {probe}")
    }

    /// The whole request that compresses an image, with further options as a query (`quality=80`).
    pub(crate) fn request(&self, options: &str, image: &[u8]) -> Vec<u8> {
        http::upload(&format!("{}&{options}", self.path).replace("?&", "?"), &self.headers, image)
    }

    /// CPU time that the process has used so far, in seconds; NaN where the kernel does not say.
    pub(crate) fn cpu(&self) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        cpu_ticks(&text).map_or(f64::NAN, |ticks| ticks as f64 / ticks_a_second())
    }

    /// The most memory that was resident at once, in MB of 1,000,000 bytes; NaN where the kernel does not say.
    pub(crate) fn peak(&self) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        peak_kib(&text).map_or(f64::NAN, |kib| kib * 1024.0 / 1e6)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already cannot be killed, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listened on just now.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn ticks_a_second() -> f64 {
    // SAFETY: the call takes no pointer and has no precondition.
    unsafe { libc::sysconf(libc::_SC_CLK_TCK) as f64 }
}

/// `utime` and `stime` of `/proc/PID/stat` (proc(5)): the 14th and 15th field, the second of which is a name in
/// parentheses that may hold anything.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

fn peak_kib(status: &str) -> Option<f64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_figures_of_a_process_are_read() {
        assert_eq!(cpu_ticks("12 (a ) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0"), Some(300));
        assert_eq!(peak_kib("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS: 1 kB\n"), Some(2048.0));
        assert_eq!(cpu_ticks(""), None);
        assert_eq!(peak_kib(""), None);
    }
}
