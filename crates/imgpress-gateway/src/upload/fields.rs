use imgpress_engine_api::{ErrorCode, Failure};
use imgpress_options::OptionSet;
use multer::{Field, Multipart};

use super::slices::Allowance;
use super::{IMAGE_FIELD, failure_of, malformed};
use crate::middleware::declared::option_invalid;

/// How many text fields may stand before the image: more than there are options.
const MOST_FIELDS: usize = 32;

/// The longest value of a text field, in bytes: longer than any option's.
const LONGEST_VALUE: usize = 256;

/// Reads the text fields ahead of the image as options, and gives the image's part.
pub(super) async fn read_up_to_image(
    parts: &mut Multipart<'static>,
    allowance: &Allowance,
    options: &mut OptionSet,
    max_bytes: u64,
) -> Result<Field<'static>, Failure> {
    for _ in 0..=MOST_FIELDS {
        allowance.for_headers();
        let field = parts.next_field().await.map_err(|error| failure_of(error, max_bytes))?;
        let field = field.ok_or_else(image_missing)?;
        let name = field.name().ok_or_else(|| malformed("a part has no name"))?.to_owned();
        allowance.unlimited();
        if name == IMAGE_FIELD {
            return Ok(field);
        }
        if field.file_name().is_some() {
            return Err(image_missing());
        }
        let value = read_value(field, max_bytes).await?;
        options.set(&name, &value).map_err(|error| option_invalid(&error))?;
    }
    Err(malformed("it has too many text fields"))
}

/// A text field's value.
async fn read_value(mut field: Field<'static>, max_bytes: u64) -> Result<String, Failure> {
    let mut value = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| failure_of(error, max_bytes))? {
        if value.len() + chunk.len() > LONGEST_VALUE {
            return Err(malformed("a text field is too long"));
        }
        value.extend_from_slice(&chunk);
    }
    String::from_utf8(value).map_err(|_| malformed("a text field is not UTF-8"))
}

fn image_missing() -> Failure {
    Failure::new(
        ErrorCode::ImageMissing,
        "There is no image; send it as the file of a multipart field named image, after any options.",
    )
}
