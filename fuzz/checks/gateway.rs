//! Any request is answered, and no fault of a client's becomes one of ours: routes, methods, options, headers.
//!
//! The input is a request as HTTP/1.1 writes it, with line feeds alone. `/output/ID` is a result that is there.

use axum::http::Request;

use crate::service;

/// Pieces in which bodies arrive, in bytes.
const PIECE: usize = 61;

pub(crate) fn check(input: &[u8]) {
    let head_ends = input.windows(2).position(|pair| pair == b"\n\n").unwrap_or(input.len());
    let body = input.get(head_ends + 2..).unwrap_or_default();
    let mut lines = input[..head_ends].split(|&byte| byte == b'\n');
    let mut words = lines.next().unwrap_or_default().split(|&byte| byte == b' ');
    let (method, uri) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let uri = if uri == b"/output/ID" { service::result_path().as_bytes() } else { uri };
    let mut request = Request::builder().method(method).uri(uri);
    for line in lines {
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
        request = request.header(&line[..colon], line.get(colon + 1..).unwrap_or_default().trim_ascii());
    }
    let Ok(request) = request.body(service::in_pieces(body, PIECE)) else { return };
    let status = service::answer(request).status();
    assert!(status.as_u16() < 500, "{status}");
}
