//! A line of JSON for each image: the names are those of the API's receipts.

use std::path::Path;

use imgpress_codec::Outcome;
use serde::Serialize;

use crate::compress::image::{Place, Receipt};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    input: String,
    /// The file that was written; in a dry run, that would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    /// `compressed`, `kept`, `unchanged` where an image was left alone in its place, or `failed`.
    outcome: &'a str,
    #[serde(flatten)]
    image: Option<Image<'a>>,
    /// Why it failed, or was left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Image<'a> {
    format: &'a str,
    width: u32,
    height: u32,
    bytes: u64,
    original: Original<'a>,
    saved_bytes: i64,
    ratio: f64,
    quality: u8,
    score: Option<f64>,
    removed: Vec<&'a str>,
    notes: Vec<&'a str>,
}

#[derive(Serialize)]
struct Original<'a> {
    format: &'a str,
    width: u32,
    height: u32,
    bytes: u64,
}

/// What became of an image, without the end of the line.
pub(super) fn line(path: &Path, result: &anyhow::Result<Receipt>) -> String {
    let input = text(path);
    let line = match result {
        Ok(receipt) => done(input, receipt),
        Err(error) => {
            Line { input, output: None, outcome: "failed", image: None, reason: Some(format!("{error:#}")) }
        }
    };
    serde_json::to_string(&line).unwrap_or_default()
}

fn done(input: String, receipt: &Receipt) -> Line<'_> {
    let made = match receipt.output.outcome {
        Outcome::Compressed => "compressed",
        Outcome::Kept => "kept",
    };
    let (output, outcome, reason) = match &receipt.place {
        Place::Stdout => (Some("-".to_owned()), made, None),
        Place::File(path) => (Some(text(path)), made, None),
        Place::OverInput => (Some(input.clone()), made, None),
        Place::Unchanged(reason) => (None, "unchanged", Some(reason.message())),
    };
    Line { input, output, outcome, image: Some(image(receipt)), reason }
}

/// Of what there is now: of an image that was left alone, the image.
fn image(receipt: &Receipt) -> Image<'_> {
    let Receipt { before, after, output, place } = receipt;
    let (width, height) = output.original.shown_size();
    let original = Original { format: output.original.format.name(), width, height, bytes: *before };
    let is_unchanged = matches!(place, Place::Unchanged(_));
    let (format, width, height) = match is_unchanged {
        true => (original.format, width, height),
        false => (output.format.name(), output.width, output.height),
    };
    let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    Image {
        format,
        width,
        height,
        bytes: *after,
        original,
        saved_bytes: signed(*before) - signed(*after),
        ratio: ratio(*after, *before),
        quality: output.quality.get(),
        score: output.score.filter(|_| !is_unchanged),
        removed: output.removed.iter().filter(|_| !is_unchanged).map(|removed| removed.name()).collect(),
        notes: output.notes.iter().filter(|_| !is_unchanged).map(|note| note.code()).collect(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "no image is larger than 2^53 bytes")]
fn ratio(after: u64, before: u64) -> f64 {
    if before == 0 { 0.0 } else { (after as f64 / before as f64 * 1000.0).round() / 1000.0 }
}

/// JSON has no bytes that are no text.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
