//! The document of the API and the page that shows it. That the document says what the service does is for
//! `scripts/test-api`.

use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{Client, Service, body};

#[tokio::test]
async fn the_document_names_every_error_of_an_upload() {
    let service = Service::start("serve", &[]).await;
    let response = Client::of(&service).get("/openapi.json").await;
    assert_eq!(response.headers()["content-type"], "application/json");
    let document: Value = serde_json::from_slice(&body(response).await).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let responses = &document["paths"]["/compress"]["post"]["responses"];
    for (status, code) in [("401", "unauthorized"), ("422", "image-corrupt"), ("503", "overloaded")] {
        let said = responses[status]["description"].as_str().unwrap();
        assert!(said.contains(&format!("`{code}`")), "{status}: {said}");
    }
    assert!(responses["429"]["headers"].get("retry-after").is_some());
}

#[tokio::test]
async fn the_document_is_shown_by_files_of_this_service_alone() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    for name in ["", "swagger-initializer.js", "swagger-ui-bundle.js", "swagger-ui.css"] {
        let response = client.get(&format!("/docs/{name}")).await;
        assert_eq!(response.status(), StatusCode::OK, "{name}");
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(!policy.contains("http"), "{policy}");
        assert!(policy.contains("script-src 'self'") && policy.contains("connect-src 'self'"), "{policy}");
    }
    let initializer =
        String::from_utf8(body(client.get("/docs/swagger-initializer.js").await).await).unwrap();
    assert!(initializer.contains("../openapi.json"), "{initializer}");
    assert_eq!(client.get("/docs/none.js").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn without_a_page_there_is_the_document_and_nothing_that_shows_it() {
    let service = Service::start("serve", &["--page", "off"]).await;
    let client = Client::of(&service);
    assert_eq!(client.get("/openapi.json").await.status(), StatusCode::OK);
    assert_eq!(client.get("/docs/").await.status(), StatusCode::NOT_FOUND);
}
