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

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, TryStreamExt, stream};

    use super::*;

    /// A client that sends a byte every ten seconds, for ever.
    fn drip() -> Body {
        Body::from_stream(stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b".")), ()))
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_drip_ends_at_the_deadline_however_often_it_drips() {
        let started = Instant::now();
        let read: Vec<_> = body_stream(drip(), upload_deadline(Some(1 << 20))).collect().await;
        let Some(Err(failure)) = read.last() else { panic!("it never ends by itself") };
        assert_eq!(failure.code(), ErrorCode::UploadTimeout);
        assert_eq!(started.elapsed().as_secs(), 38, "30 s, and 1 MiB at 128 KiB/s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_declared_length_buys_time_in_proportion_and_not_for_ever() {
        let allowed = |length| (upload_deadline(length) - Instant::now()).as_secs();
        assert_eq!(allowed(None), 30);
        assert_eq!(allowed(Some(50 << 20)), 30 + 400);
        assert_eq!(allowed(Some(u64::MAX)), 15 * 60);
    }

    #[tokio::test]
    async fn data_arrives_as_it_was_sent() {
        let chunks: Vec<Bytes> =
            body_stream(Body::from("all of it"), upload_deadline(None)).try_collect().await.unwrap();
        assert_eq!(chunks.concat(), b"all of it");
    }
}
