//! What a gateway counts of its engines. An engine's label is its number in the log: addresses are nobody's but the
//! operator's.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

const ENGINES: &str = "gateway_engines";
const ENGINE_UP: &str = "gateway_engine_up";
const IN_FLIGHT: &str = "gateway_engine_in_flight";
const REQUESTS: &str = "gateway_engine_requests_total";
const MOVED: &str = "gateway_engine_moved_total";
const REPLAY_BYTES: &str = "gateway_replay_bytes";

/// Why a request went to another engine than the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    /// It took no connection.
    Unreachable,
    /// It had too much to do, or was on its way out.
    Refused,
    /// It died, or its connection did.
    Lost,
}

/// The counts of one engine.
pub(super) struct Counts {
    up: Gauge,
    in_use: Gauge,
    ejected: Gauge,
    pub(super) in_flight: Gauge,
    pub(super) answered: Counter,
    pub(super) refused: Counter,
    pub(super) failed: Counter,
}

impl Counts {
    pub(super) fn of(number: usize) -> Self {
        let label = number.to_string();
        let requests =
            |outcome: &'static str| counter!(REQUESTS, "engine" => label.clone(), "outcome" => outcome);
        Self {
            answered: requests("answered"),
            refused: requests("refused"),
            failed: requests("failed"),
            in_use: gauge!(ENGINES, "state" => "in-use"),
            ejected: gauge!(ENGINES, "state" => "ejected"),
            up: gauge!(ENGINE_UP, "engine" => label.clone()),
            in_flight: gauge!(IN_FLIGHT, "engine" => label),
        }
    }

    /// One engine more, which gets work.
    pub(super) fn found(&self) {
        self.in_use.increment(1.0);
        self.up.set(1.0);
    }

    pub(super) fn ejected(&self) {
        self.in_use.decrement(1.0);
        self.ejected.increment(1.0);
        self.up.set(0.0);
    }

    pub(super) fn back(&self) {
        self.ejected.decrement(1.0);
        self.in_use.increment(1.0);
        self.up.set(1.0);
    }

    /// One engine less.
    pub(super) fn gone(&self, ejected: bool) {
        if ejected { &self.ejected } else { &self.in_use }.decrement(1.0);
        self.up.set(0.0);
    }
}

pub(super) fn describe() {
    describe_gauge!(ENGINES, "Engines, by whether they get work.");
    describe_gauge!(ENGINE_UP, "Whether an engine gets work.");
    describe_gauge!(IN_FLIGHT, "Requests that this gateway has at an engine.");
    describe_counter!(REQUESTS, "Requests to an engine, by what came of them.");
    describe_counter!(MOVED, "Requests that went on to another engine, by reason.");
    describe_gauge!(REPLAY_BYTES, "Bytes kept of uploads and answers, in case that an engine dies.");
}

pub(super) fn moved(why: Moved) {
    let why = match why {
        Moved::Unreachable => "unreachable",
        Moved::Refused => "refused",
        Moved::Lost => "lost",
    };
    counter!(MOVED, "why" => why).increment(1);
}

#[expect(clippy::cast_precision_loss, reason = "no memory comes near 2^53")]
pub(super) fn replay_memory_grew(by: u64) {
    gauge!(REPLAY_BYTES).increment(by as f64);
}

#[expect(clippy::cast_precision_loss, reason = "no memory comes near 2^53")]
pub(super) fn replay_memory_shrank(by: u64) {
    gauge!(REPLAY_BYTES).decrement(by as f64);
}
