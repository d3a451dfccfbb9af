//! A Redis of its own for each test: the real program, on a free port of the loopback address.

use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Longer than it takes to start; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many ports are tried: another process may take the free one first.
const TRIES: usize = 5;

/// A running `redis-server` that keeps nothing on disk. Killed when dropped.
#[derive(Debug)]
pub struct RedisServer {
    child: Option<Child>,
    port: u16,
    password: Option<&'static str>,
    folder: TempDir,
}

impl RedisServer {
    /// Starts one.
    ///
    /// # Panics
    /// The program is missing or does not start.
    pub async fn start() -> Self {
        Self::started(None).await
    }

    /// Starts one that wants a password.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub async fn with_password(password: &'static str) -> Self {
        Self::started(Some(password)).await
    }

    async fn started(password: Option<&'static str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut server = Self { child: None, port: 0, password, folder };
        for _ in 0..TRIES {
            server.port = free_port().await;
            if server.run().await {
                return server;
            }
        }
        unreachable!("redis-server starts on one of {TRIES} ports");
    }

    /// The URL, with the password if there is one.
    #[must_use]
    pub fn url(&self) -> String {
        let password = self.password.map(|password| format!(":{password}@")).unwrap_or_default();
        format!("redis://{password}127.0.0.1:{}", self.port)
    }

    /// Kills it, with all that it knew.
    ///
    /// # Panics
    /// It is not running.
    pub async fn stop(&mut self) {
        self.child.take().expect("it runs").kill().await.expect("it can be killed");
    }

    /// Starts it again where it was, knowing nothing.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start_again(&mut self) {
        assert!(self.run().await, "redis-server does not start again");
    }

    /// Whether it came up.
    async fn run(&mut self) -> bool {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"]);
        command.arg(self.port.to_string()).arg("--dir").arg(self.folder.path());
        if let Some(password) = self.password {
            command.args(["--requirepass", password]);
        }
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn();
        let mut child =
            spawned.expect("redis-server is needed for this test; scripts/setup --test installs it");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let ready = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if line.contains("Ready to accept connections") {
                    return true;
                }
            }
            false
        };
        let is_ready = timeout(PATIENCE, ready).await.expect("redis-server says whether it has started");
        // It logs little more; nobody reads it, and nothing waits for it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.child = Some(child);
        is_ready
    }
}

async fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}
