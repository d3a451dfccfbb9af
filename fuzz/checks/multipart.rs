//! Any body is an upload or is refused; of an upload, the image is a part of the body as it was sent.
//!
//! The input is the size of the pieces in which the body arrives, a byte, and then the body, whose boundary is `B`.

use axum::http::{Request, header};

use crate::service;

pub(crate) fn check(input: &[u8]) {
    let Some((&piece, body)) = input.split_first() else { return };
    let request = Request::post("/compress?store=false")
        .header("x-api-key", service::KEY)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=B")
        .body(service::in_pieces(body, 8 * usize::from(piece) + 1))
        .expect("a request");
    let response = service::answer(request);
    let status = response.status().as_u16();
    assert!(matches!(status, 200 | 400 | 413 | 415), "{status}");
    if status == 200 {
        let image = response.body();
        assert!(image.len() as u64 <= service::MAX_UPLOAD_BYTES);
        // An empty one is for the engine to refuse.
        let is_a_part = image.is_empty() || body.windows(image.len()).any(|part| part == image);
        assert!(is_a_part, "the image is not what was sent");
    }
}
