//! Being killed half-way.

use std::fs;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};

use tokio::process::Command;

use super::{compress, files_below};
use crate::support::{command, decode_jpeg, photo};

/// Enough that it is not done when the first of them is.
const PICTURES: usize = 40;

#[tokio::test]
async fn no_file_is_there_in_part_and_the_next_run_does_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    let picture = photo(800, 600);
    for number in 0..PICTURES {
        fs::write(folder.path().join(format!("in/{number:02}.png")), &picture).unwrap();
    }
    let mut process = command(&folder);
    process
        .args(["compress", "-r", "in", "--out-dir", "out", "--json", "--jobs", "2"])
        .stdout(Stdio::piped());
    let mut process = process.spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    assert!(lines.next_line().await.unwrap().is_some());
    process.kill().await.unwrap();
    let out = folder.path().join("out");
    let written = files_below(&out);
    let images: Vec<_> = written.iter().filter(|name| !name.ends_with(".tmp")).collect();
    assert!((1..PICTURES).contains(&images.len()), "{} were written when it was killed", images.len());
    for name in images {
        assert_eq!(decode_jpeg(&fs::read(out.join(name)).unwrap()).height, 600);
    }
    // As if it had been killed while it wrote.
    fs::write(out.join(".imgpress-abcdef.tmp"), &picture[..1000]).unwrap();
    assert_eq!(compress(&folder, &["-r", "in", "--out-dir", "out"]).await.0, Some(0));
    let complete = files_below(&out).iter().filter(|name| name.ends_with(".jpg")).count();
    assert_eq!(complete, PICTURES);
    let (code, said, complaint) =
        compress(&folder, &["-r", "out", "--in-place", "--dry-run", "--json"]).await;
    assert_eq!(code, Some(0), "what was left is taken for no image: {complaint}");
    assert_eq!(said.lines().count(), PICTURES);
}

#[tokio::test]
async fn whoever_is_asked_to_end_leaves_no_temporary_file() {
    let picture = photo(400, 300);
    for (signal, expected) in [("-INT", 130), ("-TERM", 143)] {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..PICTURES {
            fs::write(folder.path().join(format!("{number:02}.png")), &picture).unwrap();
        }
        let mut process = command(&folder);
        process
            .args(["compress", "-r", ".", "--in-place", "--jobs", "2"])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut process = process.spawn().unwrap();
        // Writing in place waits for the disk, so that a file that is seen here is there when the signal comes.
        while !files_below(folder.path()).iter().any(|name| name.ends_with(".tmp")) {
            assert!(process.try_wait().unwrap().is_none(), "it ended before it wrote");
        }
        let pid = process.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().await.unwrap().success());
        assert_eq!(process.wait().await.unwrap().code(), Some(expected));
        let left = files_below(folder.path());
        assert!(left.iter().all(|name| name.ends_with(".png")), "{left:?}");
        assert_eq!(left.len(), PICTURES);
    }
}
