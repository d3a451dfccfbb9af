//! Links, pipes and devices.

use std::fs;
use std::os::unix::fs::symlink;

use tokio::process::Command;

use super::{compress, files_below, folder_with};

#[tokio::test]
async fn links_and_special_files_are_not_followed_out_of_the_tree() {
    let folder = folder_with(&["in/a.png", "private/secret.png"]);
    let inside = |name: &str| folder.path().join("in").join(name);
    symlink("../private", inside("folder")).unwrap();
    symlink("../private/secret.png", inside("secret.png")).unwrap();
    symlink(".", inside("circle")).unwrap();
    symlink("/dev/zero", inside("zero.png")).unwrap();
    assert!(Command::new("mkfifo").arg(inside("pipe.png")).status().await.unwrap().success());
    for inputs in [&["-r", "in"][..], &["in/**/*.png"]] {
        let (code, _, complaint) = compress(&folder, &[inputs, &["--out-dir", "out"]].concat()).await;
        assert_eq!(code, Some(0), "{complaint}");
        assert_eq!(files_below(&folder.path().join("out")), ["a.jpg"], "{inputs:?}");
        fs::remove_dir_all(folder.path().join("out")).unwrap();
    }
    // Named, they are refused and not waited for.
    let named = ["in/pipe.png", "in/zero.png", "/dev/null", "in/folder/missing.png"];
    for name in named {
        let (code, _, complaint) = compress(&folder, &[name, "-o", "out.jpg"]).await;
        assert_eq!(code, Some(1), "{name}: {complaint}");
    }
    assert!(!folder.path().join("out.jpg").exists());
}

#[tokio::test]
async fn an_output_takes_the_place_of_regular_files_alone() {
    let folder = folder_with(&["a.png", "old.jpg", "other.jpg"]);
    let inside = |name: &str| folder.path().join(name);
    assert!(Command::new("mkfifo").arg(inside("pipe.jpg")).status().await.unwrap().success());
    symlink("other.jpg", inside("link.jpg")).unwrap();
    symlink("nowhere", inside("dangling.jpg")).unwrap();
    fs::create_dir(inside("folder.jpg")).unwrap();
    let before = fs::read(inside("other.jpg")).unwrap();
    for name in ["pipe.jpg", "link.jpg", "dangling.jpg", "folder.jpg"] {
        let kind = fs::symlink_metadata(inside(name)).unwrap().file_type();
        let (code, _, complaint) = compress(&folder, &["a.png", "-o", name]).await;
        assert_eq!(code, Some(1), "{name}: {complaint}");
        assert_eq!(fs::symlink_metadata(inside(name)).unwrap().file_type(), kind, "{name}");
    }
    assert_eq!(fs::read(inside("other.jpg")).unwrap(), before);
    assert_eq!(compress(&folder, &["a.png", "-o", "old.jpg"]).await.0, Some(0));
    assert_ne!(fs::read(inside("old.jpg")).unwrap(), before);
}

#[tokio::test]
async fn in_place_a_link_stays_a_link_and_what_it_leads_to_stays_as_it_is() {
    let folder = folder_with(&["real.png"]);
    symlink("real.png", folder.path().join("link.png")).unwrap();
    let before = fs::read(folder.path().join("real.png")).unwrap();
    let (code, _, complaint) = compress(&folder, &["link.png", "--in-place"]).await;
    assert_eq!(code, Some(1));
    assert!(complaint.contains("link"), "{complaint}");
    assert!(folder.path().join("link.png").is_symlink());
    assert_eq!(fs::read(folder.path().join("real.png")).unwrap(), before);
    assert_eq!(compress(&folder, &["link.png", "real.png", "--in-place"]).await.0, Some(1));
    assert!(folder.path().join("link.png").is_symlink());
    assert!(fs::read(folder.path().join("real.png")).unwrap().len() < before.len(), "it was named too");
}

#[tokio::test]
async fn an_output_folder_inside_the_tree_is_no_input_of_the_next_run() {
    let folder = folder_with(&["a.png"]);
    for _ in 0..2 {
        let (code, _, complaint) = compress(&folder, &["-r", ".", "--out-dir", "out"]).await;
        assert_eq!(code, Some(0), "{complaint}");
        assert_eq!(files_below(folder.path()), ["a.png", "out/a.jpg"]);
    }
}
