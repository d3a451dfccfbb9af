//! From engine to engine: how often a request may go on, and when it ends.

use std::time::Duration;

use tokio::time::Instant;

use super::attempt::{Lost, Request};
use super::choice::{NotChosen, Visited};
use super::endpoint::Endpoint;
use super::metrics::{self, Moved};
use super::replay::{Upload, after};
use super::{answer, too_late};
use crate::{ErrorCode, Failure};

/// Engines that may refuse a request as too much for them: where as many are full, so are most likely the others, and
/// asking them all would be load on top of load.
const MOST_REFUSALS: usize = 3;

/// Engines that may be lost under a request. One that was lost twice may be what kills them.
const MOST_LOSSES: usize = 2;

/// What a client should wait before it comes again to a gateway whose engines are full.
const RETRY: Duration = Duration::from_secs(1);

/// The way of one request.
pub(super) struct Journey {
    visited: Visited,
    refusals: usize,
    losses: usize,
    /// Until when engines that take no connection are passed over.
    limit: Instant,
    /// What the last engine was, where the request is about to go on.
    moving: Option<Moved>,
    last: Option<Failure>,
}

impl Journey {
    pub(super) fn begin(timeout: Duration) -> Self {
        Self {
            visited: Visited::default(),
            refusals: 0,
            losses: 0,
            limit: after(Instant::now(), timeout),
            moving: None,
            last: None,
        }
    }

    pub(super) fn visited(&self) -> &Visited {
        &self.visited
    }

    /// An engine was chosen.
    pub(super) fn go_on(&mut self) {
        if let Some(why) = self.moving.take() {
            metrics::moved(why);
        }
    }

    /// No engine was chosen: what the request ends in.
    pub(super) fn end(self, why: NotChosen) -> Failure {
        self.last.unwrap_or_else(|| match why {
            NotChosen::NoneLeft => answer::unavailable("no engine is known"),
            NotChosen::Full => Failure::new(ErrorCode::Overloaded, "The server is busy; please try again.")
                .caused_by("every engine has as many requests in flight as it may")
                .retry_after(RETRY),
        })
    }

    /// Takes note of what became of the request at an engine.
    ///
    /// # Errors
    /// That is what the request ends in.
    pub(super) fn lost(
        &mut self,
        lost: Lost,
        engine: &Endpoint,
        request: &Request,
        upload: &mut Upload,
    ) -> Result<(), Failure> {
        let (failure, why) = self.note(lost, engine)?;
        if !upload.rewind() || self.refusals == MOST_REFUSALS || self.losses == MOST_LOSSES {
            return Err(failure);
        }
        if request.is_late(upload) {
            return Err(too_late());
        }
        if why == Moved::Unreachable && self.limit <= Instant::now() {
            return Err(failure);
        }
        self.moving = Some(why);
        // That an engine is busy says more to a client than that another is not there.
        if why != Moved::Unreachable || self.last.is_none() {
            self.last = Some(failure);
        }
        Ok(())
    }

    fn note(&mut self, lost: Lost, engine: &Endpoint) -> Result<(Failure, Moved), Failure> {
        match lost {
            Lost::Here(failure) => Err(failure),
            Lost::Answered(failure) => {
                engine.answered(&failure);
                Err(failure)
            }
            Lost::Late(failure) => {
                engine.failed(&failure);
                Err(failure)
            }
            Lost::Unreachable(failure) => {
                engine.failed(&failure);
                self.visited.refused_by(engine);
                Ok((failure, Moved::Unreachable))
            }
            Lost::Refused(failure) => {
                engine.refused(&failure);
                self.visited.refused_by(engine);
                self.refusals += 1;
                Ok((failure, Moved::Refused))
            }
            Lost::Gone(failure) => {
                engine.failed(&failure);
                self.visited.lost_with(engine);
                self.losses += 1;
                Ok((failure, Moved::Lost))
            }
        }
    }
}
