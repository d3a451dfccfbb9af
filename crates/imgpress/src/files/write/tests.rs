use super::*;

#[test]
fn a_backup_never_takes_the_place_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jpg");
    for content in ["first", "second", "third"] {
        fs::write(&path, content).unwrap();
        in_place(&path, b"new", &fs::metadata(&path).unwrap(), true).unwrap();
    }
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let backups = ["a.jpg.orig", "a.jpg.orig.1", "a.jpg.orig.2"].map(read);
    assert_eq!(backups, ["first", "second", "third"]);
    assert_eq!(read("a.jpg"), "new");
}

#[test]
fn a_file_that_was_changed_meanwhile_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jpg");
    fs::write(&path, "as it was read").unwrap();
    let read = fs::metadata(&path).unwrap();
    fs::write(&path, "as somebody saved it").unwrap();
    assert!(in_place(&path, b"new", &read, true).is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "as somebody saved it");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
#[cfg(unix)]
fn a_link_in_the_tree_of_outputs_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (out, elsewhere) = (folder.path().join("out"), folder.path().join("elsewhere"));
    fs::create_dir(&out).unwrap();
    fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink("../elsewhere", out.join("sub")).unwrap();
    assert!(whole(&out.join("sub/a.jpg"), b"new", None, Some(&out)).is_err());
    assert!(whole(&out.join("own/a.jpg"), b"new", None, Some(&out)).is_ok());
    assert_eq!(fs::read_dir(elsewhere).unwrap().count(), 0);
}
