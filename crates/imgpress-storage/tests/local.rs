//! The folder on this machine: the conformance suite, and what only a folder can get wrong.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test fail it too")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use imgpress_options::ImageFormat;
use imgpress_storage::{Blob, LocalStorage, Storage, StorageError, StorageKey, conformance};
use tempfile::TempDir;
use tokio::time::Instant;

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn picture() -> (StorageKey, Blob) {
    let blob = Blob::from(Bytes::from(vec![7; 300_000]));
    (blob.key(ImageFormat::Jpeg), blob)
}

async fn open(folder: &TempDir) -> LocalStorage {
    let base = "http://localhost:3000/".parse().unwrap();
    LocalStorage::open(folder.path().join("data"), base).await.unwrap()
}

fn place(folder: &TempDir, key: &StorageKey) -> PathBuf {
    folder.path().join("data/files").join(key.as_str())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn passes_the_conformance_suite() {
    let folder = tempfile::tempdir().unwrap();
    let storage = open(&folder).await;
    conformance::run(&storage, storage.temp_dir()).await;
    assert_eq!(names(&folder.path().join("data")), ["files", "tmp"]);
    assert!(names(storage.temp_dir()).is_empty());
}

#[tokio::test]
async fn the_public_url_is_under_files() {
    let folder = tempfile::tempdir().unwrap();
    let (key, _) = picture();
    assert_eq!(open(&folder).await.public_url(&key), format!("http://localhost:3000/files/{key}"));
}

#[tokio::test]
async fn a_duplicate_is_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let (storage, (key, blob)) = (open(&folder).await, picture());
    storage.put(&key, &blob, soon()).await.unwrap();
    let written = std::fs::File::options().write(true).open(place(&folder, &key)).unwrap();
    let long_ago = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    written.set_modified(long_ago).unwrap();
    storage.put(&key, &blob, soon()).await.unwrap();
    assert_eq!(std::fs::metadata(place(&folder, &key)).unwrap().modified().unwrap(), long_ago);
}

#[tokio::test]
async fn a_file_of_the_wrong_length_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (storage, (key, blob)) = (open(&folder).await, picture());
    storage.put(&key, &blob, soon()).await.unwrap();
    std::fs::write(place(&folder, &key), "half").unwrap();
    storage.put(&key, &blob, soon()).await.unwrap();
    assert_eq!(std::fs::read(place(&folder, &key)).unwrap().len() as u64, blob.length());
}

#[tokio::test]
async fn two_processes_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other, (key, blob)) = (open(&folder).await, open(&folder).await, picture());
    let (first, second) = tokio::join!(one.put(&key, &blob, soon()), other.put(&key, &blob, soon()));
    first.and(second).unwrap();
    let object = one.open(&key).await.unwrap().unwrap();
    assert_eq!((object.length, object.format()), (blob.length(), ImageFormat::Jpeg));
    assert_eq!(object.sha256_hex(), key.sha256_hex());
    assert!(names(one.temp_dir()).is_empty());
}

#[tokio::test]
async fn opening_clears_what_a_killed_process_left_and_nothing_younger() {
    let folder = tempfile::tempdir().unwrap();
    let temp = open(&folder).await.temp_dir().to_owned();
    let leave = |name: &str, age: u64| {
        let file = std::fs::File::create(temp.join(name)).unwrap();
        file.set_modified(std::time::SystemTime::now() - Duration::from_secs(age)).unwrap();
    };
    leave("imgpress-killed.part", 2 * 60 * 60);
    leave("imgpress-at-work.part", 60);
    leave("somebody-elses", 2 * 60 * 60);
    open(&folder).await;
    assert_eq!(names(&temp), ["imgpress-at-work.part", "somebody-elses"]);
}

#[tokio::test]
async fn a_deadline_that_is_over_stores_nothing_half() {
    let folder = tempfile::tempdir().unwrap();
    let (storage, (key, blob)) = (open(&folder).await, picture());
    let late = storage.put(&key, &blob, Instant::now()).await;
    assert!(matches!(late, Err(StorageError::Unavailable { .. })), "{late:?}");
    assert!(storage.open(&key).await.unwrap().is_none());
}

#[tokio::test]
async fn a_folder_in_the_way_of_a_key_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let (storage, (key, blob)) = (open(&folder).await, picture());
    std::fs::create_dir_all(place(&folder, &key)).unwrap();
    assert!(storage.open(&key).await.unwrap().is_none());
    assert!(matches!(storage.put(&key, &blob, soon()).await, Err(StorageError::Io { .. })));
    assert!(names(storage.temp_dir()).is_empty());
}

#[tokio::test]
async fn is_not_ready_without_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let storage = open(&folder).await;
    storage.ready().await.unwrap();
    std::fs::remove_dir(folder.path().join("data/tmp")).unwrap();
    assert!(matches!(storage.ready().await, Err(StorageError::Io { .. })));
}

#[tokio::test]
async fn a_file_for_a_folder_cannot_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data"), "a file").unwrap();
    let base = "http://localhost".parse().unwrap();
    let refused = LocalStorage::open(folder.path().join("data"), base).await;
    assert!(matches!(refused, Err(StorageError::Io { .. })));
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;

    use super::*;

    #[tokio::test]
    async fn a_link_or_a_pipe_instead_of_a_picture_is_not_served() {
        let folder = tempfile::tempdir().unwrap();
        let (storage, (key, blob)) = (open(&folder).await, picture());
        storage.put(&key, &blob, soon()).await.unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "hunter2").unwrap();
        std::fs::remove_file(place(&folder, &key)).unwrap();
        symlink(&secret, place(&folder, &key)).unwrap();
        assert!(storage.open(&key).await.unwrap().is_none());
        std::fs::remove_file(place(&folder, &key)).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            place(&folder, &key),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        let opened = tokio::time::timeout(Duration::from_secs(30), storage.open(&key)).await;
        assert!(opened.unwrap().unwrap().is_none());
    }

    #[tokio::test]
    async fn a_put_replaces_a_link_and_leaves_its_target_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (storage, (key, blob)) = (open(&folder).await, picture());
        let target = folder.path().join("target");
        std::fs::write(&target, vec![1; 300_000]).unwrap();
        std::fs::create_dir_all(place(&folder, &key).parent().unwrap()).unwrap();
        symlink(&target, place(&folder, &key)).unwrap();
        storage.put(&key, &blob, soon()).await.unwrap();
        assert!(std::fs::read(&target).unwrap() == vec![1; 300_000]);
        assert!(storage.open(&key).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_folder_of_keys_that_leads_out_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (storage, (key, blob)) = (open(&folder).await, picture());
        let outside = folder.path().join("outside");
        std::fs::create_dir(&outside).unwrap();
        symlink(&outside, place(&folder, &key).parent().unwrap()).unwrap();
        assert!(matches!(storage.put(&key, &blob, soon()).await, Err(StorageError::Io { .. })));
        assert!(names(&outside).is_empty());
        std::fs::write(outside.join(place(&folder, &key).file_name().unwrap()), "hunter2").unwrap();
        assert!(storage.open(&key).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn the_operator_may_link_the_data_folder_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("disk")).unwrap();
        symlink(folder.path().join("disk"), folder.path().join("data")).unwrap();
        let storage = open(&folder).await;
        conformance::run(&storage, storage.temp_dir()).await;
    }

    #[tokio::test]
    async fn a_read_only_folder_is_not_ready() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let storage = open(&folder).await;
        let files = folder.path().join("data/files");
        std::fs::set_permissions(&files, std::fs::Permissions::from_mode(0o555)).unwrap();
        let may_write = std::fs::write(files.join("probe"), "").is_ok();
        // The superuser may write whatever the bits say, and the store then says so.
        assert_eq!(storage.ready().await.is_ok(), may_write);
        std::fs::set_permissions(&files, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}
