use imgpress_options::ImageFormat;
use tempfile::TempDir;

use super::*;
use crate::ClientPrefix;

const MINUTE: Duration = Duration::from_secs(60);

fn keeper(folder: &TempDir, max_bytes: Option<u64>, max_age: Option<Duration>) -> Keeper {
    Keeper::new(folder.path().join("files"), Retention { max_bytes, max_age })
}

/// A picture of 100 bytes, so many minutes old.
fn picture(folder: &TempDir, number: u8, minutes: u32) -> PathBuf {
    let key = StorageKey::new([number; 32], ImageFormat::Jpeg);
    make(&folder.path().join("files").join(key.as_str()), minutes)
}

fn make(path: &Path, minutes: u32) -> PathBuf {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, [0; 100]).unwrap();
    File::open(path).unwrap().set_modified(SystemTime::now() - minutes * MINUTE).unwrap();
    path.to_owned()
}

fn there(paths: &[PathBuf]) -> Vec<bool> {
    paths.iter().map(|path| path.exists()).collect()
}

#[test]
fn what_is_too_old_goes_and_the_rest_stays() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [picture(&folder, 1, 61), picture(&folder, 2, 59), picture(&folder, 3, 0)];
    let swept = keeper(&folder, None, Some(60 * MINUTE)).sweep(SystemTime::now()).unwrap();
    assert_eq!(there(&paths), [false, true, true]);
    assert_eq!((swept.by_age.files, swept.by_age.bytes, swept.by_size.files, swept.left), (1, 100, 0, 200));
}

#[test]
fn the_oldest_go_where_there_is_too_much() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [7, 3, 9, 5].map(|age| picture(&folder, age, age.into()));
    let swept = keeper(&folder, Some(250), None).sweep(SystemTime::now()).unwrap();
    assert_eq!(there(&paths), [false, true, false, true]);
    assert_eq!((swept.by_size.files, swept.by_size.bytes, swept.left), (2, 200, 200));
    let again = keeper(&folder, Some(250), None).sweep(SystemTime::now()).unwrap();
    assert_eq!(again, Swept { left: 200, ..Swept::default() });
}

#[test]
fn a_picture_of_the_last_minute_stays_whatever_the_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let path = picture(&folder, 1, 0);
    let bounds = keeper(&folder, Some(1), Some(Duration::from_secs(1)));
    assert_eq!(bounds.sweep(SystemTime::now()).unwrap().left, 100);
    assert!(path.exists());
    bounds.sweep(SystemTime::now() + 2 * MINUTE).unwrap();
    assert!(!path.exists());
}

#[test]
fn pictures_of_clients_are_swept_too() {
    let folder = tempfile::tempdir().unwrap();
    let key = StorageKey::new([1; 32], ImageFormat::Png).within(&ClientPrefix::new([7; 16]));
    let path = make(&folder.path().join("files").join(key.as_str()), 100);
    keeper(&folder, None, Some(MINUTE)).sweep(SystemTime::now()).unwrap();
    assert!(!path.exists());
}

#[test]
fn what_is_no_picture_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| make(&folder.path().join(name), 1000);
    let others = [
        at("tmp/imgpress-0123.part"),
        at("files/notes.txt"),
        at("files/ab/notes.jpg"),
        at(&format!("files/ac/{}.jpg", "ab".repeat(32))),
        at("files/theirs/ab/notes.jpg"),
    ];
    let swept = keeper(&folder, Some(0), Some(MINUTE)).sweep(SystemTime::now()).unwrap();
    assert_eq!(there(&others), [true; 5]);
    assert_eq!(swept, Swept::default());
}

#[cfg(unix)]
#[test]
fn no_link_is_followed_and_none_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let target = make(&folder.path().join("outside/picture"), 1000);
    let key = StorageKey::new([1; 32], ImageFormat::Jpeg);
    let link = folder.path().join("files").join(key.as_str());
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let outside = make(
        &folder.path().join("elsewhere").join(StorageKey::new([2; 32], ImageFormat::Jpeg).as_str()),
        1000,
    );
    std::os::unix::fs::symlink(folder.path().join("elsewhere/02"), folder.path().join("files/02")).unwrap();
    keeper(&folder, Some(0), Some(MINUTE)).sweep(SystemTime::now()).unwrap();
    assert!(target.exists() && link.is_symlink() && outside.exists());
}

#[tokio::test]
async fn a_picture_that_is_stored_again_is_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let (old, path) = (picture(&folder, 1, 100), picture(&folder, 2, 100));
    let keeper = Arc::new(keeper(&folder, None, Some(60 * MINUTE)));
    assert!(keeper.renew(path.clone(), 100).await.unwrap());
    assert!(!keeper.renew(path.clone(), 99).await.unwrap(), "another length is another file");
    assert!(!keeper.renew(folder.path().join("none"), 1).await.unwrap());
    keeper.sweep(SystemTime::now()).unwrap();
    assert_eq!(there(&[old, path]), [false, true]);
}

/// A sweep that has looked at a picture before it was stored again does not take it.
#[test]
fn a_picture_that_changed_since_it_was_looked_at_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = picture(&folder, 1, 100);
    let written = SystemTime::now() - 200 * MINUTE;
    let seen = Picture { written, path: path.clone(), bytes: 100 };
    assert!(!keeper(&folder, None, Some(MINUTE)).remove(&seen, &mut Removed::default()));
    assert!(path.exists());
}
