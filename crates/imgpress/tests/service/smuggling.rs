//! Requests whose end two readers may see in two places: refused, or read once and the connection closed.

use crate::support::wire::{body_of, exchange, head, part, statuses};
use crate::support::{Client, Service, photo};

/// What would be a second request, if the first ended where it should not.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nhost: a\r\n\r\n";

#[tokio::test]
async fn a_length_beside_chunks_hides_no_second_request() {
    let service = Service::start("serve", &[]).await;
    let body = body_of(&[part("name=\"image\"; filename=\"a\"", b"P5\n1 1\n255\n7")]);
    for lines in [
        "content-length: 4\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 4\r\n",
    ] {
        let chunked = format!("{}{:x}\r\n", head(lines), body.len());
        let request = [chunked.as_bytes(), &body, b"\r\n0\r\n\r\n", HIDDEN.as_bytes()].concat();
        let answer = exchange(&service, &request).await;
        let statuses = statuses(&answer);
        assert!(matches!(statuses[..], [200 | 400]), "one answer, and the end: {answer}");
    }
}

#[tokio::test]
async fn heads_that_can_be_read_in_two_ways_are_refused() {
    let service = Service::start("serve", &[]).await;
    for lines in [
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: 5, 6\r\n",
        "content-length: -1\r\n",
        "content-length: +5\r\n",
        "content-length: 0x5\r\n",
        "content-length: 18446744073709551616\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
        "transfer-encoding : chunked\r\n",
        "x: one\r\n two\r\ncontent-length: 5\r\n",
        "x\r\n",
        "x: a\0b\r\n",
    ] {
        let request = format!("{}x=1\r\n{HIDDEN}", head(lines));
        let answer = exchange(&service, request.as_bytes()).await;
        assert_eq!(statuses(&answer), [400], "{lines:?}: {answer}");
    }
    Client::of(&service).receipt(photo(20, 20), &[]).await;
}

#[tokio::test]
async fn codings_that_nobody_here_undoes_are_refused() {
    let service = Service::start("serve", &[]).await;
    for lines in [
        "transfer-encoding: gzip, chunked\r\n",
        "transfer-encoding: chunked, chunked\r\n",
        "transfer-encoding: identity, chunked\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
    ] {
        let request = format!("{}0\r\n\r\n{HIDDEN}", head(lines));
        let answer = exchange(&service, request.as_bytes()).await;
        assert_eq!(statuses(&answer), [400], "{lines:?}: {answer}");
        assert!(answer.contains("\"request-malformed\""), "{answer}");
    }
    let old = head("transfer-encoding: chunked\r\n").replace("HTTP/1.1", "HTTP/1.0");
    let answer = exchange(&service, format!("{old}0\r\n\r\n{HIDDEN}").as_bytes()).await;
    assert_eq!(statuses(&answer), [400], "{answer}");
}

#[tokio::test]
async fn one_host_is_asked_for_and_no_more() {
    let both = [Service::start("serve", &[]).await, Service::start("engine", &[]).await];
    for service in &both {
        for lines in [
            "",
            "host: a\r\nhost: a\r\n",
            "host: a, b\r\n",
            "host: a b\r\n",
            "host: user@a\r\n",
            "host: a:b\r\n",
        ] {
            let request = format!("GET /health HTTP/1.1\r\n{lines}\r\n{HIDDEN}");
            let answer = exchange(service, request.as_bytes()).await;
            assert_eq!(statuses(&answer), [400], "{lines:?}: {answer}");
            assert!(answer.contains("\"request-malformed\""), "{answer}");
        }
        for (version, lines) in
            [("1.0", ""), ("1.0", "host: a\r\n"), ("1.1", "host:\r\n"), ("1.1", "host: [::1]:80\r\n")]
        {
            let request = format!("GET /health HTTP/{version}\r\n{lines}connection: close\r\n\r\n");
            let answer = exchange(service, request.as_bytes()).await;
            assert!(answer.starts_with("HTTP/1.") && answer[8..].starts_with(" 200 "), "{lines:?}: {answer}");
        }
    }
}

#[tokio::test]
async fn bad_chunks_end_the_connection() {
    let service = Service::start("serve", &[]).await;
    for chunks in
        ["zz\r\n", "-1\r\n", "10000000000000000\r\n", "5\r\nhelloXX\r\n", "5;x\n", "0x5\r\nhello\r\n"]
    {
        let request = format!("{}{chunks}{HIDDEN}", head("transfer-encoding: chunked\r\n"));
        let answer = exchange(&service, request.as_bytes()).await;
        assert!(matches!(statuses(&answer)[..], [] | [400]), "{chunks:?}: {answer}");
    }
    let extended = format!("{}5;{}", head("transfer-encoding: chunked\r\n"), "e".repeat(70_000));
    let answer = exchange(&service, extended.as_bytes()).await;
    assert!(matches!(statuses(&answer)[..], [] | [400]), "{answer}");
    Client::of(&service).receipt(photo(20, 20), &[]).await;
}

#[tokio::test]
async fn heads_without_end_are_refused() {
    let service = Service::start("serve", &[]).await;
    let lines: String = (0..3000).map(|number| format!("x{number}: y\r\n")).collect();
    for request in [
        format!("GET /health HTTP/1.1\r\nhost: a\r\n{lines}\r\n"),
        format!("GET /health HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(1 << 20)),
        format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "y".repeat(1 << 20)),
    ] {
        let answer = exchange(&service, request.as_bytes()).await;
        assert!(matches!(statuses(&answer)[..], [] | [400 | 414 | 431]), "{answer}");
    }
    assert_eq!(Client::of(&service).get("/health").await.status(), 200);
}

#[tokio::test]
async fn who_waits_to_be_told_to_go_on_is_refused_without_it() {
    let service = Service::start("serve", &[]).await;
    let head = head("connection: close\r\nexpect: 100-continue\r\ncontent-length: 1000\r\n");
    let wrong = head.replace("x-api-key: ", "x-api-key: not-");
    let answer = exchange(&service, wrong.as_bytes()).await;
    assert_eq!(statuses(&answer), [401], "{answer}");
}
