use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::exchange;

/// The key that the server is given, and asked with.
const KEY: &str = "a-key-for-this-measurement-alone";

/// What ends a part of an upload.
const BOUNDARY: &str = "----b7e2c40f91d84a6f8a35d0e6c1972b54";

/// `imgpress serve` with its default settings, but for a rate limit and a number of connections a client that are
/// never reached, and a log of errors alone.
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) port: u16,
    /// The process's number.
    pub(crate) pid: u32,
    /// Ended when it is dropped.
    _child: Child,
    _folder: TempDir,
}

impl Server {
    pub(crate) async fn start(program: &Path, arguments: &[String]) -> Result<Self> {
        let program = program.canonicalize().with_context(|| format!("no program {}", program.display()))?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = tempfile::tempdir()?;
        let mut command = Command::new(program);
        command.arg("serve").args(arguments).env_clear().current_dir(folder.path());
        command.env("IMGPRESS_LISTEN", format!("127.0.0.1:{port}"));
        command.env("IMGPRESS_API_KEYS", format!("load={KEY}")).env("RUST_LOG", "error");
        command.env("IMGPRESS_RATE_LIMIT_MAX", "1000000000");
        command.env("IMGPRESS_MAX_CONNECTIONS_PER_CLIENT", "100000");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let pid = child.id().context("it ended at once")?;
        for _ in 0..200 {
            if exchange::once(port, b"GET /ready HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
                .await
                .is_ok()
            {
                return Ok(Self { port, pid, _child: child, _folder: folder });
            }
            if let Some(status) = child.try_wait()? {
                bail!("the server ended at once: {status}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the server does not answer")
    }

    /// A request that compresses an image and does not store it.
    pub(crate) fn request(&self, query: &str, image: &[u8]) -> Vec<u8> {
        let disposition = "content-disposition: form-data; name=\"image\"; filename=\"image\"";
        let start = format!("--{BOUNDARY}\r\n{disposition}\r\n\r\n");
        let end = format!("\r\n--{BOUNDARY}--\r\n");
        let length = start.len() + image.len() + end.len();
        let head = format!(
            "POST /compress?store=false&{query} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: {KEY}\r\n\
             content-type: multipart/form-data; boundary={BOUNDARY}\r\ncontent-length: {length}\r\n\r\n"
        );
        [head.as_bytes(), start.as_bytes(), image, end.as_bytes()].concat()
    }
}
