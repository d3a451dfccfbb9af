//! Which of two files is given out.

use std::cmp::Reverse;

use crate::compress::Job;
use crate::compress::ready::Made;
use crate::options::{Quality, Target};
use crate::{Error, Note, Output};

/// What is compared.
pub(super) trait Candidate {
    fn length(&self) -> usize;
    fn quality(&self) -> Quality;
    /// Tenths of a point below a score of 100, where the look that was asked for is not reached.
    fn lacks(&self) -> u32 {
        0
    }
}

impl Job<'_> {
    /// The one with fewer bytes, or where a limit may have cost quality, the one with more of that; of those that do not
    /// have the look, the one that comes nearer. The first where they are the same.
    pub(super) fn better<T: Candidate>(
        &self,
        one: Result<T, Error>,
        other: Result<T, Error>,
    ) -> Result<T, Error> {
        match (one, other) {
            (Ok(one), Ok(other)) => {
                let ceiling = match self.options.quality {
                    Target::Fixed(quality) => quality,
                    // Each has the look, by whatever quality of its own.
                    Target::Look(_) => Quality::MIN,
                };
                let key = |made: &T| (made.lacks(), Reverse(made.quality().min(ceiling)), made.length());
                Ok(if key(&other) < key(&one) { other } else { one })
            }
            (Err(Error::TargetUnreachable { smallest, limit }), other) => {
                other.map_err(|error| match error {
                    Error::TargetUnreachable { smallest: also, .. } => {
                        Error::TargetUnreachable { smallest: smallest.min(also), limit }
                    }
                    error => error,
                })
            }
            (Ok(one), Err(Error::TargetUnreachable { .. })) => Ok(one),
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }
}

impl Candidate for Made {
    fn length(&self) -> usize {
        self.file.bytes.len()
    }

    fn quality(&self) -> Quality {
        self.quality
    }
}

impl Candidate for Output {
    fn length(&self) -> usize {
        self.bytes.len()
    }

    fn quality(&self) -> Quality {
        self.quality
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and no score is a billion"
    )]
    fn lacks(&self) -> u32 {
        let is_short =
            [Note::MaxBytesReached, Note::LookNotReached].iter().any(|note| self.notes.contains(note));
        if is_short { self.score.map_or(0, |score| ((100.0 - score) * 10.0) as u32) } else { 0 }
    }
}
