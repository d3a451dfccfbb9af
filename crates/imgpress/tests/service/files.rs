//! Stored pictures, as browsers and caches fetch them.

use reqwest::{Response, StatusCode};

use crate::support::{Client, Service, body, photo};

#[tokio::test]
async fn a_stored_picture_is_for_ever_and_for_every_page() {
    let (_service, client, path, picture) = stored().await;
    let response = client.get(&path).await;
    let headers = response.headers().clone();
    assert_eq!(headers["content-type"], "image/jpeg");
    assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(headers["cross-origin-resource-policy"], "cross-origin");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["accept-ranges"], "bytes");
    assert_eq!(headers["content-length"], picture.len().to_string().as_str());
    let hash = path.rsplit('/').next().unwrap().trim_end_matches(".jpg");
    assert_eq!(headers["etag"], format!("\"{hash}\"").as_str());
    assert_eq!(body(response).await, picture);
}

#[tokio::test]
async fn a_copy_that_is_known_is_not_sent_again() {
    let (service, client, path, _) = stored().await;
    let etag = client.get(&path).await.headers()["etag"].clone();
    let ask = |condition: String| {
        client.http.get(format!("{}{path}", service.url)).header("if-none-match", condition).send()
    };
    let etag = etag.to_str().unwrap();
    for condition in [etag.to_owned(), format!("\"other\", W/{etag}"), "*".to_owned()] {
        let response = ask(condition.clone()).await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{condition}");
        assert_eq!(response.headers()["etag"], etag);
        assert!(body(response).await.is_empty());
    }
    assert_eq!(ask("\"other\"".to_owned()).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_part_of_a_picture_is_that_part() {
    let (service, client, path, picture) = stored().await;
    let ask = async |range: &str, condition: Option<&str>| -> Response {
        let request = client.http.get(format!("{}{path}", service.url)).header("range", range);
        let request = if let Some(tag) = condition { request.header("if-range", tag) } else { request };
        request.send().await.unwrap()
    };
    let length = picture.len();
    for (range, start, end) in [
        ("bytes=0-0".to_owned(), 0, 1),
        ("bytes=10-19".to_owned(), 10, 20),
        (format!("bytes={}-", length - 5), length - 5, length),
        ("bytes=-7".to_owned(), length - 7, length),
        (format!("bytes=5-{}", length + 100), 5, length),
    ] {
        let response = ask(&range, None).await;
        assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(
            response.headers()["content-range"],
            format!("bytes {start}-{}/{length}", end - 1).as_str()
        );
        assert_eq!(body(response).await, picture[start..end], "{range}");
    }
    let beyond = ask(&format!("bytes={length}-"), None).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.headers()["content-range"], format!("bytes */{length}").as_str());
    for whole in ["bytes=0-1,5-6", "lines=1-2", "bytes=9-3", "bytes=-99999999"] {
        let response = ask(whole, None).await;
        assert_eq!(response.status(), StatusCode::OK, "{whole}");
        assert_eq!(body(response).await, picture, "{whole}");
    }
    assert_eq!(
        ask("bytes=0-3", Some("\"other\"")).await.status(),
        StatusCode::OK,
        "of another picture: all of this one"
    );
    let etag = client.get(&path).await.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(ask("bytes=0-3", Some(&etag)).await.status(), StatusCode::PARTIAL_CONTENT);
}

#[tokio::test]
async fn only_stored_pictures_are_served() {
    let (service, client, path, _) = stored().await;
    let data = service.folder.path().join("data");
    std::fs::write(data.join("files/secret.txt"), "secret").unwrap();
    std::fs::write(data.join("api-key"), "secret").unwrap();
    let absent = path.replace(".jpg", ".png");
    for path in [
        "/files/",
        "/files/secret.txt",
        "/files/../api-key",
        "/files/..%2fapi-key",
        "/files/%2e%2e/api-key",
        "/files/tmp",
        "/files/%ff",
        &path.to_uppercase().replace("/FILES", "/files"),
        &path.replace("/files/", "/files//"),
        &absent,
    ] {
        let response = client.get(path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(!String::from_utf8_lossy(&body(response).await).contains("secret"));
    }
    let head = client.http.head(format!("{}{path}", service.url)).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert!(head.headers()["content-length"].to_str().unwrap().parse::<u64>().unwrap() > 0);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn readers_that_stand_still_keep_no_file_open() {
    let (service, _, path, picture) = stored().await;
    let open = || std::fs::read_dir(format!("/proc/{}/fd", service.pid())).unwrap().count();
    let builder = reqwest::Client::builder().no_proxy().http2_prior_knowledge();
    let unwilling = builder.http2_initial_stream_window_size(0).build().unwrap();
    let before = open();
    let mut answers = Vec::new();
    for _ in 0..50 {
        let response = unwilling.get(format!("{}{path}", service.url)).send().await.unwrap();
        assert_eq!(response.headers()["content-length"], picture.len().to_string().as_str());
        answers.push(response);
    }
    let after = open();
    assert!(after < before + 25, "{before} and then {after}, of 50 answers");
}

async fn stored() -> (Service, Client, String, Vec<u8>) {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let receipt = client.receipt(photo(120, 80), &[]).await;
    let path = receipt["url"].as_str().unwrap().trim_start_matches(&service.url).to_owned();
    let picture = client.fetch(&receipt).await;
    (service, client, path, picture)
}
