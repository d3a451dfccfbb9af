//! The best look within a number of bytes, in the formats whose encoder has a quality.

use super::Job;
use super::ready::Made;
use crate::Error;
use crate::options::Quality;
use crate::search::Search;

impl Job<'_> {
    /// The first, at the quality that was asked for, where it fits; else the highest quality whose file does.
    pub(super) fn within_limit(
        &self,
        first: Made,
        encode: impl Fn(Quality) -> Result<Made, Error>,
    ) -> Result<Made, Error> {
        if self.fits(&first.file) {
            return Ok(first);
        }
        let limit = self.limit();
        let mut smallest = first.length() as u64;
        drop(first);
        let mut search = Search::below(self.options.quality.nominal(), smallest, limit);
        let mut found = None;
        while let Some(quality) = search.next() {
            self.budget.check()?;
            let made = encode(quality)?;
            let length = made.length() as u64;
            smallest = smallest.min(length);
            if search.learn(quality, length) {
                found = Some(made);
            }
        }
        found.ok_or(Error::TargetUnreachable { smallest, limit })
    }
}
