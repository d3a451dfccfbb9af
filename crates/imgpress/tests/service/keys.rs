//! `imgpress keys`, and what running services make of it.

use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::{Client, KEY, Service, command, form, photo, run};

/// Longer than a change takes to be seen; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(30);

async fn keys(folder: &TempDir, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut keys = command(folder);
    keys.arg("keys").args(arguments);
    run(keys).await
}

async fn new_key(folder: &TempDir, arguments: &[&str]) -> String {
    let (code, key, complaint) = keys(folder, &[&["new"], arguments].concat()).await;
    assert_eq!(code, Some(0), "{complaint}");
    assert!(key.starts_with("imgpress_") && key.ends_with('\n') && key.len() == 9 + 64 + 1, "{key}");
    key.trim().to_owned()
}

async fn status(service: &Service, key: &str) -> u16 {
    let request = Client::of(service).http.post(format!("{}/compress", service.url)).header("x-api-key", key);
    request.multipart(form(photo(8, 8))).send().await.unwrap().status().as_u16()
}

/// Asks until the answer is as wanted: the file is looked at once a second.
async fn comes_to(service: &Service, key: &str, wanted: u16) {
    let started = Instant::now();
    while status(service, key).await != wanted {
        assert!(started.elapsed() < PATIENCE, "never {wanted}");
    }
}

/// So that asking until it works is no guessing.
const UNLIMITED: [&str; 4] = ["--rate-limit-max", "1000000", "--wrong-keys-max", "1000000"];

#[tokio::test]
async fn a_running_service_takes_a_new_key_and_refuses_a_revoked_one() {
    let service = Service::start_with("serve", &UNLIMITED).await;
    let generated = std::fs::read_to_string(service.folder.path().join("data/api-key")).unwrap();
    let key = new_key(&service.folder, &["shop"]).await;
    comes_to(&service, &key, 200).await;
    assert_eq!(status(&service, generated.trim()).await, 200, "the key of the first start holds too");
    assert_eq!(keys(&service.folder, &["revoke", "shop"]).await.0, Some(0));
    comes_to(&service, &key, 401).await;
    assert_eq!(status(&service, generated.trim()).await, 200);
}

#[tokio::test]
async fn a_gateway_with_keys_of_its_own_and_a_file_takes_both() {
    let engine = Service::start("engine", &[]).await;
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("keys");
    let file = file.to_str().unwrap();
    let first = new_key(&place, &["first", "--api-keys-file", file]).await;
    let arguments = ["--engine-url", &engine.url, "--api-keys-file", file];
    let gateway = Service::start("gateway", &[&arguments, &UNLIMITED[..]].concat()).await;
    let second = new_key(&place, &["--api-keys-file", file, "second"]).await;
    comes_to(&gateway, &second, 200).await;
    for key in [&first, &second, KEY] {
        assert_eq!(status(&gateway, key).await, 200);
    }
}

/// An address that no machine has (RFC 5737) tells who would have listened from who refused to.
#[tokio::test]
async fn a_public_address_is_listened_on_once_there_is_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let serve = async || {
        let mut serve = command(&folder);
        serve.args(["serve", "--listen", "192.0.2.1:0"]);
        run(serve).await
    };
    let (code, _, complaint) = serve().await;
    assert!(code == Some(2) && complaint.contains("imgpress keys"), "{complaint}");
    new_key(&folder, &["shop"]).await;
    let (code, _, complaint) = serve().await;
    assert!(code == Some(1) && complaint.contains("cannot listen"), "{complaint}");
    assert!(!folder.path().join("data/api-key").exists(), "no key was made");
}

#[tokio::test]
async fn the_file_keeps_its_comments_its_order_and_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    new_key(&folder, &["shop"]).await;
    let path = folder.path().join("data/api-keys");
    assert_eq!(mode(&path), 0o600);
    let made = std::fs::read_to_string(&path).unwrap();
    let text = format!("# the shop\n{made}\n# the blog\nblog:{}\n", "a".repeat(64));
    std::fs::write(&path, &text).unwrap();
    set_mode(&path, 0o640);
    let key = new_key(&folder, &["app"]).await;
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written.starts_with(&text) && !written.contains(&key), "{written}");
    assert_eq!(mode(&path), 0o640);
    let (code, names, _) = keys(&folder, &["list"]).await;
    assert_eq!((code, names.as_str()), (Some(0), "shop\nblog\napp\n"));
    assert_eq!(keys(&folder, &["revoke", "app"]).await.0, Some(0));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    let left = std::fs::read_dir(folder.path().join("data")).unwrap().count();
    assert_eq!(left, 1, "no temporary file is left");
}

#[tokio::test]
async fn what_cannot_be_done_changes_nothing_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/api-keys");
    assert_eq!(keys(&folder, &["list"]).await, (Some(0), String::new(), String::new()));
    assert_eq!(keys(&folder, &["revoke", "shop"]).await.0, Some(1));
    new_key(&folder, &["shop"]).await;
    let before = std::fs::read(&path).unwrap();
    for (arguments, code, word) in [
        (&["new", "shop"][..], 1, "shop"),
        (&["revoke", "blog"], 1, "blog"),
        (&["new", "a b"], 2, "NAME"),
        (&["new", "a:b"], 2, "NAME"),
        (&["new"], 2, "NAME"),
        (&["rotate", "shop"], 2, "rotate"),
        (&[], 2, "keys"),
        (&["new", "blog", "--api-keys-file", "nowhere/keys"], 1, "nowhere"),
    ] {
        let (found, said, complaint) = keys(&folder, arguments).await;
        assert_eq!((found, said.as_str()), (Some(code), ""), "{arguments:?}: {complaint}");
        assert!(complaint.contains(word), "{arguments:?}: {complaint}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
    std::fs::write(&path, "no list of keys\n").unwrap();
    let (code, _, complaint) = keys(&folder, &["new", "blog"]).await;
    assert!(code == Some(2) && complaint.contains("line 1"), "{complaint}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "no list of keys\n");
}

#[tokio::test]
async fn keys_that_are_made_at_the_same_moment_are_all_there() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..8).map(|number| format!("key-{number}")).collect();
    let made = names.iter().map(|name| async { new_key(&folder, &[name.as_str()]).await });
    let made: std::collections::HashSet<String> =
        futures_util::future::join_all(made).await.into_iter().collect();
    assert_eq!(made.len(), names.len());
    let (_, listed, _) = keys(&folder, &["list"]).await;
    let mut listed: Vec<&str> = listed.lines().collect();
    listed.sort_unstable();
    assert_eq!(listed, names);
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
