//! A multipart upload, from its boundary to the end of its body, read once and never collected.

pub(crate) mod ahead;
mod fields;
mod slices;
mod source;

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use headers::ContentType;
use http_body::Body as _;
use imgpress_engine_api::{ErrorCode, Failure, Source};
use imgpress_http::body_stream;
use imgpress_options::OptionSet;
use multer::{Constraints, Multipart, SizeLimit};
use tokio::time::Instant;

use self::slices::{Allowance, slices};

/// What framing, part headers and text fields may add to an image, in bytes.
pub(crate) const FRAMING_ALLOWANCE: u64 = 64 << 10;

/// The part that holds the image.
const IMAGE_FIELD: &str = "image";

/// The longest boundary, in bytes (RFC 2046, 5.1.1). The parser looks for it in all that it holds, and holds as much as it
/// is long.
const LONGEST_BOUNDARY: usize = 70;

/// What separates the parts of a multipart body.
#[derive(Debug, Clone)]
pub(crate) struct Boundary(String);

/// An upload whose text fields have been read and whose image is about to be.
pub(crate) struct Upload {
    /// The options of the request and of the text fields together.
    pub(crate) options: OptionSet,
    /// The image's bytes as they arrive. Fails if what follows the image is not as it should be.
    pub(crate) source: Source,
    /// Set when the last byte of the body has arrived.
    pub(crate) ended: Arc<OnceLock<Instant>>,
}

impl Boundary {
    /// Reads the boundary out of a content type.
    ///
    /// # Errors
    /// It is not `multipart/form-data`, or it names no boundary or one that is too long.
    pub(crate) fn of(content_type: Option<ContentType>) -> Result<Self, Failure> {
        let not_multipart = || {
            Failure::new(
                ErrorCode::NotMultipart,
                "The body must be multipart/form-data with the image in a field named image.",
            )
        };
        let content_type = content_type.ok_or_else(not_multipart)?.to_string();
        let boundary = multer::parse_boundary(content_type).map_err(|error| match error {
            multer::Error::NoBoundary => malformed("its content type names no boundary"),
            _ => not_multipart(),
        })?;
        if boundary.len() > LONGEST_BOUNDARY {
            return Err(malformed("its boundary is longer than 70 characters"));
        }
        Ok(Self(boundary))
    }
}

impl Upload {
    /// Reads a body up to its image. `options` are those that the request gave outside of the body.
    ///
    /// # Errors
    /// The body is malformed, too slow or too large, a text field is no valid option, or there is no image.
    pub(crate) async fn begin(
        body: Body,
        boundary: Boundary,
        mut options: OptionSet,
        max_bytes: u64,
        deadline: Instant,
    ) -> Result<Self, Failure> {
        if body.is_end_stream() {
            return Err(Failure::new(ErrorCode::EmptyBody, "The body is empty; send the image in it."));
        }
        let allowance = Allowance::default();
        let stream = slices(body_stream(body, deadline), allowance.clone());
        let whole = SizeLimit::new().whole_stream(max_bytes.saturating_add(FRAMING_ALLOWANCE));
        let constraints = Constraints::new().size_limit(whole);
        let mut parts = Multipart::with_constraints(stream, boundary.0, constraints);
        let image = fields::read_up_to_image(&mut parts, &allowance, &mut options, max_bytes).await?;
        let ended = Arc::default();
        let source = source::image_source(parts, image, allowance, max_bytes, Arc::clone(&ended));
        Ok(Self { options, source, ended })
    }
}

/// The answer to an image that is larger than the limit.
pub(crate) fn too_large(max_bytes: u64) -> Failure {
    let message =
        format!("The image is larger than {max_bytes} bytes, which is the most that is taken here.");
    Failure::new(ErrorCode::UploadTooLarge, message)
}

fn malformed(what: &str) -> Failure {
    let message = format!("The body is not well-formed multipart/form-data: {what}.");
    Failure::new(ErrorCode::MultipartMalformed, message)
}

/// The failure behind an error of the multipart parser.
fn failure_of(error: multer::Error, max_bytes: u64) -> Failure {
    match error {
        multer::Error::StreamReadFailed(error) => match error.downcast::<Failure>() {
            Ok(failure) => *failure,
            Err(error) => malformed("it could not be read").caused_by(error),
        },
        multer::Error::StreamSizeExceeded { .. } => too_large(max_bytes),
        multer::Error::IncompleteFieldData { .. } | multer::Error::IncompleteHeaders => {
            malformed("it ends before its closing boundary")
        }
        multer::Error::IncompleteStream => malformed("it ends before its closing boundary"),
        error => malformed("a part cannot be read").caused_by(error),
    }
}

#[cfg(test)]
mod tests;
