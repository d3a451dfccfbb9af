//! Which of the possible outputs is the one to give.

use crate::jpeg::{ColorCoding, JpegFile};
use crate::options::Options;
use crate::{Error, encode};

/// Whether a JPEG is quantised at least as coarsely, in every coefficient, as our own output with these options
/// would be. Encoding it again could only lose: what it has kept is less than what we would keep.
///
/// # Errors
/// The encoder's.
pub(crate) fn is_coarse_enough(file: &JpegFile<'_>, options: &Options) -> Result<bool, Error> {
    if !matches!(file.color_coding(), ColorCoding::Grey | ColorCoding::YCbCr) {
        return Ok(false);
    }
    let Some(theirs) = file.quantisation() else {
        return Ok(false);
    };
    let ours = encode::jpeg::quantisation(theirs.len(), options.quality, options.effort)?;
    Ok(theirs.len() == ours.len()
        && theirs.as_flattened().iter().zip(ours.as_flattened()).all(|(theirs, ours)| theirs >= ours))
}
