//! Which of the possible outputs is the one to give.

use imgpress_jpeg::Component;

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
    let full_chroma = file.sampling().iter().all(|factors| *factors == (1, 1));
    let theirs = file.components();
    let ours = encode::jpeg::quantisation(theirs.len(), full_chroma, options.quality, options.effort)?;
    let pairs = theirs.iter().map(Component::quantisation).zip(&ours);
    Ok(theirs.len() == ours.len()
        && pairs.flat_map(|(theirs, ours)| theirs.iter().zip(ours)).all(|(theirs, ours)| theirs >= ours))
}
