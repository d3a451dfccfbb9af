use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::stream::try_unfold;
use imgpress_engine_api::{ErrorCode, Failure, Source};
use multer::{Field, Multipart};
use tokio::time::Instant;

use super::slices::Allowance;
use super::{IMAGE_FIELD, failure_of, malformed, too_large};

/// The image's bytes as a source. Its end is the end of the whole body: what follows the image is checked
/// first, so that nothing is compressed that will be refused.
pub(super) fn image_source(
    parts: Multipart<'static>,
    image: Field<'static>,
    allowance: Allowance,
    max_bytes: u64,
    ended: Arc<OnceLock<Instant>>,
) -> Source {
    let reading = Reading { parts, image, allowance, max_bytes, read: 0, ended };
    Source::new(try_unfold(reading, Reading::next), None)
}

struct Reading {
    parts: Multipart<'static>,
    image: Field<'static>,
    allowance: Allowance,
    max_bytes: u64,
    read: u64,
    ended: Arc<OnceLock<Instant>>,
}

impl Reading {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Failure> {
        let chunk = self.image.chunk().await.map_err(|error| failure_of(error, self.max_bytes))?;
        let Some(chunk) = chunk else {
            return self.finish().await.map(|()| None);
        };
        self.read += chunk.len() as u64;
        if self.read > self.max_bytes {
            return Err(too_large(self.max_bytes));
        }
        Ok(Some((chunk, self)))
    }

    async fn finish(self) -> Result<(), Failure> {
        let Self { mut parts, image, allowance, max_bytes, ended, .. } = self;
        // The parser gives the next part only once this one is gone.
        drop(image);
        allowance.for_headers();
        let next = parts.next_field().await.map_err(|error| failure_of(error, max_bytes))?;
        if let Some(field) = next {
            return Err(after_the_image(&field));
        }
        let _ = ended.set(Instant::now());
        Ok(())
    }
}

fn after_the_image(field: &Field<'static>) -> Failure {
    if field.file_name().is_some() || field.name() == Some(IMAGE_FIELD) {
        return malformed("it holds more than one file; send one image a request");
    }
    Failure::new(
        ErrorCode::OptionInvalid,
        "A text field follows the image; options must come before it, or in the query.",
    )
}
