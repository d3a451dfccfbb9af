//! `imgpress completions` and `imgpress man`.

use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::support::{command, run};

async fn printed(arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = TempDir::new().unwrap();
    let mut imgpress = command(&folder);
    imgpress.args(arguments);
    run(imgpress).await
}

#[tokio::test]
async fn every_shell_completes_commands_and_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, script, _) = printed(&["completions", shell]).await;
        assert_eq!(code, Some(0));
        for word in ["compress", "compare", "serve", "in-place", "out-dir"] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
    let (code, _, complaint) = printed(&["completions", "tcsh"]).await;
    assert_eq!(code, Some(2));
    assert!(complaint.contains("bash"), "{complaint}");
}

#[tokio::test]
async fn bash_completes_with_the_script() {
    let (_, script, _) = printed(&["completions", "bash"]).await;
    let ask = "\nCOMP_WORDS=(imgpress compress --in-p); COMP_CWORD=2; _imgpress imgpress --in-p compress\n\
               echo \"${COMPREPLY[@]}\"\n";
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-s"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut bash = bash.spawn().unwrap();
    let mut stdin = bash.stdin.take().unwrap();
    stdin.write_all((script + ask).as_bytes()).await.unwrap();
    drop(stdin);
    let done = bash.wait_with_output().await.unwrap();
    assert_eq!(String::from_utf8(done.stdout).unwrap().trim(), "--in-place");
}

#[tokio::test]
async fn there_is_a_page_for_imgpress_and_for_each_command() {
    let (code, page, _) = printed(&["man"]).await;
    assert_eq!(code, Some(0));
    assert!(page.contains(".TH imgpress 1") && page.contains("imgpress\\-compress(1)"), "{page}");
    let (code, page, _) = printed(&["man", "compress"]).await;
    assert_eq!(code, Some(0));
    for part in [".TH imgpress-compress 1", ".SH SYNOPSIS", "\\-\\-in\\-place", "ssim2:NN"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(printed(&["man", "nonsense"]).await.0, Some(2));
}
