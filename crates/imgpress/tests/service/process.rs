//! Starting: what is configured, what is refused, what is said.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::{Client, KEY, Service, command, photo, run};

/// Runs the binary to its end with these arguments and variables.
async fn refused(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(&folder);
    command.args(arguments).envs(variables.iter().copied());
    let (code, _, complaint) = run(command).await;
    assert_eq!(code, Some(2), "{arguments:?} {variables:?}: {complaint}");
    complaint
}

#[tokio::test]
async fn a_bad_value_stops_the_start_with_one_line_that_says_all() {
    for (variable, value, flag) in [
        ("IMGPRESS_LISTEN", "nowhere", "--listen"),
        ("IMGPRESS_WORKERS", "0", "--workers"),
        ("IMGPRESS_WORKERS", "many", "--workers"),
        ("IMGPRESS_MAX_UPLOAD_BYTES", "big", "--max-upload-bytes"),
        ("IMGPRESS_MAX_PIXELS", "-1", "--max-pixels"),
        ("IMGPRESS_MAX_SIDE", "0", "--max-side"),
        ("IMGPRESS_MAX_FRAMES", "0", "--max-frames"),
        ("IMGPRESS_MAX_FRAME_PIXELS", "0 MP", "--max-frame-pixels"),
        ("IMGPRESS_RATE_LIMIT_MAX", "0", "--rate-limit-max"),
        ("IMGPRESS_RATE_LIMIT_WINDOW", "0s", "--rate-limit-window"),
        ("IMGPRESS_REQUEST_TIMEOUT", "30", "--request-timeout"),
        ("IMGPRESS_TRUSTED_PROXIES", "proxy", "--trusted-proxies"),
        ("IMGPRESS_CORS_ORIGINS", "a.example", "--cors-origins"),
        ("IMGPRESS_PUBLIC_URL", "ftp://a", "--public-url"),
        ("IMGPRESS_LOG_FORMAT", "xml", "--log-format"),
        ("IMGPRESS_STORAGE", "ftp", "--storage"),
        ("IMGPRESS_S3_BUCKET", "a/b", "--s3-bucket"),
        ("IMGPRESS_S3_ENDPOINT", "minio:9000", "--s3-endpoint"),
        ("AWS_REGION", "eu/west", "--aws-region"),
        ("SUPABASE_BUCKET", "a/b", "--supabase-bucket"),
    ] {
        let complaint = refused(&["serve"], &[(variable, value)]).await;
        assert_eq!(complaint.lines().count(), 1, "{complaint}");
        for part in [flag, variable, &format!("{value:?}")] {
            assert!(complaint.contains(part), "{part} in {complaint}");
        }
    }
}

#[tokio::test]
async fn secrets_are_never_repeated() {
    let complaint = refused(&["serve"], &[("IMGPRESS_API_KEYS", "no-name-but-s3cret")]).await;
    assert!(complaint.contains("IMGPRESS_API_KEYS") && !complaint.contains("s3cret"), "{complaint}");
    let folder = tempfile::tempdir().unwrap();
    let mut help = command(&folder);
    help.args(["serve", "--help"]).env("IMGPRESS_API_KEYS", "web=s3cret").env("SUPABASE_KEY", "s3cret");
    help.env("AWS_SECRET_ACCESS_KEY", "s3cret").env("AWS_SESSION_TOKEN", "s3cret");
    let (code, text, _) = run(help).await;
    assert_eq!(code, Some(0));
    assert!(text.contains("IMGPRESS_API_KEYS") && !text.contains("s3cret"), "{text}");
}

#[tokio::test]
async fn a_public_address_takes_keys() {
    let complaint = refused(&["serve", "--listen", "0.0.0.0:0"], &[]).await;
    assert!(
        complaint.contains("IMGPRESS_API_KEYS") && complaint.contains("IMGPRESS_API_KEYS_FILE"),
        "{complaint}"
    );
    let generated = tempfile::tempdir().unwrap();
    std::fs::create_dir(generated.path().join("data")).unwrap();
    std::fs::write(generated.path().join("data/api-key"), "generated-earlier\n").unwrap();
    let mut again = command(&generated);
    again.args(["gateway", "--listen", "[::]:0", "--engine-url", "http://127.0.0.1:1"]);
    assert_eq!(run(again).await.0, Some(2), "a generated key never allows a public listen");
}

#[tokio::test]
async fn a_gateway_needs_its_engine_and_a_store_its_keys() {
    assert!(refused(&["gateway"], &[]).await.contains("--engine-url"));
    refused(&["gateway"], &[("IMGPRESS_ENGINE_URL", "engine:8000")]).await;
    let complaint = refused(&["serve", "--listen", "127.0.0.1:0"], &[("IMGPRESS_STORAGE", "supabase")]).await;
    assert!(complaint.contains("SUPABASE_URL"), "{complaint}");
    let complaint = refused(
        &["serve", "--listen", "127.0.0.1:0"],
        &[("IMGPRESS_S3_BUCKET", "images"), ("AWS_ACCESS_KEY_ID", "AKIA")],
    )
    .await;
    assert!(complaint.contains("AWS_SECRET_ACCESS_KEY is not set"), "{complaint}");
}

#[tokio::test]
async fn the_first_start_makes_a_key_and_says_how_to_use_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut keys = Vec::new();
    for _ in 0..2 {
        let mut serve = command(&folder);
        serve.args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = serve.spawn().unwrap();
        let mut banner = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = loop {
            let line = banner.next_line().await.unwrap().expect("a curl line comes");
            if line.trim_start().starts_with("curl ") {
                break line;
            }
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        let key =
            words.iter().find_map(|word| word.strip_suffix('\'').filter(|key| key.len() == 64)).unwrap();
        let url = words.last().unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let form = crate::support::form(photo(30, 30));
        let request = client.post(*url).header("x-api-key", key).multipart(form);
        assert_eq!(request.send().await.unwrap().status(), 200, "the line can be pasted as it is");
        assert_eq!(std::fs::read_to_string(folder.path().join("data/api-key")).unwrap(), format!("{key}\n"));
        keys.push(key.to_owned());
        child.kill().await.unwrap();
    }
    assert_eq!(keys[0], keys[1], "and the next start uses the same");
}

#[tokio::test]
async fn an_env_file_is_read_and_does_not_override_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let file =
        "IMGPRESS_LISTEN=127.0.0.1:0\nIMGPRESS_WORKERS=none\nIMGPRESS_QUEUE=\nIMGPRESS_METRICS_LISTEN=\n";
    std::fs::write(folder.path().join(".env"), file).unwrap();
    let mut from_file = command(&folder);
    from_file.arg("serve");
    let (code, _, complaint) = run(from_file).await;
    assert!(code == Some(2) && complaint.contains("IMGPRESS_WORKERS"), "{complaint}");

    let mut overridden = command(&folder);
    overridden.arg("serve").env("IMGPRESS_WORKERS", "1").env("IMGPRESS_API_KEYS", format!("test={KEY}"));
    let mut child = overridden.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut log = BufReader::new(child.stdout.take().unwrap()).lines();
    loop {
        let line = log.next_line().await.unwrap().expect("it starts: a variable set to nothing is not set");
        if line.contains("listening") {
            break;
        }
    }
}

#[tokio::test]
async fn a_health_check_tells_by_its_exit_code() {
    let service = Service::start("serve", &[]).await;
    let folder = tempfile::tempdir().unwrap();
    for (path, expected) in [("/health", 0), ("/ready", 0), ("/nowhere", 1)] {
        let mut check = command(&folder);
        check.arg("healthcheck").arg(format!("{}{path}", service.url));
        assert_eq!(run(check).await.0, Some(expected), "{path}");
    }
    let mut by_address = command(&folder);
    by_address.arg("healthcheck").env("IMGPRESS_LISTEN", service.url.trim_start_matches("http://"));
    assert_eq!(run(by_address).await.0, Some(0));
    let mut nobody = command(&folder);
    nobody.args(["healthcheck", "http://127.0.0.1:1/health"]);
    assert_eq!(run(nobody).await.0, Some(1));
    Client::of(&service).receipt(photo(10, 10), &[]).await;
}
