//! `imgpress compress` and what is beside it.

mod compare;
mod documents;
mod in_place;
mod killed;
mod report;
mod special;
mod streams;

use std::path::Path;

use tempfile::TempDir;

use crate::support::{command, decode_jpeg, photo, run};

async fn compress(folder: &TempDir, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut compress = command(folder);
    compress.arg("compress").args(arguments);
    run(compress).await
}

/// What a folder holds, folders below it too, without their names.
fn files_below(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            names.extend(files_below(&entry.path()).iter().map(|below| format!("{name}/{below}")));
        } else {
            names.push(name);
        }
    }
    names.sort();
    names
}

fn folder_with(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, photo(120, 90)).unwrap();
    }
    folder
}

#[tokio::test]
async fn one_file_becomes_one_file() {
    let folder = folder_with(&["in.png"]);
    let sizes = async |quality: &str| {
        let (code, _, complaint) =
            compress(&folder, &["in.png", "-o", "out/small.jpg", "--quality", quality]).await;
        assert_eq!(code, Some(0), "{complaint}");
        let jpeg = std::fs::read(folder.path().join("out/small.jpg")).unwrap();
        assert_eq!(decode_jpeg(&jpeg).width, 120);
        jpeg.len()
    };
    assert!(sizes("30").await < sizes("80").await);
    assert_eq!(std::fs::read_dir(folder.path().join("out")).unwrap().count(), 1, "no temporary file is left");
}

#[tokio::test]
async fn a_folder_keeps_its_tree_and_one_failure_stops_nothing() {
    let folder = folder_with(&["in/a.png", "in/b/c.png"]);
    std::fs::write(folder.path().join("in/broken.png"), &photo(50, 50)[..100]).unwrap();
    let (code, _, complaint) = compress(&folder, &["-r", "in", "missing.png", "--out-dir", "out"]).await;
    assert_eq!(code, Some(1));
    assert!(complaint.contains("broken.png") && complaint.contains("missing.png"), "{complaint}");
    assert!(folder.path().join("out/a.jpg").exists() && folder.path().join("out/b/c.jpg").exists());
    assert!(!folder.path().join("out/broken.jpg").exists());
}

#[tokio::test]
async fn wrong_usage_is_2_and_does_nothing() {
    let folder = folder_with(&["a.png", "b/a.png"]);
    for arguments in [
        &["a.png"][..],
        &["a.png", "b/a.png", "-o", "out.jpg"],
        &["a.png", "b/a.png", "--out-dir", "out"],
        &["a.png", "-o", "out.jpg", "--quality", "0"],
        &["a.png", "-o", "out.jpg", "--width", "0"],
        &["a.png", "-o", "out.jpg", "--nonsense"],
        &["-o", "out.jpg"],
        &["b", "--out-dir", "out"],
        &["a.png", "-o", "out.jpg", "--out-dir", "out"],
        &["a.png", "-o", "out.jpg", "--in-place"],
        &["a.png", "-o", "out.jpg", "--backup"],
        &["a.png", "--in-place", "--format", "jpeg"],
        &["a.png", "--in-place", "--quality", "auto"],
        &["a.png", "-o", "a.png"],
        &["a.png", "--out-dir", ".", "--format", "same"],
        &["a.png", "--out-dir", "out", "--jobs", "0"],
        &["-", "--out-dir", "out"],
        &["-", "-", "-o", "out.jpg"],
    ] {
        let (code, _, complaint) = compress(&folder, arguments).await;
        assert_eq!(code, Some(2), "{arguments:?}: {complaint}");
        assert!(!complaint.is_empty());
    }
    assert_eq!(files_below(folder.path()), ["a.png", "b/a.png"]);
}
