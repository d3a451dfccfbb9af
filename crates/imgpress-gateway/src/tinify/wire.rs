//! The JSON of Tinify's API, and reading it out of a body.

use futures_util::TryStreamExt;
use imgpress_engine_api::{ErrorCode, Failure, Receipt};
use imgpress_http::{body_stream, upload_deadline};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Most bytes of a JSON body: many times those of every command together.
const LONGEST_JSON: usize = 16 << 10;

/// The longest part of the parser's words that is passed on, in characters.
const LONGEST_REASON: usize = 160;

/// The body of `POST /shrink` where it is JSON.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShrinkRequest {
    pub(super) source: SourceUrl,
}

/// Where an image is to be fetched from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceUrl {
    pub(super) url: String,
}

/// What `POST /shrink` answers.
#[derive(Debug, Serialize)]
pub(super) struct ShrinkAnswer {
    input: Input,
    output: Output,
}

#[derive(Debug, Serialize)]
struct Input {
    size: u64,
    #[serde(rename = "type")]
    content_type: &'static str,
}

#[derive(Debug, Serialize)]
struct Output {
    size: u64,
    #[serde(rename = "type")]
    content_type: &'static str,
    width: u32,
    height: u32,
    /// Output bytes divided by input bytes, to four places.
    ratio: f64,
    url: String,
}

impl ShrinkAnswer {
    /// What is said of a result that is to be had under a URL.
    pub(super) fn new(receipt: &Receipt, url: String) -> Self {
        let original = &receipt.original;
        Self {
            input: Input { size: original.bytes, content_type: original.format.content_type() },
            output: Output {
                size: receipt.bytes,
                content_type: receipt.format.content_type(),
                width: receipt.width,
                height: receipt.height,
                ratio: ratio(receipt.bytes, original.bytes),
                url,
            },
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "no image is larger than 2^53 bytes")]
fn ratio(output: u64, input: u64) -> f64 {
    (output as f64 / input.max(1) as f64 * 10_000.0).round() / 10_000.0
}

/// All of a short body.
///
/// # Errors
/// It is longer than any JSON that is taken, or comes too slowly.
pub(super) async fn read_json_bytes(body: axum::body::Body) -> Result<Vec<u8>, Failure> {
    let chunks = body_stream(body, upload_deadline(Some(LONGEST_JSON as u64)));
    let mut chunks = std::pin::pin!(chunks);
    let mut json = Vec::new();
    while let Some(chunk) = chunks.try_next().await? {
        if json.len() + chunk.len() > LONGEST_JSON {
            let message = format!(
                "The JSON is longer than {LONGEST_JSON} bytes, which is the most that is taken here."
            );
            return Err(Failure::new(ErrorCode::UploadTooLarge, message));
        }
        json.extend_from_slice(&chunk);
    }
    Ok(json)
}

/// Reads JSON.
///
/// # Errors
/// It is none, or not of this shape.
pub(super) fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(json).map_err(|error| {
        // The parser repeats names that the client sent.
        let reason = error.to_string();
        let reason = reason.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(LONGEST_REASON);
        invalid(format!("The JSON cannot be taken: {}.", reason.collect::<String>()))
    })
}

/// The answer to JSON that says what cannot be done.
pub(super) fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Failure {
    Failure::new(ErrorCode::OptionInvalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_has_four_places_and_nothing_divides_by_zero() {
        assert_eq!(ratio(1, 3).to_string(), "0.3333");
        assert_eq!(ratio(300, 200).to_string(), "1.5");
        assert_eq!(ratio(0, 0).to_string(), "0");
    }

    #[test]
    fn what_is_no_request_is_refused_in_printable_words() {
        for json in
            ["", "{}", "[]", "{\"source\":{}}", "{\"source\":{\"url\":1}}", "{\"sour\u{1b}ce\\u202e\":1}"]
        {
            let refused = parse::<ShrinkRequest>(json.as_bytes()).unwrap_err();
            assert_eq!(refused.code(), ErrorCode::OptionInvalid);
            assert!(refused.message().bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{refused}");
        }
        let long = format!("{{\"{}\":1}}", "x".repeat(10_000));
        assert!(parse::<ShrinkRequest>(long.as_bytes()).unwrap_err().message().len() < 250);
    }
}
