//! Limits by client, and what browsers are told.

use reqwest::StatusCode;

use crate::support::{Client, KEY, Refusal, Service, photo};

#[tokio::test]
async fn the_hundred_and_first_request_in_a_minute_is_429_with_its_headers() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    for number in 1..=100 {
        let refusal = Refusal::read(post(&client, &service, None).await).await;
        assert_eq!(refusal.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refusal.headers["x-ratelimit-limit"], "100");
        assert_eq!(refusal.headers["x-ratelimit-remaining"], (100 - number).to_string().as_str());
    }
    let over = client.refusal(photo(9, 9), &[]).await;
    assert!(over.is(429, "rate-limited"), "{over:?}");
    assert_eq!(over.headers["x-ratelimit-remaining"], "0");
    let reset: u64 = over.headers["x-ratelimit-reset"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&reset));
    assert_eq!(over.headers["retry-after"], over.headers["x-ratelimit-reset"]);
    assert!(over.message.starts_with("Rate limit exceeded, retry in "), "{}", over.message);
    assert_eq!(client.get("/health").await.status(), StatusCode::OK, "health is not counted");
}

async fn post(client: &Client, service: &Service, key: Option<&str>) -> reqwest::Response {
    let request = client.http.post(format!("{}/compress", service.url));
    let request = if let Some(key) = key { request.header("x-api-key", key) } else { request };
    request.send().await.unwrap()
}

#[tokio::test]
async fn who_guesses_keys_is_not_heard_any_more() {
    let service = Service::start("serve", &["--rate-limit-max", "1000"]).await;
    let client = Client::of(&service);
    for _ in 0..20 {
        assert_eq!(post(&client, &service, Some("guess")).await.status(), StatusCode::UNAUTHORIZED);
    }
    let refusal = Refusal::read(post(&client, &service, Some("guess")).await).await;
    assert!(refusal.is(429, "rate-limited"), "{refusal:?}");
    assert!(refusal.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_listed_proxy_speaks_for_its_clients_and_nobody_else_does() {
    let trusting =
        Service::start("serve", &["--rate-limit-max", "1", "--trusted-proxies", "127.0.0.0/8"]).await;
    let wary = Service::start("serve", &["--rate-limit-max", "1"]).await;
    for (service, second) in [(&trusting, StatusCode::UNAUTHORIZED), (&wary, StatusCode::TOO_MANY_REQUESTS)] {
        let mut statuses = Vec::new();
        for address in ["192.0.2.1", "192.0.2.2"] {
            let request = Client::of(service).http.post(format!("{}/compress", service.url));
            statuses.push(request.header("x-forwarded-for", address).send().await.unwrap().status());
        }
        assert_eq!(statuses, [StatusCode::UNAUTHORIZED, second]);
    }
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let preflight = client.http.request(reqwest::Method::OPTIONS, format!("{}/compress", service.url));
    let preflight =
        preflight.header("origin", "https://a.example").header("access-control-request-method", "POST");
    for response in [
        client.get("/health").await,
        client.get("/nowhere").await,
        client.get("/files/../../etc/passwd").await,
        post(&client, &service, None).await,
        preflight.send().await.unwrap(),
    ] {
        let headers = response.headers();
        for (name, value) in [
            (
                "content-security-policy",
                "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests",
            ),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("origin-agent-cluster", "?1"),
            ("referrer-policy", "no-referrer"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
            ("x-content-type-options", "nosniff"),
            ("x-dns-prefetch-control", "off"),
            ("x-download-options", "noopen"),
            ("x-frame-options", "SAMEORIGIN"),
            ("x-permitted-cross-domain-policies", "none"),
            ("x-xss-protection", "0"),
        ] {
            assert_eq!(headers[name], value, "{name} of {}", response.url());
        }
        assert!(headers.contains_key("x-request-id"), "{}", response.url());
        assert!(!headers.contains_key("server") && !headers.contains_key("x-powered-by"));
    }
}

#[tokio::test]
async fn pages_of_listed_origins_may_call_and_others_get_no_mark() {
    let service =
        Service::start("serve", &["--cors-origins", "https://a.example,http://localhost:5173"]).await;
    let client = Client::of(&service);
    let preflight = |origin: &'static str| {
        let request = client.http.request(reqwest::Method::OPTIONS, format!("{}/compress", service.url));
        let request = request.header("origin", origin).header("access-control-request-method", "POST");
        request.header("access-control-request-headers", "x-api-key").send()
    };
    let allowed = preflight("https://a.example").await.unwrap();
    assert_eq!(allowed.status(), StatusCode::NO_CONTENT);
    assert_eq!(allowed.headers()["access-control-allow-origin"], "https://a.example");
    assert_eq!(allowed.headers()["vary"], "Origin");
    assert!(allowed.headers()["access-control-allow-methods"].to_str().unwrap().contains("POST"));
    assert!(allowed.headers()["access-control-allow-headers"].to_str().unwrap().contains("x-api-key"));
    assert!(allowed.headers().contains_key("access-control-max-age"));
    assert!(!allowed.headers().contains_key("x-ratelimit-limit"), "preflights are not counted");
    let denied = preflight("https://evil.example").await.unwrap();
    assert_eq!(denied.status(), StatusCode::NO_CONTENT);
    assert!(!denied.headers().contains_key("access-control-allow-origin"));

    let asked = async |origin: &str| {
        let request = client.http.get(format!("{}/health", service.url)).header("origin", origin);
        request.send().await.unwrap().headers().clone()
    };
    let marked = asked("http://localhost:5173").await;
    assert_eq!(marked["access-control-allow-origin"], "http://localhost:5173");
    assert!(marked["access-control-expose-headers"].to_str().unwrap().contains("x-compression-receipt"));
    assert!(!asked("https://evil.example").await.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn keys_of_a_file_open_the_door_by_their_hashes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let hash: String =
        <sha2::Sha256 as sha2::Digest>::digest(KEY).iter().map(|byte| format!("{byte:02x}")).collect();
    std::fs::write(&path, format!("# one a line\nweb:{hash}\n")).unwrap();
    let service = Service::start_with("serve", &["--api-keys-file", path.to_str().unwrap()]).await;
    Client::of(&service).receipt(photo(20, 20), &[]).await;
}
