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
    if file.decoder().is_recoded() || is_too_dense(file) {
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

/// A JPEG of a file's coefficients, of which every byte was written here but for a header of JFIF and one of Adobe: without
/// metadata, and with this profile. `None` where it cannot be, as for [`recode`].
///
/// # Errors
/// As [`recode`].
#[cfg(feature = "jxl")]
pub(crate) fn rewrite(
    file: &JpegFile<'_>,
    icc: Option<&[u8]>,
    effort: Effort,
    budget: &Budget,
) -> Result<Option<Vec<u8>>, Error> {
    if is_too_dense(file) {
        return Ok(None);
    }
    let nothing = Carried::default();
    let around = file.around(&nothing);
    let profile = icc.map(crate::jpeg::icc_segments).unwrap_or_default();
    let segments = around.iter().filter(|segment| segment.marker != crate::jpeg::APP2);
    let segments = segments.map(|segment| (segment.marker, segment.payload.as_ref()));
    let segments = segments.chain(profile.iter().map(|payload| (crate::jpeg::APP2, payload.as_slice())));
    match imgpress_jpeg::recode(file.decoder(), segments, named(effort)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(RecodeError::Decode(error)) => Err(failed(error, budget)),
        Err(_) => Ok(None),
    }
}

/// Whether a file has so many coefficients that they and their symbols would take more memory than is counted for a
/// picture: noise of 4:4:4 took 7 bytes a pixel at one byte a pixel of the file, and 14 at two (measured).
fn is_too_dense(file: &JpegFile<'_>) -> bool {
    let decoder = file.decoder();
    let pixels = u64::from(decoder.width()) * u64::from(decoder.height());
    let bytes: usize = decoder.segments().iter().map(|segment| segment.entropy.len()).sum();
    // Small files never matter.
    bytes as u64 > pixels / 4 * 5 + (1 << 16)
}
