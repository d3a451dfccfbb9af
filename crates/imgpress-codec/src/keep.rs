//! A JPEG that stays the picture that it is, in as few bytes as that takes.

use crate::carry::{self, File};
use crate::jpeg::{ColorCoding, JpegFile};
use crate::metadata::{Carried, Found, Report};
use crate::options::Options;
use crate::{Budget, Error, ImageInfo, encode, transform};

/// A JPEG that may be kept, and what is asked for.
pub(crate) struct Original<'a> {
    pub(crate) file: &'a JpegFile<'a>,
    /// What it carries beside its picture.
    pub(crate) found: &'a Found<'a>,
    pub(crate) info: &'a ImageInfo,
    pub(crate) options: &'a Options,
    pub(crate) budget: &'a Budget,
}

impl Original<'_> {
    /// The file, and around its picture what the options say; its coefficients are coded anew where that makes it
    /// smaller. The whole picture is read.
    ///
    /// # Errors
    /// A part of the picture is missing or makes no sense, or the budget's error.
    pub(crate) fn kept(&self) -> Result<File, Error> {
        let (carried, report) = self.carried();
        let length = self.file.kept_length(&carried);
        let recoded = self.recoded(&carried)?;
        if recoded.is_none() {
            self.file.check(self.budget)?;
        }
        let bytes = recoded.filter(|recoded| recoded.len() < length);
        Ok(File { bytes: bytes.unwrap_or_else(|| self.file.kept(&carried)), report })
    }

    /// The same for a file whose picture has been read and encoded anew with `encoded` bytes, if it has no more of them.
    ///
    /// A picture whose colours are converted on the way is kept only if its file as it came is no larger: it is not what
    /// was asked for. A file is not recoded where that could not make fewer bytes.
    ///
    /// # Errors
    /// The budget's, or [`Error::Encoder`].
    pub(crate) fn instead_of(&self, encoded: usize) -> Result<Option<File>, Error> {
        let most = if self.is_thinned_out()? { encoded + encoded / WORTH } else { encoded };
        let (carried, report) = self.carried();
        let length = self.file.kept_length(&carried);
        let recodes = length <= most || !self.is_converted() && least_recoded(length, self.file) <= most;
        let recoded = if recodes { self.recoded(&carried)? } else { None };
        Ok(match recoded {
            Some(bytes) if bytes.len() < length.min(most + 1) => Some(File { bytes, report }),
            _ if length <= most => Some(File { bytes: self.file.kept(&carried), report }),
            _ => None,
        })
    }

    fn carried(&self) -> (Carried, Report) {
        carry::kept(self.file, self.found, self.options.metadata, self.info)
    }

    fn recoded(&self, carried: &Carried) -> Result<Option<Vec<u8>>, Error> {
        encode::jpeg::recode(self.file, carried, self.options.effort, self.budget)
    }

    /// Whether encoding the file anew leaves its steps as they are.
    fn is_thinned_out(&self) -> Result<bool, Error> {
        let (quality, effort) = (self.options.quality.nominal(), self.options.effort);
        Ok(!self.is_converted() && encode::jpeg::keeps_steps(self.file, quality, effort)?)
    }

    /// Whether an encoder gets other colours than the file has.
    fn is_converted(&self) -> bool {
        let grey = self.file.components().len() == 1;
        matches!(self.file.color_coding(), ColorCoding::Cmyk | ColorCoding::Ycck)
            || transform::unconverted(self.file.icc(), grey, self.options).is_none()
    }
}

/// Where single coefficients were given up and nothing else, what is kept may be larger by one part in so many, so that
/// less than a tenth is not worth it. Encoding one of our files once more takes up to 5 % off it, and again the next
/// time (JPEGs of the tuning set, distances of 0.8 to 8): so there is an end to it, at the second pass.
const WORTH: usize = 9;

/// Bytes that recoding hardly comes below with a file that has `stripped` without its metadata.
///
/// Of files that libjpeg writes with the tables of T.81's annex K it saves 8 to 14 % where they are photographs, and up to
/// 46 % where blocks hold next to nothing and the codes for their ends and means are most of the file; of progressive
/// files 1 to 6 % (qualities 60 to 100). What is allowed for beyond that are some bits of each block, and the tables. A
/// file that was coded more wastefully yet may come out larger than it had to be, and never larger than it was; to
/// recode every file would take twice the time.
fn least_recoded(stripped: usize, file: &JpegFile<'_>) -> usize {
    const TABLES: usize = 1024;
    let (percent, eighths) = if file.decoder().is_progressive() { (8, 1) } else { (20, 3) };
    let blocks = file.components().iter().map(|component| component.blocks().0 * component.blocks().1);
    let saved = stripped / 100 * percent + blocks.sum::<usize>() * eighths / 8 + TABLES;
    stripped.saturating_sub(saved)
}
