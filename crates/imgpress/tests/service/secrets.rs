//! What nobody is told, whatever is logged and whatever fails: keys, names of files, and where the store is.

use imgpress_storage::test_server::{Fault, SupabaseServer};

use crate::support::{Client, KEY, Refusal, Service, form, photo};

/// All that is said at the finest level while things go well and badly.
async fn said_by(server: SupabaseServer) -> (String, String) {
    let url = server.url();
    let store = ["--supabase-url", url.as_str(), "--supabase-key", SupabaseServer::SECRET_KEY];
    let level = ["--rust-log", "trace", "--request-timeout", "2s"];
    let service = Service::start("serve", &[&store[..], &level].concat()).await;
    let client = Client::of(&service);
    let mut answers = String::new();
    client.receipt(photo(40, 30), &[]).await;
    let guess = client.http.post(format!("{}/compress", service.url)).header("x-api-key", "a-wrong-guess");
    let guess = Refusal::read(guess.multipart(form("x")).send().await.unwrap()).await;
    assert!(guess.is(401, "unauthorized"));
    server.fail_uploads(1, Fault::Reset);
    client.receipt(photo(41, 30), &[]).await;
    server.remove_bucket();
    for refusal in [client.refusal(photo(42, 30), &[]).await, client.refusal("no picture", &[]).await] {
        answers.push_str(&refusal.message);
    }
    drop(server);
    let dead = client.refusal(photo(43, 30), &[]).await;
    assert!(dead.is(500, "storage-failed"), "{dead:?}");
    answers.push_str(&dead.message);
    let unready = Refusal::read(client.get("/ready").await).await;
    answers.push_str(&unready.message);
    (service.everything_logged().await, answers)
}

#[tokio::test]
async fn no_log_line_has_a_key_or_a_file_name_and_no_answer_has_those_or_the_stores_place() {
    let server = SupabaseServer::start().await;
    let place = server.url().trim_start_matches("http://").to_owned();
    let (log, answers) = said_by(server).await;
    assert!(log.contains("storage-failed") && log.contains("TRACE"), "it was listened to: {log}");
    for secret in [KEY, "a-wrong-guess", SupabaseServer::SECRET_KEY, "etc/passwd"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
        assert!(!answers.contains(secret), "{answers}");
    }
    // An operator may read in the log where the store is; a client may not learn it.
    assert!(!answers.contains(&place), "{answers}");
}

#[tokio::test]
async fn no_answer_names_a_path_of_the_local_store() {
    let service = Service::start("serve", &["--rust-log", "trace"]).await;
    let client = Client::of(&service);
    let data = service.folder.path().join("data");
    std::fs::remove_dir_all(&data).unwrap();
    let failed = client.refusal(photo(40, 30), &[]).await;
    assert!(failed.is(500, "storage-failed"), "{failed:?}");
    let place = service.folder.path().to_string_lossy().into_owned();
    assert!(!failed.message.contains(&place));
    let log = service.everything_logged().await;
    let line = log.lines().find(|line| line.contains(&place));
    assert_eq!(line, None);
}
