use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::Stream;
use futures_util::stream::try_unfold;
use http_body_util::BodyExt;
use imgpress_engine_api::{ErrorCode, Failure};
use tokio::time::{Instant, timeout_at};

/// How long any upload may take, however small.
const UPLOAD_BASE: Duration = Duration::from_secs(30);

/// The slowest client that is served, in bytes a second: slower than that is indistinguishable from an attack
/// that holds connections open.
const SLOWEST_UPLOAD: u64 = 128 << 10;

/// The longest upload there is, whatever length it declares.
const UPLOAD_CAP: Duration = Duration::from_secs(15 * 60);

/// When an upload that starts now must have ended: 30 s, and its declared length at 128 KiB/s. In total, not
/// per chunk, which a drip of single bytes would survive.
#[must_use]
pub fn upload_deadline(content_length: Option<u64>) -> Instant {
    let transfer = Duration::from_secs(content_length.unwrap_or(0) / SLOWEST_UPLOAD);
    Instant::now() + (UPLOAD_BASE + transfer).min(UPLOAD_CAP)
}

/// A request's body as chunks. Fails with `upload-timeout` when the deadline passes first.
pub fn body_stream(
    body: Body,
    deadline: Instant,
) -> impl Stream<Item = Result<Bytes, Failure>> + Send + 'static {
    try_unfold(body, move |mut body| async move {
        loop {
            let frame = timeout_at(deadline, body.frame()).await.map_err(|_| too_slow())?;
            let Some(frame) = frame else { return Ok(None) };
            // Trailers are no data.
            if let Ok(data) = frame.map_err(broken_off)?.into_data() {
                return Ok(Some((data, body)));
            }
        }
    })
}

fn too_slow() -> Failure {
    Failure::new(ErrorCode::UploadTimeout, "The upload took too long; send it over a faster connection.")
}

/// The client went away or broke HTTP's framing; whoever is still there reads this.
fn broken_off(error: axum::Error) -> Failure {
    Failure::new(ErrorCode::MultipartMalformed, "The upload broke off before its end; send it again.")
        .caused_by(error)
}
