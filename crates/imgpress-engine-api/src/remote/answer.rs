//! Reads what an engine answers, and believes none of it unchecked.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use tokio::time::{Instant, timeout, timeout_at};

use crate::wire::{self, ErrorBody};
use crate::{ErrorCode, Failure, Output, Receipt};

/// Error bodies are a few hundred bytes.
const MOST_ERROR_BYTES: usize = 16 << 10;

/// How long an answer that has begun may stand still.
const STALL_TIMEOUT: Duration = Duration::from_secs(10);

/// What to advise where the engine advises nothing.
const RETRY: Duration = Duration::from_secs(1);

/// More than that is no advice.
const LONGEST_RETRY_SECONDS: u64 = 3600;

/// The output, or the failure, that an answer stands for.
pub(super) async fn read(answer: Response) -> Result<Output, Failure> {
    if answer.status() != StatusCode::OK {
        return Err(refusal(answer).await);
    }
    let receipt = receipt(answer.headers()).map_err(Failure::engine_failed)?;
    if answer.content_length() != Some(receipt.bytes) || receipt.bytes == 0 {
        return Err(Failure::engine_failed("the engine's receipt and answer differ in length"));
    }
    Ok(Output::streamed(receipt, chunks(answer)))
}

/// The failure behind an answer that is none of success.
pub(super) async fn refusal(answer: Response) -> Failure {
    let status = answer.status();
    let retry_after = retry_after(answer.headers());
    let body = capped(answer).await;
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

fn chunks(answer: Response) -> impl Stream<Item = Result<Bytes, Failure>> + Send + 'static {
    stream::try_unfold(answer, |mut answer| async move {
        let chunk = timeout(STALL_TIMEOUT, answer.chunk()).await.map_err(unavailable)?;
        Ok(chunk.map_err(unavailable)?.map(|chunk| (chunk, answer)))
    })
}

/// The beginning of a body that should be short; what comes late, past the cap or broken is lost.
async fn capped(mut answer: Response) -> Vec<u8> {
    let deadline = Instant::now() + STALL_TIMEOUT;
    let mut body = Vec::new();
    while let Ok(Ok(Some(chunk))) = timeout_at(deadline, answer.chunk()).await {
        let room = MOST_ERROR_BYTES - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == MOST_ERROR_BYTES {
            break;
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_of_an_error_body_is_kept_than_the_cap() {
        let answer = Response::from(http::Response::new("x".repeat(MOST_ERROR_BYTES * 3)));
        assert_eq!(capped(answer).await.len(), MOST_ERROR_BYTES);
    }
}
