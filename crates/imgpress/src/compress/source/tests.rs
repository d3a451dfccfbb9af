use super::*;

fn folder_with(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }
    folder
}

fn names(listing: &Listing) -> Vec<String> {
    let name = |source: &Source| match source {
        Source::Stdin => "-".to_owned(),
        Source::File { name, .. } => name.display().to_string(),
    };
    listing.sources.iter().map(name).collect()
}

#[test]
fn folders_give_heics_to_a_build_that_reads_them() {
    let folder = folder_with(&["a.HEIC", "b.heif", "c.heics"]);
    let listing = list(&[folder.path().to_owned()], true, None).unwrap();
    assert_eq!(listing.sources.len(), if cfg!(feature = "heic") { 2 } else { 0 });
}

#[test]
fn folders_keep_their_tree_and_give_only_images() {
    let folder = folder_with(&["a.PNG", "deep/er/b.webp", "notes.txt", ".imgpress-x1.tmp", "c.jpg.orig"]);
    let listing = list(&[folder.path().to_owned()], true, None).unwrap();
    assert_eq!(names(&listing), ["a.PNG", "deep/er/b.webp"]);
}

#[test]
fn what_was_written_before_is_no_input() {
    let folder = folder_with(&["a.png", "out/a.jpg"]);
    for typed in [folder.path().to_owned(), folder.path().join("**/*.*")] {
        let listing = list(&[typed], true, Some(&folder.path().join("out"))).unwrap();
        assert_eq!(names(&listing), ["a.png"]);
    }
}

#[test]
fn patterns_mean_what_they_mean_in_a_shell() {
    let folder = folder_with(&["a.png", "b.png", ".c.png", "deep/d.png", "e.jpg", "[odd].png"]);
    let found = |pattern: &str| names(&list(&[folder.path().join(pattern)], false, None).unwrap());
    assert_eq!(found("*.png"), ["[odd].png", "a.png", "b.png"]);
    assert_eq!(found("?.png"), ["a.png", "b.png"]);
    assert_eq!(found("**/*.png"), ["[odd].png", "a.png", "b.png", "deep/d.png"]);
    assert_eq!(found("d*/*.png"), ["deep/d.png"]);
    assert_eq!(found("[odd].png"), ["[odd].png"], "it is the name of a file");
    assert_eq!(found("*.gif"), ["*.gif"], "nothing is what it will be reported as");
}

#[test]
#[cfg(unix)]
fn links_are_not_followed() {
    let folder = folder_with(&["tree/a.png", "outside/secret.png"]);
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, folder.path().join("tree").join(name)).unwrap();
    };
    link("../outside", "folder");
    link("../outside/secret.png", "file.png");
    link(".", "circle");
    let tree = folder.path().join("tree");
    assert_eq!(names(&list(std::slice::from_ref(&tree), true, None).unwrap()), ["a.png"]);
    assert_eq!(names(&list(&[tree.join("**/*.png")], false, None).unwrap()), ["a.png"]);
}

#[test]
fn a_folder_is_gone_into_only_where_that_is_asked_for() {
    let folder = folder_with(&["a.png"]);
    assert!(list(&[folder.path().to_owned()], false, None).is_err());
}
