//! What hyper lets through of a request's head, though another reader in front of this one may read it in another way: a
//! proxy that goes by another host, or that ends the body in another place.
//!
//! A length beside chunks is hyper's: it goes by the chunks, as RFC 9112 (6.3) has it, takes the length out before
//! anybody here sees it, and closes after the answer, so that nothing behind the body is read as a request.
//! `Transfer-Encoding` in HTTP/1.0, or with another coding at its end, it refuses itself, without a body.

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use imgpress_engine_api::{ErrorCode, Failure};

use crate::Error;

/// Refuses heads that can be read in two ways, and closes: where the next request begins is in doubt as well.
pub(crate) async fn refuse_ambiguous(request: Request, next: Next) -> Response {
    match fault(request.version(), request.headers()) {
        None => next.run(request).await,
        Some(message) => {
            let mut response = Error(Failure::new(ErrorCode::RequestMalformed, message)).into_response();
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            response
        }
    }
}

/// RFC 9112, 3.2 and 6.1. HTTP/2 has its own host and its own framing, and refuses what is wrong with them.
fn fault(version: Version, headers: &HeaderMap) -> Option<&'static str> {
    if version >= Version::HTTP_2 {
        return None;
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if version >= Version::HTTP_11 => {
            return Some("The request names no host; send one Host header.");
        }
        (Some(_), Some(_)) => return Some("The request has more than one Host header; send one."),
        (Some(host), None) if !is_host(host.as_bytes()) => {
            return Some(
                "The Host header is no host; send a name or an address, and a port if there is one.",
            );
        }
        _ => {}
    }
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let understood = match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    };
    (!understood).then_some("The only transfer coding that is understood here is chunked, once.")
}

/// Whether it is a host, with or without a port. An empty one is that of a URI without any.
fn is_host(value: &[u8]) -> bool {
    if value.is_empty() {
        return true;
    }
    let Ok(authority) = Authority::try_from(value) else {
        return false;
    };
    // A user's name in front is an authority's, and not a host's.
    let Some(port) = authority.as_str().strip_prefix(authority.host()) else {
        return false;
    };
    !authority.host().is_empty() && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

fn is_port(digits: &str) -> bool {
    digits.is_empty() || digits.bytes().all(|digit| digit.is_ascii_digit()) && digits.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_and_addresses_with_and_without_ports() {
        for host in [
            "",
            "a",
            "a.example:8080",
            "my_service:80",
            "127.0.0.1",
            "[::1]:65535",
            "a:",
            "xn--bcher-kva.example",
        ] {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        for host in
            ["a b", "a/b", "user@a", "a@", ":80", "a:b", "a:65536", "a:+1", "a:1:2", "[::1", "a\\b", "\u{e9}"]
        {
            assert!(!is_host(host.as_bytes()), "{host}");
        }
    }
}
