//! `imgpress compress --in-place`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{compress, files_below, folder_with};
use crate::support::{crc32, decode_jpeg, photo, ppm_noise};

/// What each file is: its bytes, when it was changed, its permissions, and which file it is.
fn state(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime, u32, u64)> {
    let of = |name: String| {
        let (path, bytes) = (folder.join(&name), fs::read(folder.join(&name)).unwrap());
        let metadata = fs::metadata(path).unwrap();
        (name, (bytes, metadata.modified().unwrap(), metadata.mode(), metadata.ino()))
    };
    files_below(folder).into_iter().map(of).collect()
}

#[tokio::test]
async fn the_second_run_changes_nothing() {
    let folder = folder_with(&["x/a.png", "b.png"]);
    for (format, quality) in [("jpeg", "95"), ("webp", "95"), ("avif", "95"), ("webp", "40"), ("jpeg", "30")]
    {
        let name = format!("{quality}.{format}");
        let arguments = ["b.png", "-o", &name, "--format", format, "--quality", quality];
        assert_eq!(compress(&folder, &arguments).await.0, Some(0));
    }
    for options in [&[][..], &["--quality", "70"], &["--width", "64"]] {
        let arguments = [&["-r", ".", "--in-place", "--json"], options].concat();
        let before = state(folder.path());
        let (code, told, complaint) = compress(&folder, &arguments).await;
        assert_eq!(code, Some(0), "{complaint}");
        let once = state(folder.path());
        assert!(told.contains("\"compressed\"") && once != before, "{options:?}: {told}");
        for (name, (bytes, ..)) in &once {
            assert!(bytes.len() <= before[name].0.len(), "{options:?}: {name} has grown");
        }
        let (code, told, complaint) = compress(&folder, &arguments).await;
        assert_eq!(code, Some(0), "{complaint}");
        assert!(state(folder.path()) == once, "{options:?} again: {told}");
    }
}

#[tokio::test]
async fn times_and_permissions_stay_and_the_picture_does() {
    let folder = folder_with(&["b.png"]);
    assert_eq!(compress(&folder, &["b.png", "-o", "a.jpg", "--quality", "97"]).await.0, Some(0));
    let path = folder.path().join("a.jpg");
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(&path).unwrap().set_modified(then).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let before = fs::read(&path).unwrap();
    let (code, said, complaint) = compress(&folder, &["a.jpg", "--in-place", "--backup"]).await;
    assert_eq!(code, Some(0), "{said}{complaint}");
    let after = fs::read(&path).unwrap();
    let metadata = fs::metadata(&path).unwrap();
    assert!(after.len() < before.len());
    assert_eq!(decode_jpeg(&after).width, 120);
    assert_eq!((metadata.modified().unwrap(), metadata.mode() & 0o7777), (then, 0o640));
    assert_eq!(fs::read(folder.path().join("a.jpg.orig")).unwrap(), before);
    assert_eq!(compress(&folder, &["a.jpg", "--in-place", "--backup", "--quality", "20"]).await.0, Some(0));
    assert_eq!(fs::read(folder.path().join("a.jpg.orig")).unwrap(), before, "it was there");
    assert_eq!(fs::read(folder.path().join("a.jpg.orig.1")).unwrap(), after);
}

#[tokio::test]
async fn what_would_be_something_else_afterwards_stays_as_it_is() {
    let folder = folder_with(&[]);
    fs::write(folder.path().join("moving.png"), animated(&photo(64, 48))).unwrap();
    fs::write(folder.path().join("a.ppm"), ppm_noise(20, 20)).unwrap();
    let before = state(folder.path());
    let (code, said, complaint) = compress(&folder, &["-r", ".", "--in-place", "--quality", "20"]).await;
    assert_eq!(code, Some(0), "{complaint}");
    assert!(said.contains("pnm is not written") && said.contains("only the first of its pictures"), "{said}");
    assert!(state(folder.path()) == before);
}

#[tokio::test]
async fn what_cannot_be_read_stays_and_fails() {
    let folder = folder_with(&["good.png"]);
    fs::write(folder.path().join("cut.png"), &photo(64, 48)[..900]).unwrap();
    let before = state(folder.path());
    let (code, _, complaint) = compress(&folder, &["-r", ".", "--in-place"]).await;
    assert_eq!(code, Some(1));
    assert!(complaint.contains("cut.png"), "{complaint}");
    let after = state(folder.path());
    assert!(after["cut.png"] == before["cut.png"] && after.len() == 2);
    assert!(after["good.png"].0.len() < before["good.png"].0.len());
}

/// A PNG of two frames that look alike (APNG, in the third edition of PNG).
fn animated(png: &[u8]) -> Vec<u8> {
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let body = [&kind[..], data].concat();
        let (length, sum) = ((data.len() as u32).to_be_bytes(), crc32(&body).to_be_bytes());
        [&length[..], &body, &sum].concat()
    };
    let frame = |number: u32| {
        let delay = [0, 1, 0, 10, 0, 0];
        chunk(b"fcTL", &[&number.to_be_bytes()[..], &png[16..24], &[0; 8], &delay].concat())
    };
    let (mut before, mut data, mut rest) = (png[..8].to_vec(), Vec::new(), &png[8..]);
    while let Some(length) = rest.first_chunk().map(|length| u32::from_be_bytes(*length) as usize) {
        let (one, others) = rest.split_at(12 + length);
        match &one[4..8] {
            b"IDAT" => data.extend_from_slice(&one[8..8 + length]),
            b"IEND" => {}
            _ => before.extend_from_slice(one),
        }
        rest = others;
    }
    let still = [frame(0), chunk(b"IDAT", &data)].concat();
    let second = [frame(1), chunk(b"fdAT", &[&2_u32.to_be_bytes()[..], &data].concat())].concat();
    [before, chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]), still, second, chunk(b"IEND", &[])].concat()
}
