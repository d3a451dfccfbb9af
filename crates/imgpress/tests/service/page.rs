//! The page for people and its files, as a browser fetches them. What it does in one is tested in `web/tests`.

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderMap;
use reqwest::{Method, Response, StatusCode};
use sha2::{Digest, Sha256};

use crate::support::{Client, Refusal, Service, body};

#[tokio::test]
async fn the_page_may_do_what_it_needs_and_no_more() {
    let service = Service::start("serve", &[]).await;
    let response = Client::of(&service).get("/").await;
    assert_eq!(response.status(), StatusCode::OK);
    let headers = response.headers().clone();
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(headers["cache-control"], "no-cache");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    let policy = headers["content-security-policy"].to_str().unwrap();
    for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "trusted-types 'none'"]
    {
        assert!(policy.split(';').any(|directive| directive == part), "{part} in {policy}");
    }
    for directive in policy.split(';') {
        // No other host, no inline code; and no `upgrade-insecure-requests`, which breaks plain HTTP on a local network.
        let (_, source) = directive.split_once(' ').unwrap();
        if directive.starts_with("style-src ") {
            continue;
        }
        assert!(["'none'", "'self'", "'script'"].contains(&source), "{directive}");
    }
    let document = String::from_utf8(body(response).await).unwrap();
    assert!(document.contains("<main>"));
    let styles = document.split("<style>").skip(1).map(|rest| rest.split_once("</style>").unwrap().0);
    let hashes = styles.map(|style| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(style))));
    let wanted = format!("style-src {}", hashes.collect::<Vec<_>>().join(" "));
    assert!(wanted.contains("'sha256-"), "no style is in the document");
    assert_eq!(policy.split(';').find(|directive| directive.starts_with("style-src ")), Some(&*wanted));
}

#[tokio::test]
async fn every_file_that_the_page_names_is_kept_for_ever_under_its_version() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let links = links(&client).await;
    assert!(links.len() > 1, "{links:?}");
    for link in &links {
        let response = client.get(&format!("/{link}")).await;
        assert_eq!(response.status(), StatusCode::OK, "{link}");
        let wanted = match link.rsplit('.').next().unwrap() {
            "js" => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(response.headers()["content-type"], wanted, "{link}");
        assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable", "{link}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff", "{link}");
        assert!(!body(response).await.is_empty(), "{link}");
    }
}

#[tokio::test]
async fn a_file_of_another_version_is_there_and_not_kept() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let response = client.get("/web/0123456789abcdef/main.js").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "no-cache");
}

#[tokio::test]
async fn what_is_no_file_of_the_page_is_404() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    for path in [
        "/web/",
        "/web/main.js",
        "/web/x/",
        "/web/x/none.js",
        "/web/x/..%2findex.html",
        "/web/x/%ff",
        "/web/x/y/main.js",
    ] {
        assert!(Refusal::read(client.get(path).await).await.is(404, "not-found"), "{path}");
    }
}

#[tokio::test]
async fn a_page_that_is_known_is_not_sent_again() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    for path in ["/".to_owned(), format!("/{}", links(&client).await[0])] {
        let first = client.get(&path).await;
        let etag = first.headers()["etag"].to_str().unwrap().to_owned();
        let again = ask(&client, &service, Method::GET, &path, &[("if-none-match", &etag)]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
        for name in ["etag", "cache-control", "vary"] {
            assert_eq!(again.headers()[name], first.headers()[name], "{path}: {name}");
        }
        assert!(body(again).await.is_empty());
        let other = ask(&client, &service, Method::GET, &path, &[("if-none-match", "\"other\"")]).await;
        assert_eq!(other.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn head_says_what_get_would() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    for coding in ["gzip", "identity"] {
        let got = ask(&client, &service, Method::GET, "/", &[("accept-encoding", coding)]).await;
        let head = ask(&client, &service, Method::HEAD, "/", &[("accept-encoding", coding)]).await;
        assert_eq!(head.status(), StatusCode::OK);
        assert_eq!(constant(head.headers()), constant(got.headers()), "{coding}");
        assert!(body(head).await.is_empty());
        assert!(!body(got).await.is_empty());
    }
    let posted = ask(&client, &service, Method::POST, "/", &[]).await;
    assert!(Refusal::read(posted).await.is(405, "method-not-allowed"));
}

#[tokio::test]
async fn who_takes_gzip_gets_the_same_page_in_fewer_bytes() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let plain = ask(&client, &service, Method::GET, "/", &[]).await;
    assert_eq!(plain.headers()["vary"], "accept-encoding");
    assert!(!plain.headers().contains_key("content-encoding"));
    let plain = body(plain).await;
    let zipped = ask(&client, &service, Method::GET, "/", &[("accept-encoding", "br, gzip")]).await;
    assert_eq!(zipped.headers()["content-encoding"], "gzip");
    let zipped = body(zipped).await;
    assert!(zipped.len() < plain.len() / 2, "{} of {}", zipped.len(), plain.len());
    let mut unzipped = Vec::new();
    flate2::read::GzDecoder::new(&*zipped).read_to_end(&mut unzipped).unwrap();
    assert_eq!(unzipped, plain);
}

#[tokio::test]
async fn the_page_needs_no_key_and_counts_against_no_limit() {
    let service = Service::start("serve", &["--rate-limit-max", "1"]).await;
    let client = Client::of(&service);
    for _ in 0..3 {
        assert_eq!(client.get("/").await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn the_page_can_be_switched_off() {
    let service = Service::start("serve", &["--page", "off"]).await;
    let client = Client::of(&service);
    for path in ["/", "/web/x/main.js"] {
        assert!(Refusal::read(client.get(path).await).await.is(404, "not-found"), "{path}");
    }
    assert_eq!(client.get("/health").await.status(), StatusCode::OK);
}

/// What the document links to on this server.
async fn links(client: &Client) -> Vec<String> {
    let document = String::from_utf8(body(client.get("/").await).await).unwrap();
    let values = document.split('"').skip(1).step_by(2);
    values.filter(|value| value.starts_with("web/")).map(str::to_owned).collect()
}

async fn ask(
    client: &Client,
    service: &Service,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> Response {
    let mut request = client.http.request(method, format!("{}{path}", service.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

/// The headers that do not differ from one answer to the next.
fn constant(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in ["date", "x-request-id"] {
        headers.remove(name);
    }
    headers
}
