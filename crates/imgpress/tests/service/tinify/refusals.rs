//! What is refused, and in whose words.

use super::*;
use crate::support::{command, run};

#[tokio::test]
async fn errors_have_tinifys_words_and_a_count() {
    let service = Service::start("serve", &["--max-upload-bytes", "20kB"]).await;
    let place = location(&service, photo(40, 30)).await;
    let post = |body: Vec<u8>| request(&service, Method::POST, "/shrink").body(body);
    let json = |path: &str, json: &'static str| {
        request(&service, Method::POST, path).header("content-type", "application/json").body(json)
    };
    let url = "{\"source\":{\"url\":\"https://images.example.com/a.png\"}}";
    let streamed = reqwest::Body::wrap_stream(futures_util::stream::iter(
        (0..300).map(|_| Ok::<_, std::io::Error>(vec![0_u8; 100])),
    ));
    for (what, request, status, words) in [
        ("nothing", request(&service, Method::POST, "/shrink"), 400, "Input missing"),
        ("empty", post(Vec::new()), 400, "Input missing"),
        ("text", post(b"no image".to_vec()), 415, "Unsupported media type"),
        ("half", post(photo(90, 90)[..4000].to_vec()), 422, "Unprocessable Entity"),
        ("large", post(vec![0; 20_001]), 413, "Payload Too Large"),
        ("larger", request(&service, Method::POST, "/shrink").body(streamed), 413, "Payload Too Large"),
        ("a URL", json("/shrink", url), 400, "Source not found"),
        ("no JSON", json("/shrink", "{"), 400, "JSON validation error"),
        ("no command", json(&place, "{\"resize\":{}}"), 400, "JSON validation error"),
        ("a store", json(&place, "{\"store\":{\"service\":\"s3\"}}"), 400, "JSON validation error"),
        ("another place", json("/output/0123456789abcdef0123456789abcdef", "{}"), 404, "Not Found"),
        ("no place", json("/output/%ff", "{}"), 404, "Not Found"),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["compression-count"], "1", "{what}");
        let (found, said, message) = error(response).await;
        assert_eq!((found, said.as_str()), (status, words), "{what}: {message}");
    }
    let long = format!("{{\"{}\":1}}", "x".repeat(20_000)).into_bytes();
    let response = request(&service, Method::POST, &place).body(long).send().await.unwrap();
    assert_eq!(error(response).await.0, 413, "commands are short");
}

#[tokio::test]
async fn nobody_passes_without_a_key_and_guessing_ends_soon() {
    let service = Service::start("serve", &["--wrong-keys-max", "4"]).await;
    let client = Client::of(&service);
    let without = client.http.post(format!("{}/shrink", service.url)).body(photo(9, 9)).send().await.unwrap();
    let challenge = without.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(challenge.starts_with("Basic "), "{challenge}");
    assert!(!without.headers().contains_key("compression-count"));
    assert_eq!(error(without).await.1, "Unauthorized");
    let place = location(&service, photo(40, 30)).await;
    assert_eq!(get(&service, &format!("/keys/{KEY}")).await.status(), 200);
    for (method, path, status) in [
        (Method::POST, "/shrink", 401),
        (Method::GET, place.as_str(), 401),
        (Method::GET, "/keys/a-guess", 404),
        (Method::POST, place.as_str(), 401),
    ] {
        let response = with_key(&service, method, path, "a-guess").send().await.unwrap();
        assert_eq!(error(response).await.0, status, "{path}");
    }
    for path in ["/keys/another-guess", &format!("/keys/{KEY}"), &place] {
        let (status, words, _) = error(get(&service, path).await).await;
        assert_eq!((status, words.as_str()), (429, "Too many requests"), "{path}");
    }
}

#[tokio::test]
async fn another_method_is_refused_before_anything_else_is_looked_at() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    for (method, path, allow) in [
        (Method::GET, "/shrink", "POST"),
        (Method::DELETE, "/output/0123456789abcdef0123456789abcdef", "GET,HEAD,POST"),
        (Method::POST, "/keys/a-key", "GET,HEAD"),
    ] {
        let response = client.http.request(method, format!("{}{path}", service.url)).send().await.unwrap();
        assert_eq!(response.headers()["allow"], allow);
        assert!(!response.headers().contains_key("x-ratelimit-remaining"));
        assert_eq!(error(response).await.0, 405);
    }
}

#[tokio::test]
async fn a_url_is_fetched_only_where_an_operator_allows_its_host_and_only_from_the_public_internet() {
    let service = Service::start("serve", &["--allow-source-urls", "localhost,*.example.com"]).await;
    for url in [
        "https://localhost/a.png",
        "https://elsewhere.example/a.png",
        "https://example.com/a.png",
        "https://127.0.0.1/a.png",
        "https://[::1]/a.png",
        "https://169.254.169.254/latest/meta-data",
        "https://2130706433/a.png",
        "https://localhost:8443/a.png",
        "https://user:word@localhost/a.png",
        "http://localhost/a.png",
        "file:///etc/passwd",
        "ftp://localhost/a.png",
        "a.png",
        "",
    ] {
        let sent = json!({ "source": { "url": url } });
        let (status, words, message) =
            error(request(&service, Method::POST, "/shrink").json(&sent).send().await.unwrap()).await;
        assert_eq!((status, words.as_str()), (400, "Source not found"), "{url}: {message}");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = command(&folder);
    wrong.args(["serve", "--allow-source-urls", "https://images.example.com"]);
    let (code, _, complaint) = run(wrong).await;
    assert!(code == Some(2) && complaint.contains("IMGPRESS_ALLOW_SOURCE_URLS"), "{complaint}");
}
