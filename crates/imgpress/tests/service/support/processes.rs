use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// The key that [`Service`]s know.
pub const KEY: &str = "a-key-for-tests";

/// Longer than anything here takes; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a shell in which it is root and may mount what nobody else sees.
pub const NAMESPACE: [&str; 5] = ["unshare", "--user", "--map-root-user", "--mount", "sh"];

/// Whether this system lets anybody have a [`NAMESPACE`].
pub async fn may_mount() -> bool {
    let mut tried = Command::new(NAMESPACE[0]);
    tried.args(&NAMESPACE[1..]).args(["-c", "true"]).stderr(Stdio::null());
    tried.status().await.is_ok_and(|status| status.success())
}

/// A running role of the binary. Killed when dropped.
pub struct Service {
    child: Child,
    pub url: String,
    pub folder: TempDir,
    log: mpsc::UnboundedReceiver<String>,
}

/// The binary in an empty folder, knowing nothing but what it is given.
pub fn command(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imgpress"));
    command.current_dir(folder.path()).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command
}

impl Service {
    /// Starts a role on a free port with the test key and the given further arguments.
    pub async fn start(role: &str, arguments: &[&str]) -> Self {
        let keys = format!("test={KEY}");
        let keyed = if role == "engine" { vec![] } else { vec!["--api-keys", &keys] };
        Self::start_with(role, &[&keyed, arguments].concat()).await
    }

    /// Starts a role on a free port with these arguments alone.
    pub async fn start_with(role: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = command(&folder);
        command.arg(role).args(arguments);
        Self::started(command, folder).await
    }

    /// As [`start`](Self::start), by a shell that has done this before: limits, mounts.
    pub async fn start_behind(role: &str, shell: &str, wrapper: &[&str], arguments: &[&str]) -> Self {
        Self::start_behind_in(tempfile::tempdir().unwrap(), role, shell, wrapper, arguments).await
    }

    /// As [`start_behind`](Self::start_behind), in a folder that has something in it.
    pub async fn start_behind_in(
        folder: TempDir,
        role: &str,
        shell: &str,
        wrapper: &[&str],
        arguments: &[&str],
    ) -> Self {
        let (first, rest) = wrapper.split_first().unwrap();
        let mut command = Command::new(first);
        command.args(rest).arg("-c").arg(format!("{shell}; exec \"$0\" \"$@\"")).current_dir(folder.path());
        command.arg(env!("CARGO_BIN_EXE_imgpress")).arg(role).args(["--api-keys", &format!("test={KEY}")]);
        command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        Self::started(command, folder).await
    }

    async fn started(mut command: Command, folder: TempDir) -> Self {
        command.env("IMGPRESS_LISTEN", "127.0.0.1:0");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut log = lines(child.stdout.take().unwrap());
        let listening = wait_for(&mut log, |line| line["message"] == "listening").await;
        let url = format!("http://{}", listening["address"].as_str().unwrap());
        Self { child, url, folder, log }
    }

    /// The next line of the log that is as wanted.
    pub async fn logged(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        wait_for(&mut self.log, wanted).await
    }

    /// Every line that it logs from here on until it is killed, which is now.
    pub async fn everything_logged(mut self) -> String {
        self.kill().await;
        let mut lines = String::new();
        while let Some(line) = self.log.recv().await {
            lines.push_str(&line);
            lines.push('\n');
        }
        lines
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Asks the process to end, as a container runtime does.
    pub async fn terminate(&self) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
    }

    /// Waits for the process to end by itself, and gives its exit code.
    pub async fn exit_code(&mut self) -> Option<i32> {
        timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap().code()
    }

    /// Kills the process.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }
}

/// Hands a log on line by line, and never lets the pipe fill up.
fn lines(stdout: impl tokio::io::AsyncRead + Send + Unpin + 'static) -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut lines = BufReader::new(stdout).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let _ = sender.send(line);
        }
    });
    receiver
}

async fn wait_for(log: &mut mpsc::UnboundedReceiver<String>, wanted: impl Fn(&Value) -> bool) -> Value {
    let search = async {
        loop {
            let line = log.recv().await.expect("the process logs what is waited for before it ends");
            let line: Value = serde_json::from_str(&line).expect("the log is JSON off a terminal");
            if wanted(&line) {
                return line;
            }
        }
    };
    timeout(PATIENCE, search).await.expect("it is logged")
}

/// Everything a short-lived process says, and its exit code.
pub async fn run(mut command: Command) -> (Option<i32>, String, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (mut out, mut err) = (String::new(), String::new());
    let reading = async { tokio::join!(stdout.read_to_string(&mut out), stderr.read_to_string(&mut err)) };
    let (said, complained) = timeout(PATIENCE, reading).await.expect("it ends");
    said.unwrap();
    complained.unwrap();
    let status = child.wait().await.unwrap();
    (status.code(), out, err)
}
