//! A JPEG that stays the picture that it is, in as few bytes as that takes.

use crate::jpeg::{ColorCoding, JpegFile};
use crate::options::Effort;
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
    Ok(smaller(recoded, file))
}

/// The same for a file whose picture has been read and encoded anew with `encoded` bytes, if it has no more of them.
///
/// A picture whose colours are converted on the way is kept only if its file as it came is no larger: it is not what
/// was asked for. A file is not recoded where that could not make fewer bytes.
///
/// # Errors
/// The budget's.
pub(crate) fn instead_of(
    encoded: usize,
    file: &JpegFile<'_>,
    effort: Effort,
    budget: &Budget,
) -> Result<Option<Vec<u8>>, Error> {
    // Only its length for now: what is recoded needs the memory.
    let stripped = file.stripped().len();
    let recodes = stripped <= encoded || !is_converted(file) && least_recoded(stripped, file) <= encoded;
    let recoded = if recodes { encode::jpeg::recode(file, effort, budget)? } else { None };
    if !recodes || stripped.min(recoded.as_ref().map_or(usize::MAX, Vec::len)) > encoded {
        return Ok(None);
    }
    Ok(Some(smaller(recoded, file)))
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

fn smaller(recoded: Option<Vec<u8>>, file: &JpegFile<'_>) -> Vec<u8> {
    let stripped = file.stripped();
    recoded.filter(|recoded| recoded.len() < stripped.len()).unwrap_or(stripped)
}
