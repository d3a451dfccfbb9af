use axum::response::{Html, IntoResponse};
use http::header;

/// Nothing is loaded and nothing runs. No `upgrade-insecure-requests`: it breaks a page served over plain HTTP.
const POLICY: &str =
    "default-src 'none';style-src 'unsafe-inline';base-uri 'none';form-action 'none';frame-ancestors 'self'";

/// `GET /`: says what this is and how to use it.
pub(crate) async fn show_home() -> impl IntoResponse {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(include_str!("home.html")))
}
