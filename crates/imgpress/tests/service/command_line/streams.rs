//! The standard streams.

use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::{compress, files_below, folder_with};
use crate::support::{command, decode_jpeg, photo};

#[tokio::test]
async fn an_image_goes_through_and_what_is_said_goes_beside_it() {
    let folder = folder_with(&[]);
    for arguments in [&["-"][..], &["-", "-o", "-"], &["-", "-o", "-", "--json"]] {
        let mut process = command(&folder);
        process
            .arg("compress")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = process.spawn().unwrap();
        let mut stdin = process.stdin.take().unwrap();
        stdin.write_all(&photo(200, 100)).await.unwrap();
        drop(stdin);
        let done = process.wait_with_output().await.unwrap();
        assert_eq!(done.status.code(), Some(0), "{arguments:?}");
        assert_eq!(decode_jpeg(&done.stdout).width, 200);
        assert!(done.stdout.ends_with(&[0xff, 0xd9]), "and nothing else");
        assert!(String::from_utf8(done.stderr).unwrap().contains('-'));
    }
    assert_eq!(files_below(folder.path()), [""; 0]);
}

#[tokio::test]
async fn nothing_or_no_image_on_the_standard_input_fails_and_writes_nothing() {
    let folder = folder_with(&[]);
    let (code, said, complaint) = compress(&folder, &["-", "-o", "-"]).await;
    assert_eq!((code, &*said), (Some(1), ""));
    assert!(complaint.contains("no image"), "{complaint}");
}

#[tokio::test]
async fn a_pipe_that_nobody_reads_is_success() {
    let folder = folder_with(&["in/a.png", "in/b.png"]);
    for arguments in [&["in/a.png", "-o", "-"][..], &["-r", "in", "--out-dir", "out", "--json"], &["--help"]]
    {
        let mut process = command(&folder);
        process.arg("compress").args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = process.spawn().unwrap();
        drop(process.stdout.take());
        assert_eq!(process.wait().await.unwrap().code(), Some(0), "{arguments:?}");
    }
    assert!(folder.path().join("out/a.jpg").exists() && folder.path().join("out/b.jpg").exists());
}

/// Runs a command on a terminal, that of util-linux's `script`; gives its exit code and what was seen.
#[cfg(target_os = "linux")]
async fn on_a_terminal(folder: &tempfile::TempDir, arguments: &str) -> (Option<i32>, String) {
    let imgpress = env!("CARGO_BIN_EXE_imgpress");
    let mut script = Command::new("script");
    script.args(["-qec", &format!("stty cols 100; {imgpress} compress {arguments}"), "/dev/null"]);
    script.current_dir(folder.path()).env("TERM", "xterm").stdin(Stdio::null()).kill_on_drop(true);
    let done = script.output().await.unwrap();
    (done.status.code(), String::from_utf8_lossy(&done.stdout).into_owned())
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_terminal_gets_a_bar_and_the_table_and_never_an_image() {
    let folder = folder_with(&["in/a.png", "in/b.png"]);
    let (code, seen) = on_a_terminal(&folder, "-r in --out-dir out").await;
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains(" left") && seen.contains("in/a.png"), "a bar, with what is worked on: {seen}");
    assert!(seen.contains("total of 2 files"), "{seen}");
    assert!(!seen.contains("saved 9"), "plain lines are for those without a bar: {seen}");
    let (code, seen) = on_a_terminal(&folder, "in/a.png -o -").await;
    assert_eq!(code, Some(2), "{seen}");
    assert!(seen.contains("terminal"), "{seen}");
}
