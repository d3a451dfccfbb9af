//! Whatever part of a stored file is asked for, it is that part, or all of it, or a refusal.
//!
//! The input is lines: `Range`, `If-Range`, `If-None-Match`; an empty line is no header.

use axum::body::Body;
use axum::http::{Request, header};

use crate::service;

pub(crate) fn check(input: &[u8]) {
    let mut request = Request::get(service::stored_path());
    let names = [header::RANGE, header::IF_RANGE, header::IF_NONE_MATCH];
    for (name, value) in names.into_iter().zip(input.split(|&byte| byte == b'\n')) {
        if !value.is_empty() {
            request = request.header(name, value);
        }
    }
    let Ok(request) = request.body(Body::empty()) else { return };
    let response = service::answer(request);
    let (status, body, stored) = (response.status().as_u16(), response.body(), service::stored());
    let says = |name| response.headers().get(name).map(|value| value.to_str().expect("it is text"));
    match status {
        200 => assert_eq!(*body, stored),
        206 => {
            let range = says(header::CONTENT_RANGE).expect("it says which part");
            let span = range.strip_prefix("bytes ").and_then(|range| range.strip_suffix("/1000"));
            let (first, last) = span.and_then(|span| span.split_once('-')).expect("bytes FIRST-LAST/1000");
            let (first, last): (usize, usize) = (first.parse().expect("first"), last.parse().expect("last"));
            assert_eq!(*body, stored[first..=last]);
        }
        304 => assert!(body.is_empty()),
        416 => assert_eq!(says(header::CONTENT_RANGE), Some("bytes */1000")),
        other => panic!("{other}"),
    }
    if matches!(status, 200 | 206) {
        assert_eq!(says(header::CONTENT_LENGTH), Some(body.len().to_string().as_str()));
    }
}
