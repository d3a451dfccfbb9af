//! From one JPEG to the next without loss.

use imgpress_jpeg::RecodeError;

use super::own::named;
use crate::jpeg::{JpegFile, failed};
use crate::metadata::Carried;
use crate::options::Effort;
use crate::{Budget, Error};

/// As [`JpegFile::kept`], with the coefficients coded anew. `None` where that cannot be or is of no use: a file that
/// was coded here before stays as it is, so that a second pass changes no byte.
///
/// # Errors
/// A part of the picture is missing or makes no sense, or the budget's error.
pub(crate) fn recode(
    file: &JpegFile<'_>,
    carried: &Carried,
    effort: Effort,
    budget: &Budget,
) -> Result<Option<Vec<u8>>, Error> {
    if file.decoder().is_recoded() {
        return Ok(None);
    }
    let around = file.around(carried);
    let segments = around.iter().map(|segment| (segment.marker, segment.payload.as_ref()));
    match imgpress_jpeg::recode(file.decoder(), segments, named(effort)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(RecodeError::Decode(error)) => Err(failed(error, budget)),
        // Coefficients that no encoder makes.
        Err(_) => Ok(None),
    }
}
