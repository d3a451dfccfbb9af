//! What is told, and what stays as it was.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::{compress, files_below, folder_with};
use crate::support::photo;

fn lines(said: &str) -> Vec<Value> {
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn json_has_a_line_for_each_file_in_their_order() {
    let folder = folder_with(&["in/b.png", "in/sub/c.png"]);
    // The first takes longest.
    fs::write(folder.path().join("in/a.png"), photo(900, 700)).unwrap();
    fs::write(folder.path().join("in/broken.png"), b"\x89PNG\r\n\x1a\n and no more").unwrap();
    let arguments =
        ["-r", "in", "missing.png", "--out-dir", "out", "--json", "--quality", "auto", "--jobs", "4"];
    let (code, said, complaint) = compress(&folder, &arguments).await;
    assert_eq!(code, Some(1));
    let lines = lines(&said);
    let inputs: Vec<_> = lines.iter().map(|line| line["input"].as_str().unwrap()).collect();
    assert_eq!(inputs, ["in/a.png", "in/b.png", "in/broken.png", "in/sub/c.png", "missing.png"]);
    for (line, name) in [(&lines[0], "out/a.jpg"), (&lines[3], "out/sub/c.jpg")] {
        assert_eq!((&line["outcome"], &line["output"]), (&"compressed".into(), &name.into()), "{line}");
        let bytes = fs::metadata(folder.path().join(name)).unwrap().len();
        assert_eq!(line["bytes"], bytes);
        assert_eq!(line["savedBytes"], line["original"]["bytes"].as_u64().unwrap() - bytes);
        assert!(line["quality"].as_u64().unwrap() > 20 && line["score"].as_f64().unwrap() > 50.0, "{line}");
    }
    for failed in [&lines[2], &lines[4]] {
        assert_eq!(failed["outcome"], "failed");
        assert!(!failed["reason"].as_str().unwrap().is_empty() && failed.get("bytes").is_none(), "{failed}");
    }
    assert!(complaint.contains("missing.png") && complaint.contains("broken.png"), "{complaint}");
}

#[tokio::test]
async fn the_table_has_every_file_and_a_total() {
    let folder = folder_with(&["a.png", "b.png"]);
    let (code, said, plain) = compress(&folder, &["*.png", "nothing*", "--out-dir", "out"]).await;
    assert_eq!(code, Some(1), "{plain}");
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 5, "{said}");
    assert!(
        ["file", "before", "after", "saved", "quality", "score"].iter().all(|head| lines[0].contains(head))
    );
    assert!(
        lines[1].starts_with("a.png") && lines[1].contains("80") && lines[2].starts_with("b.png"),
        "{said}"
    );
    assert!(lines[3].starts_with("nothing*") && lines[3].contains("failed"), "{said}");
    assert!(lines[4].starts_with("total of 3, 1 failed") && lines[4].contains('%'), "{said}");
    assert!(plain.contains("a.png: ") && plain.contains("nothing*: "), "a plain line for each: {plain}");
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_writes_nothing() {
    let folder = folder_with(&["in/a.png"]);
    for target in [&["--out-dir", "out"][..], &["--in-place", "--backup"]] {
        let arguments = [&["-r", "in", "--json"], target].concat();
        let before = fs::read(folder.path().join("in/a.png")).unwrap();
        let (code, would, complaint) = compress(&folder, &[&arguments[..], &["--dry-run"]].concat()).await;
        assert_eq!(code, Some(0), "{complaint}");
        assert_eq!(files_below(folder.path()), ["in/a.png"]);
        assert_eq!(fs::read(folder.path().join("in/a.png")).unwrap(), before);
        let (_, does, _) = compress(&folder, &arguments).await;
        assert_eq!(lines(&would), lines(&does));
        assert_eq!(files_below(folder.path()).len(), 2);
        let _ = fs::remove_dir_all(folder.path().join("out"));
    }
}

#[tokio::test]
async fn outputs_have_the_times_and_permissions_of_their_inputs() {
    let folder = folder_with(&["in/a.png"]);
    let input = folder.path().join("in/a.png");
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_234_567_890);
    fs::File::options().write(true).open(&input).unwrap().set_modified(then).unwrap();
    fs::set_permissions(&input, fs::Permissions::from_mode(0o604)).unwrap();
    assert_eq!(compress(&folder, &["-r", "in", "--out-dir", "out"]).await.0, Some(0));
    let output = fs::metadata(folder.path().join("out/a.jpg")).unwrap();
    assert_eq!((output.modified().unwrap(), output.mode() & 0o7777), (then, 0o604));
}
