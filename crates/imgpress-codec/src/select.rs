//! Which of the possible outputs is the one to give.

use imgpress_jpeg::Component;

use crate::jpeg::{ColorCoding, JpegFile};
use crate::options::{Options, Quality};
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
    let ours =
        encode::jpeg::quantisation(theirs.len(), full_chroma, options.quality.nominal(), options.effort)?;
    let pairs = theirs.iter().map(Component::quantisation).zip(&ours);
    Ok(theirs.len() == ours.len()
        && pairs.flat_map(|(theirs, ours)| theirs.iter().zip(ours)).all(|(theirs, ours)| theirs >= ours))
}

/// The lowest quality at which a JPEG [is coarse enough](is_coarse_enough); 101 for none.
pub(crate) fn coarse_from(file: &JpegFile<'_>) -> u8 {
    let is_coarse = |quality: u8| {
        let quality = Quality::try_from(quality).unwrap_or_default().into();
        is_coarse_enough(file, &Options { quality, ..Options::default() }).unwrap_or(false)
    };
    // Steps only get finer with quality.
    let (mut no, mut yes) = (0, 101);
    while yes - no > 1 {
        let middle = no + (yes - no) / 2;
        if is_coarse(middle) { yes = middle } else { no = middle }
    }
    yes
}
