//! Reads what an engine answers, and believes none of it unchecked.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use http::header::RETRY_AFTER;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::{Instant, timeout, timeout_at};

use crate::wire::{self, ErrorBody};
use crate::{ErrorCode, Failure, Receipt};

/// Error bodies are a few hundred bytes.
const MOST_ERROR_BYTES: usize = 16 << 10;

/// How long an answer that has begun may stand still.
const STALL_TIMEOUT: Duration = Duration::from_secs(10);

/// What to advise where the engine advises nothing.
const RETRY: Duration = Duration::from_secs(1);

/// More than that is no advice.
const LONGEST_RETRY_SECONDS: u64 = 3600;

/// The receipt of an answer whose body is to come, or the failure that it stands for.
pub(super) async fn read(answer: Response<Incoming>) -> Result<(Receipt, Incoming), Failure> {
    if answer.status() != StatusCode::OK {
        return Err(refusal(answer).await);
    }
    let receipt = receipt(answer.headers()).map_err(Failure::engine_failed)?;
    if answer.body().size_hint().exact() != Some(receipt.bytes) || receipt.bytes == 0 {
        return Err(Failure::engine_failed("the engine's receipt and answer differ in length"));
    }
    Ok((receipt, answer.into_body()))
}

/// A body chunk by chunk. Fails where it breaks off or stands still.
pub(super) fn chunks(body: Incoming) -> impl Stream<Item = Result<Bytes, Failure>> + Send + 'static {
    stream::try_unfold(body, |mut body| async move {
        Ok(timeout(STALL_TIMEOUT, chunk(&mut body))
            .await
            .map_err(unavailable)?
            .map_err(unavailable)?
            .map(|chunk| (chunk, body)))
    })
}

/// The failure behind an answer that is none of success.
pub(super) async fn refusal(answer: Response<Incoming>) -> Failure {
    let status = answer.status();
    let retry_after = retry_after(answer.headers());
    let body = capped(answer.into_body()).await;
    match serde_json::from_slice::<ErrorBody>(&body) {
        Ok(error) if error.code.status() == status && passes_on(error.code) => {
            let failure = Failure::new(error.code, error.message);
            if status == StatusCode::SERVICE_UNAVAILABLE { failure.retry_after(retry_after) } else { failure }
        }
        Ok(error) => Failure::engine_failed(format!("the engine answered {status} {}", error.code)),
        // Whatever stands in front of the engine found it gone.
        Err(_) if matches!(status.as_u16(), 502..=504) => {
            unavailable(format!("{status} in front of the engine"))
        }
        Err(error) => Failure::engine_failed(format!("the engine answered {status} and no reason: {error}")),
    }
}

/// The engine cannot be reached, or was lost before it had answered.
pub(super) fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Failure {
    Failure::new(ErrorCode::EngineUnavailable, "The compression engine cannot be reached; please try again.")
        .caused_by(cause)
        .retry_after(RETRY)
}

/// What is the client's or the machine's to know. The rest is a fault between the two services.
fn passes_on(code: ErrorCode) -> bool {
    use ErrorCode as Code;
    matches!(
        code,
        Code::EmptyBody
            | Code::OptionInvalid
            | Code::UploadTimeout
            | Code::UploadTooLarge
            | Code::ImageTooLarge
            | Code::FormatUnsupported
            | Code::ImageCorrupt
            | Code::TargetUnreachable
            | Code::Overloaded
            | Code::Draining
            | Code::DeadlineExceeded
    )
}

fn receipt(headers: &HeaderMap) -> Result<Receipt, Box<dyn Error + Send + Sync>> {
    let header = headers.get(wire::RECEIPT).ok_or("the engine's answer has no receipt")?;
    let receipt: Receipt = serde_json::from_slice(header.as_bytes())?;
    // The media type decides what a browser makes of the bytes: it is never the engine's free choice.
    if receipt.content_type != receipt.format.content_type() {
        return Err("the engine's receipt names a media type that is not its format's".into());
    }
    Ok(receipt)
}

fn retry_after(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    seconds.map_or(RETRY, |seconds: u64| Duration::from_secs(seconds.min(LONGEST_RETRY_SECONDS)))
}

/// The next of a body's chunks.
async fn chunk<B: Body<Data = Bytes> + Unpin>(body: &mut B) -> Result<Option<Bytes>, B::Error> {
    while let Some(frame) = body.frame().await {
        // Trailers are no data.
        if let Ok(data) = frame?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// The beginning of a body that should be short; what comes late, past the cap or broken is lost.
async fn capped<B: Body<Data = Bytes> + Unpin>(mut body: B) -> Vec<u8> {
    let deadline = Instant::now() + STALL_TIMEOUT;
    let mut read = Vec::new();
    while let Ok(Ok(Some(chunk))) = timeout_at(deadline, chunk(&mut body)).await {
        let room = MOST_ERROR_BYTES - read.len();
        read.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if read.len() == MOST_ERROR_BYTES {
            break;
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_of_an_error_body_is_kept_than_the_cap() {
        let body = http_body_util::Full::new(Bytes::from("x".repeat(MOST_ERROR_BYTES * 3)));
        assert_eq!(capped(body).await.len(), MOST_ERROR_BYTES);
    }
}
