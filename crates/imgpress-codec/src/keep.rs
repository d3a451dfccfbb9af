//! A JPEG that stays the picture that it is, in as few bytes as that takes.

use crate::jpeg::{ColorCoding, JpegFile};
use crate::options::{Effort, Options};
use crate::{Budget, Error, encode, transform};

/// A file without what is no part of its picture, its coefficients coded anew where that makes it smaller. The whole
/// picture is read.
///
/// # Errors
/// A part of the picture is missing or makes no sense, or the budget's error.
pub(crate) fn unread(file: &JpegFile<'_>, effort: Effort, budget: &Budget) -> Result<Vec<u8>, Error> {
    let recoded = encode::jpeg::recode(file, effort, budget)?;
    if recoded.is_none() {
        file.check(budget)?;
    }
    Ok(smaller(recoded, file.stripped()))
}

/// The same for a file whose picture has been read and encoded anew with `encoded` bytes, if it has no more of them.
///
/// A picture whose colours are converted on the way is kept only if its file as it came is no larger: it is not what
/// was asked for. A file is not recoded where that could not make fewer bytes.
///
/// # Errors
/// The budget's, or [`Error::Encoder`].
pub(crate) fn instead_of(
    encoded: usize,
    file: &JpegFile<'_>,
    options: &Options,
    budget: &Budget,
) -> Result<Option<Vec<u8>>, Error> {
    let stripped = file.stripped();
    let most = if thins_out(file, options)? { encoded + encoded / WORTH } else { encoded };
    let recodes =
        stripped.len() <= most || !is_converted(file) && least_recoded(stripped.len(), file) <= most;
    let recoded = if recodes { encode::jpeg::recode(file, options.effort, budget)? } else { None };
    Ok(Some(smaller(recoded, stripped)).filter(|kept| kept.len() <= most))
}

/// Where single coefficients were given up and nothing else, a file has to be smaller by more than one part in so
/// many. That takes 10 % and more off a file that nobody has done it to, and up to 5 % off one of ours, time and
/// again (tuning set, distances of 0.8 to 8): so there is an end to it, at the second pass.
const WORTH: usize = 9;

/// Whether encoding a file anew leaves its steps as they are.
fn thins_out(file: &JpegFile<'_>, options: &Options) -> Result<bool, Error> {
    Ok(!is_converted(file) && encode::jpeg::keeps_steps(file, options.quality, options.effort)?)
}

/// Whether an encoder gets other colours than the file has.
fn is_converted(file: &JpegFile<'_>) -> bool {
    let grey = file.components().len() == 1;
    matches!(file.color_coding(), ColorCoding::Cmyk | ColorCoding::Ycck)
        || transform::is_for_conversion(file.icc().as_deref(), grey)
}

/// Bytes that recoding does not come below with a file that has `stripped` without its metadata.
///
/// It saves a byte a block at most, of the codes for end and mean where blocks hold next to nothing, some hundred bytes
/// of tables, and 13 % of the rest: so much of files that libjpeg writes with the tables of T.81's annex K (measured
/// on photographs and graphics, qualities 60 to 100). 30 % are allowed for. A file that was coded more wastefully yet
/// may come out larger than it had to be, and never larger than it was.
fn least_recoded(stripped: usize, file: &JpegFile<'_>) -> usize {
    const TABLES: usize = 1024;
    let blocks = file.components().iter().map(|component| component.blocks().0 * component.blocks().1);
    (stripped / 10 * 7).saturating_sub(blocks.sum::<usize>() + TABLES)
}

fn smaller(recoded: Option<Vec<u8>>, stripped: Vec<u8>) -> Vec<u8> {
    recoded.filter(|recoded| recoded.len() < stripped.len()).unwrap_or(stripped)
}
