//! Where coded data end, of which a decoder says no more than that there were enough: some are taken away until there are
//! not.

use crate::{Budget, Error};

/// Most decodings for what hides in one file, beside the one or two by which it is noticed: of 16 MB the end is found with
/// 24 of them.
const MOST: u32 = 64;

/// Decodings that are left.
pub(crate) struct Tries<'a> {
    left: u32,
    budget: &'a Budget,
}

impl<'a> Tries<'a> {
    /// For one file.
    pub(crate) fn new(budget: &'a Budget) -> Self {
        Self { left: MOST, budget }
    }

    /// Before a decoding that is always made.
    ///
    /// # Errors
    /// The budget's.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.budget.check()
    }

    /// Before any other one: whether it may be made.
    ///
    /// # Errors
    /// The budget's.
    pub(super) fn take(&mut self) -> Result<bool, Error> {
        self.budget.check()?;
        let Some(left) = self.left.checked_sub(1) else { return Ok(false) };
        self.left = left;
        Ok(true)
    }

    /// The least length that is enough, of which `most` is known to be. `None` where it took too many.
    ///
    /// # Errors
    /// The budget's.
    pub(super) fn least(
        &mut self,
        mut most: usize,
        is_enough: impl Fn(usize) -> bool,
    ) -> Result<Option<usize>, Error> {
        let mut least = 0;
        while least < most {
            let middle = least + (most - least) / 2;
            if !self.take()? {
                return Ok(None);
            }
            if is_enough(middle) { most = middle } else { least = middle + 1 }
        }
        Ok(Some(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_that_is_enough_is_found_with_few_tries() {
        let budget = Budget::unlimited();
        for end in [0, 1, 2, 999, 1_000] {
            let mut tries = Tries::new(&budget);
            assert_eq!(tries.least(1_000, |length| length >= end).unwrap(), Some(end));
            assert!(tries.left >= MOST - 10);
            while tries.take().unwrap() {}
            assert_eq!(tries.least(1_000, |_| true).unwrap(), None);
        }
    }
}
