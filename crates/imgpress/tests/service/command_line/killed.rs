//! Being killed half-way.

use std::fs;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};

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
