//! What is refused, with which code, and in which order.

use std::time::{Duration, Instant};

use reqwest::multipart::{Form, Part};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Client, KEY, Refusal, Service, form, photo, png_claiming, upload};

#[tokio::test]
async fn no_key_and_a_wrong_key_get_the_same_answer_before_the_body_is_read() {
    let service = Service::start("serve", &[]).await;
    let mut bodies = Vec::new();
    for key in ["", "x-api-key: wrong\r\n"] {
        // A body of 40 MiB is announced and never sent: the answer must not wait for it.
        let (status, body) = raw(
            &service,
            &format!("POST /compress HTTP/1.1\r\nhost: a\r\n{key}x-request-id: same\r\ncontent-type: multipart/form-data; boundary=B\r\ncontent-length: 41943040\r\n\r\n"),
        )
        .await;
        assert_eq!(status, 401);
        assert!(body.contains("\"unauthorized\""), "{body}");
        bodies.push(body);
    }
    assert_eq!(bodies[0], bodies[1]);
}

/// Sends a head and nothing else, and reads one answer.
async fn raw(service: &Service, head: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(service.url.trim_start_matches("http://")).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = async {
        loop {
            let mut piece = [0; 4096];
            let count = stream.read(&mut piece).await.unwrap();
            answer.extend_from_slice(&piece[..count]);
            let text = String::from_utf8_lossy(&answer).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                if body.len() >= length.parse().unwrap() {
                    return (head[9..12].parse().unwrap(), body.to_owned());
                }
            }
            assert!(count > 0, "the connection ended in the middle of an answer: {text}");
        }
    };
    tokio::time::timeout(Duration::from_secs(30), read).await.expect("an answer comes")
}

#[tokio::test]
async fn each_mistake_has_its_code() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let refused = async |form: Form| Refusal::read(client.send(form, &[]).await).await;

    let missing = refused(Form::new().text("quality", "50")).await;
    assert!(missing.is(400, "image-missing"), "{missing:?}");
    let other_name = refused(Form::new().part("photo", upload(photo(9, 9)))).await;
    assert!(other_name.is(400, "image-missing"), "{other_name:?}");
    let empty = refused(form("")).await;
    assert!(empty.is(400, "empty-body"), "{empty:?}");
    let no_bytes = client.http.post(format!("{}/compress", service.url)).header("x-api-key", KEY);
    let no_bytes =
        no_bytes.header("content-type", "multipart/form-data; boundary=B").header("content-length", "0");
    assert!(Refusal::read(no_bytes.send().await.unwrap()).await.is(400, "empty-body"));
    let text_after = refused(form(photo(9, 9)).text("quality", "50")).await;
    assert!(text_after.is(400, "option-invalid"), "{text_after:?}");
    let two = refused(form(photo(9, 9)).part("image", upload(photo(9, 9)))).await;
    assert!(two.is(400, "multipart-malformed"), "{two:?}");
    let text = refused(form("Dear Sir or Madam")).await;
    assert!(text.is(415, "format-unsupported"), "{text:?}");
    let svg = refused(form("<svg xmlns='http://www.w3.org/2000/svg'/>")).await;
    assert!(svg.is(415, "format-unsupported"), "{svg:?}");
    let labelled =
        refused(Form::new().part("image", Part::text("text").mime_str("image/png").unwrap())).await;
    assert!(labelled.is(415, "format-unsupported"), "the label is not believed: {labelled:?}");

    let json = client.http.post(format!("{}/compress", service.url)).header("x-api-key", KEY);
    let json = json.header("content-type", "application/json").body("{}").send().await.unwrap();
    assert!(Refusal::read(json).await.is(415, "not-multipart"));
    let nothing = client.http.post(format!("{}/compress", service.url)).header("x-api-key", KEY);
    assert!(Refusal::read(nothing.send().await.unwrap()).await.is(415, "not-multipart"));
}

#[tokio::test]
async fn bad_options_are_named_with_what_is_allowed() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    for (name, value, allowed) in [
        ("quality", "0", "1 to 100"),
        ("quality", "101", "1 to 100"),
        ("quality", "abc", "1 to 100"),
        ("quality", "", "1 to 100"),
        ("quality", "auto:best", "auto:high"),
        ("background", "red", "#rrggbb"),
        ("store", "maybe", "true or false"),
        ("format", "heic", "jpeg"),
        ("width", "0", "1 to 16384"),
        ("height", "100px", "1 to 16384"),
        ("fit", "fill", "scale-down, contain or cover"),
        ("max_bytes", "200KB", "200000, 200kB or 1MiB"),
        ("qualty", "80", "quality"),
    ] {
        let refusal = client.refusal(photo(9, 9), &[(name, value)]).await;
        assert!(refusal.is(400, "option-invalid"), "{name}={value}: {refusal:?}");
        assert!(refusal.message.contains(name) && refusal.message.contains(allowed), "{}", refusal.message);
    }
    let twice = client.refusal(photo(9, 9), &[("quality", "50"), ("quality", "51")]).await;
    assert!(twice.is(400, "option-invalid"), "{twice:?}");
}

#[tokio::test]
async fn broken_images_are_refused_wherever_they_are_cut() {
    let service = Service::start("serve", &["--rate-limit-max", "1000"]).await;
    let client = Client::of(&service);
    let png = photo(300, 200);
    let receipt = client.receipt(png.clone(), &[]).await;
    let jpeg = client.fetch(&receipt).await;
    for whole in [&png, &jpeg] {
        for percent in [10, 50, 99] {
            let cut = client.refusal(&whole[..whole.len() * percent / 100], &[]).await;
            assert!(cut.is(422, "image-corrupt"), "{percent} %: {cut:?}");
        }
    }
    let with_end_marker = [&jpeg[..jpeg.len() / 2], &[0xff, 0xd9]].concat();
    assert!(client.refusal(with_end_marker, &[]).await.is(422, "image-corrupt"));
    // Only its end marker is missing: the picture is complete.
    client.receipt(&jpeg[..jpeg.len() - 2], &[]).await;
}

#[tokio::test]
async fn a_bomb_is_refused_by_its_header() {
    let service = Service::start("serve", &[]).await;
    let started = Instant::now();
    let refusal = Client::of(&service).refusal(png_claiming(50_000, 50_000), &[]).await;
    assert!(refusal.is(413, "image-too-large"), "{refusal:?}");
    // Decoding it would take minutes.
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_upload_over_the_limit_is_refused_and_the_client_can_read_why() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let declared = client.refusal(vec![0; 51 << 20], &[]).await;
    assert!(declared.is(413, "upload-too-large"), "{declared:?}");
    // Without a length the limit is met while reading.
    let chunks = (0..52).map(|_| Ok::<_, std::io::Error>(vec![0_u8; 1 << 20]));
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let undeclared = client.send(Form::new().part("image", Part::stream(stream).file_name("a")), &[]).await;
    assert!(Refusal::read(undeclared).await.is(413, "upload-too-large"));
}

#[tokio::test]
async fn checks_come_in_the_promised_order() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let compress = format!("{}/compress", service.url);
    let unknown =
        Refusal::read(client.http.post(format!("{}/nowhere", service.url)).send().await.unwrap()).await;
    assert!(unknown.is(404, "not-found"));
    assert!(!unknown.headers.contains_key("x-ratelimit-limit"), "unknown routes are not counted");
    let method = Refusal::read(client.http.get(&compress).send().await.unwrap()).await;
    assert!(method.is(405, "method-not-allowed"));
    assert_eq!(method.headers["allow"], "POST");
    assert!(!method.headers.contains_key("x-ratelimit-limit"), "a wrong method is not counted");
    let all_wrong =
        client.http.post(format!("{compress}?quality=0")).header("content-type", "text/plain").body("x");
    assert!(
        Refusal::read(all_wrong.send().await.unwrap()).await.is(401, "unauthorized"),
        "the key comes first"
    );
    let typed = client.http.post(format!("{compress}?quality=0")).header("x-api-key", KEY).body("x");
    assert!(Refusal::read(typed.send().await.unwrap()).await.is(415, "not-multipart"), "then the type");
    let optioned = client.refusal("not an image", &[("quality", "0")]).await;
    assert!(optioned.is(400, "option-invalid"), "then the options, before the body");
}

#[tokio::test]
async fn every_error_carries_its_request_id() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let named = client.http.get(format!("{}/nowhere", service.url)).header("x-request-id", "abc-1");
    assert_eq!(Refusal::read(named.send().await.unwrap()).await.request_id, "abc-1");
    let evil = client.http.get(format!("{}/nowhere", service.url)).header("x-request-id", "a b\"c");
    assert_eq!(Refusal::read(evil.send().await.unwrap()).await.request_id.len(), 36, "a new one is made");
}
