use std::time::{Instant, SystemTime};

/// One moment by both clocks: spans are measured by the one that never jumps, and told by the time of day.
pub(super) struct Now {
    instant: Instant,
    wall: SystemTime,
}

impl Now {
    pub(super) fn read() -> Self {
        Self { instant: Instant::now(), wall: SystemTime::now() }
    }

    /// The time of day of a moment in the past.
    pub(super) fn wall(&self, instant: Instant) -> SystemTime {
        let ago = self.instant.saturating_duration_since(instant);
        self.wall.checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH)
    }
}
