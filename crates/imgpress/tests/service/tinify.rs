//! Tinify's API on the wire. Its own clients are run by scripts/test-clients.

mod refusals;
mod results;
mod storing;

use image::{Rgba, RgbaImage};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::metrics::value;
use crate::support::{Client, KEY, Service, body, decode_jpeg, photo, png_of, wire};

/// A request with the right key, as clients of Tinify send it.
fn request(service: &Service, method: Method, path: &str) -> RequestBuilder {
    with_key(service, method, path, KEY)
}

fn with_key(service: &Service, method: Method, path: &str, key: &str) -> RequestBuilder {
    let request = Client::of(service).http.request(method, format!("{}{path}", service.url));
    request.basic_auth("api", Some(key))
}

async fn shrink(service: &Service, image: Vec<u8>) -> Response {
    request(service, Method::POST, "/shrink").body(image).send().await.unwrap()
}

/// Where what was made of an image is.
async fn location(service: &Service, image: Vec<u8>) -> String {
    let response = shrink(service, image).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    response.headers()["location"].to_str().unwrap().to_owned()
}

async fn get(service: &Service, path: &str) -> Response {
    request(service, Method::GET, path).send().await.unwrap()
}

async fn make(service: &Service, path: &str, commands: Value) -> Response {
    request(service, Method::POST, path).json(&commands).send().await.unwrap()
}

/// The image of an answer, its type, and its size as the headers say it, which is that of its pixels.
async fn image(response: Response) -> (Vec<u8>, String, (u32, u32)) {
    let headers = response.headers().clone();
    assert_eq!(response.status(), StatusCode::OK, "{}", text(response).await);
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let size = (header("image-width").parse().unwrap(), header("image-height").parse().unwrap());
    assert!(!headers.contains_key("transfer-encoding") && !headers.contains_key("content-encoding"));
    let bytes = body(response).await;
    assert_eq!(header("content-length"), bytes.len().to_string());
    let media_type = header("content-type");
    let pixels = match media_type.as_str() {
        "image/jpeg" => {
            let decoded = decode_jpeg(&bytes);
            (decoded.width, decoded.height)
        }
        "image/avif" => size,
        _ => {
            let decoded = image::load_from_memory(&bytes).unwrap();
            (decoded.width(), decoded.height())
        }
    };
    assert_eq!(pixels, size, "{media_type}");
    assert!(media_type == "image/avif" || image::guess_format(&bytes).unwrap().to_mime_type() == media_type);
    (bytes, media_type, size)
}

async fn text(response: Response) -> String {
    String::from_utf8_lossy(&body(response).await).into_owned()
}

/// The status of an error, Tinify's words for it, and the message. The shape is that of all errors.
async fn error(response: Response) -> (u16, String, String) {
    let (status, headers) = (response.status(), response.headers().clone());
    let json: Value = response.json().await.unwrap();
    assert_eq!(json["statusCode"], status.as_u16());
    assert_eq!(headers["x-request-id"], json["requestId"].as_str().unwrap());
    let text = |name: &str| json[name].as_str().unwrap_or_else(|| panic!("{name} in {json}")).to_owned();
    assert!(!text("code").is_empty());
    (status.as_u16(), text("error"), text("message"))
}

/// Flat areas, some of them to be seen through.
fn see_through() -> Vec<u8> {
    png_of(RgbaImage::from_fn(120, 80, |x, y| match (x / 24 + y / 24) % 3 {
        0 => Rgba([240, 240, 255, 255]),
        1 => Rgba([20, 40, 160, 255]),
        _ => Rgba([0, 0, 0, 0]),
    }))
}

#[tokio::test]
async fn an_image_is_shrunk_in_its_own_format_and_fetched() {
    let engine = Service::start("engine", &[]).await;
    let gateway = Service::start("gateway", &["--engine-url", &engine.url]).await;
    let alone = Service::start("serve", &["--public-url", "https://images.example.com"]).await;
    for (service, base) in [(&gateway, gateway.url.as_str()), (&alone, "https://images.example.com")] {
        let png = photo(320, 200);
        let response = shrink(service, png.clone()).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        let headers = response.headers().clone();
        assert_eq!(headers["compression-count"], "1");
        assert!(headers.contains_key("x-ratelimit-remaining"));
        let location = headers["location"].to_str().unwrap().to_owned();
        assert!(location.starts_with("/output/"), "relative, for clients know where they are: {location}");
        let answer: Value = response.json().await.unwrap();
        let (bytes, media_type, size) = image(get(service, &location).await).await;
        assert_eq!((media_type.as_str(), size), ("image/png", (320, 200)));
        assert!(bytes.len() < png.len());
        let ratio = (bytes.len() as f64 / png.len() as f64 * 10_000.0).round() / 10_000.0;
        assert_eq!(
            answer,
            json!({
                "input": { "size": png.len(), "type": "image/png" },
                "output": { "size": bytes.len(), "type": "image/png", "width": 320, "height": 200,
                            "ratio": ratio, "url": format!("{base}{location}") }
            })
        );
        let jpeg = make(service, &location, json!({ "convert": { "type": "image/jpeg" } })).await;
        assert_eq!(jpeg.headers()["compression-count"], "2");
        let again = shrink(service, image(jpeg).await.0).await;
        let answer: Value = again.json().await.unwrap();
        assert_eq!(answer["output"]["type"], "image/jpeg");
    }
}

#[tokio::test]
async fn an_image_is_known_by_its_bytes_whatever_it_is_called_and_however_it_comes() {
    let service = Service::start("serve", &[]).await;
    for content_type in
        ["multipart/form-data; boundary=x", "multipart/form-data", "text/plain", "image/jpeg", "@"]
    {
        let request = request(&service, Method::POST, "/shrink").header("content-type", content_type);
        assert_eq!(request.body(photo(30, 20)).send().await.unwrap().status(), 201, "{content_type}");
    }
    let chunks =
        photo(60, 40).chunks(100).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>();
    let streamed = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let response = request(&service, Method::POST, "/shrink").body(streamed).send().await.unwrap();
    assert_eq!(response.status(), 201, "a client that reads a file as it sends it knows no length");
}

#[tokio::test]
async fn each_command_does_what_it_says_to_the_original() {
    let service = Service::start("serve", &[]).await;
    let place = location(&service, photo(320, 200)).await;
    for (commands, media_type, size) in [
        (json!({ "resize": { "method": "scale", "width": 160 } }), "image/png", (160, 100)),
        (json!({ "resize": { "method": "scale", "height": 50 } }), "image/png", (80, 50)),
        (json!({ "resize": { "method": "fit", "width": 100, "height": 100 } }), "image/png", (100, 63)),
        (json!({ "resize": { "method": "cover", "width": 60, "height": 90 } }), "image/png", (60, 90)),
        (json!({ "resize": { "method": "thumb", "width": 90, "height": 60 } }), "image/png", (90, 60)),
        (json!({ "resize": { "method": "scale", "width": 9000 } }), "image/png", (320, 200)),
        (json!({ "resize": { "method": "cover", "width": 9000, "height": 100 } }), "image/png", (320, 100)),
        (json!({ "convert": { "type": "image/webp" } }), "image/webp", (320, 200)),
        (
            json!({ "convert": { "type": ["image/avif"] }, "resize": { "method": "scale", "width": 32 } }),
            "image/avif",
            (32, 20),
        ),
        (
            json!({ "convert": { "type": "image/jpeg" }, "transform": { "background": "black" } }),
            "image/jpeg",
            (320, 200),
        ),
        (json!({ "preserve": ["copyright"] }), "image/png", (320, 200)),
        (json!({}), "image/png", (320, 200)),
    ] {
        let made = image(make(&service, &place, commands.clone()).await).await;
        assert_eq!((made.1.as_str(), made.2), (media_type, size), "{commands}");
        let by_get = request(&service, Method::GET, &place).json(&commands).send().await.unwrap();
        assert_eq!(image(by_get).await, made, "some clients send commands with GET");
    }
}

#[tokio::test]
async fn of_several_types_the_smallest_is_the_answer() {
    let service = Service::start("serve", &[]).await;
    let place = location(&service, photo(320, 200)).await;
    let convert = |to: Value| make(&service, &place, json!({ "convert": { "type": to } }));
    let length = async |to: &str| image(convert(json!(to)).await).await.0.len();
    let (png, webp) = (length("image/png").await, length("image/webp").await);
    assert!(webp < png);
    for types in [json!(["image/png", "image/webp"]), json!(["image/webp", "image/png"])] {
        let (bytes, media_type, _) = image(convert(types).await).await;
        assert_eq!((media_type.as_str(), bytes.len()), ("image/webp", webp));
    }
    assert!(image(convert(json!("*/*")).await).await.0.len() <= webp);
    // Of a transparent picture there is no JPEG: whatever else is allowed is taken.
    let place = location(&service, see_through()).await;
    let types = json!({ "convert": { "type": ["image/jpeg", "image/webp"] } });
    assert_eq!(image(make(&service, &place, types).await).await.1, "image/webp");
}

#[tokio::test]
async fn transparency_is_lost_only_on_a_background_that_was_named() {
    let service = Service::start("serve", &[]).await;
    let place = location(&service, see_through()).await;
    let (status, words, message) =
        error(make(&service, &place, json!({ "convert": { "type": "image/jpeg" } })).await).await;
    assert_eq!((status, words.as_str()), (400, "JSON validation error"));
    assert!(message.contains("background"), "{message}");
    for (background, expected) in [("white", [255, 255, 255]), ("black", [0; 3]), ("#c80000", [200, 0, 0])] {
        let commands =
            json!({ "convert": { "type": "image/jpeg" }, "transform": { "background": background } });
        let decoded = decode_jpeg(&image(make(&service, &place, commands).await).await.0);
        let pixel = &decoded.pixels[(12 * 120 + 60) * 3..][..3];
        let close = pixel.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) < 12);
        assert!(close, "{background}: {pixel:?}");
    }
    let opaque = location(&service, photo(40, 30)).await;
    let commands = json!({ "convert": { "type": "image/jpeg" } });
    assert_eq!(make(&service, &opaque, commands).await.status(), 200);
}

#[tokio::test]
async fn a_key_tells_its_count_and_every_request_counts_against_the_rate() {
    let service = Service::start("serve", &["--rate-limit-max", "5"]).await;
    let place = location(&service, photo(40, 30)).await;
    let told = get(&service, &format!("/keys/{KEY}")).await;
    assert_eq!(told.status(), 200);
    for (name, expected) in
        [("compression-count", "1"), ("paying-state", "paid"), ("x-ratelimit-remaining", "3")]
    {
        assert_eq!(told.headers()[name], expected, "{name}");
    }
    assert!(told.headers()["compression-count-remaining"].to_str().unwrap().parse::<i32>().unwrap() > 0);
    assert_eq!(get(&service, &place).await.headers()["x-ratelimit-remaining"], "2");
    assert_eq!(shrink(&service, Vec::new()).await.headers()["x-ratelimit-remaining"], "1");
    assert_eq!(make(&service, &place, json!({})).await.headers()["x-ratelimit-remaining"], "0");
    let (status, words, _) = error(shrink(&service, photo(9, 9)).await).await;
    assert_eq!((status, words.as_str()), (429, "Too many requests"));
}

#[tokio::test]
async fn metrics_count_by_route_and_no_label_has_an_id_or_a_key() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let png = photo(90, 60);
    let place = location(&service, png.clone()).await;
    get(&service, &place).await;
    let made = image(make(&service, &place, json!({ "convert": { "type": "image/webp" } })).await).await;
    get(&service, &format!("/keys/{KEY}")).await;
    for (method, route, status) in [
        ("POST", "/shrink", 201),
        ("GET", "/output/{id}", 200),
        ("POST", "/output/{id}", 200),
        ("GET", "/keys/{key}", 200),
    ] {
        let series = format!(
            r#"http_requests_total{{service="gateway",method="{method}",route="{route}",status="{status}"}}"#
        );
        assert_eq!(value(&client, &series).await, 1.0, "{series}");
    }
    let bytes_in = value(&client, r#"processed_bytes_total{service="gateway",direction="in"}"#).await;
    assert_eq!(
        bytes_in,
        2.0 * png.len() as f64,
        "the original was compressed twice, and fetched for nothing"
    );
    assert!(
        value(&client, r#"processed_bytes_total{service="gateway",direction="out"}"#).await
            > made.0.len() as f64
    );
    let id = place.strip_prefix("/output/").unwrap();
    let metrics = text(client.get("/metrics").await).await;
    assert!(!metrics.contains(id) && !metrics.contains(KEY));
    let log = service.everything_logged().await;
    assert!(!log.contains(id) && !log.contains(KEY), "{log}");
}

#[tokio::test]
async fn a_switch_takes_the_routes_away() {
    let service = Service::start("serve", &["--tinify", "off"]).await;
    let (status, words, _) = error(shrink(&service, photo(9, 9)).await).await;
    assert_eq!((status, words.as_str()), (404, "Not Found"));
    for path in ["/output/0123456789abcdef0123456789abcdef", &format!("/keys/{KEY}")] {
        assert_eq!(get(&service, path).await.status(), 404, "{path}");
    }
    assert!(!service.folder.path().join("data/tinify").exists());
}

#[tokio::test]
async fn bytes_are_never_chunked_and_their_length_is_said_to_old_clients_too() {
    let service = Service::start("serve", &[]).await;
    let place = location(&service, photo(90, 60)).await;
    // The right key as Basic has it: base64 of "api:a-key-for-tests".
    let key = "authorization: Basic YXBpOmEta2V5LWZvci10ZXN0cw==";
    let commands = "{\"convert\":{\"type\":\"image/webp\"}}";
    for request in [
        format!("GET {place} HTTP/1.0\r\n{key}\r\n\r\n"),
        format!("HEAD {place} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{key}\r\n\r\n"),
        format!(
            "POST {place} HTTP/1.1\r\nhost: a\r\nconnection: close\r\naccept-encoding: gzip\r\n{key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{commands}",
            commands.len()
        ),
    ] {
        let answer = wire::exchange(&service, request.as_bytes()).await.to_ascii_lowercase();
        let head = answer.split("\r\n\r\n").next().unwrap();
        assert!(head.contains(" 200 ") && head.contains("content-length: "), "{head}");
        assert!(!head.contains("transfer-encoding") && !head.contains("content-encoding"), "{head}");
    }
}
