use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use headers::{ETag, HeaderMapExt};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use imgpress_engine_api::{ErrorCode, Failure};
use imgpress_http::Error;

use super::conditions;
use crate::AppState;
use crate::page::{PageFile, PageFiles};

/// What the page does and nothing else: its own scripts and requests to its own server, and the styles that it came
/// with. Pictures are drawn on canvases, from bytes, so that no image source but the icon's is needed. No
/// `upgrade-insecure-requests`: it breaks a page served over plain HTTP.
fn policy(style_sources: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none';script-src 'self';style-src {style_sources};img-src 'self';connect-src 'self';\
         base-uri 'none';form-action 'none';frame-ancestors 'none';require-trusted-types-for 'script';\
         trusted-types 'none'"
    );
    // Base64 is legal in a header; if it were not, nothing of the page would be shown or run.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// The version in the URL is a hash of what is behind it.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Asked for again each time, and not sent again if it is the same.
const REVALIDATED: HeaderValue = HeaderValue::from_static("no-cache");

/// `GET /` and `GET /web/{version}/{name}`: the page for people and its files.
pub(crate) fn routes(page: PageFiles) -> Router<AppState> {
    let policy = policy(&page.style_sources);
    Router::new()
        .route("/", get(move |page, request| show_page(page, request, policy)))
        .route("/web/{version}/{name}", get(get_page_file))
        .with_state(Arc::new(page))
}

async fn show_page(
    State(page): State<Arc<PageFiles>>,
    request: HeaderMap,
    policy: HeaderValue,
) -> Result<Response, Error> {
    let mut response = send(&page.document, &request)?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response.headers_mut().insert(header::CACHE_CONTROL, REVALIDATED);
    Ok(response)
}

/// A file of any version is the one that is here: behind a load balancer, while a new version is rolled out, the
/// document may come from one gateway and a file from another. Only under its own version it is kept.
async fn get_page_file(
    State(page): State<Arc<PageFiles>>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: HeaderMap,
) -> Result<Response, Error> {
    let no_such_file = || Failure::new(ErrorCode::NotFound, "There is no such file.");
    let Path((version, name)) = path.map_err(|_| no_such_file())?;
    let file = page.get(&name).ok_or_else(no_such_file)?;
    let mut response = send(file, &request)?;
    let caching = if version == page.version { FOREVER } else { REVALIDATED };
    response.headers_mut().insert(header::CACHE_CONTROL, caching);
    Ok(response)
}

fn send(file: &PageFile, request: &HeaderMap) -> Result<Response, Failure> {
    let tag = format!("\"{}\"", file.hash);
    // Weak, because it names both forms.
    let etag: ETag = format!("W/{tag}").parse().map_err(|_| Failure::internal("a hash is no entity tag"))?;
    let mut response = if conditions::is_held(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        content(file, request)
    };
    response.headers_mut().typed_insert(etag);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    Ok(response)
}

fn content(file: &PageFile, request: &HeaderMap) -> Response {
    let zipped = accepts_gzip(request);
    let body = if zipped { &file.gzip } else { &file.plain };
    let mut response =
        ([(header::CONTENT_TYPE, file.content_type)], Body::from(body.clone())).into_response();
    if zipped {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Whether gzip is named as a coding that is wanted at all (RFC 9110, 12.5.3).
fn accepts_gzip(request: &HeaderMap) -> bool {
    let values = request.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0);
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_who_names_it() {
        let accepts = |value| accepts_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, value)]));
        for yes in ["gzip", "br, gzip", "deflate, GZIP;q=0.5, br"] {
            assert!(accepts(HeaderValue::from_static(yes)), "{yes}");
        }
        for no in ["", "br", "identity", "gzip;q=0", "gzip; q=0.000", "xgzip"] {
            assert!(!accepts(HeaderValue::from_static(no)), "{no}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
