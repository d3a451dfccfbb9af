//! A codec that stands still until it is told to go on: for tests of what happens around it.

use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use bytes::Bytes;
use imgpress_codec::{Budget, Error, Limits};
use imgpress_engine_api::{Job, RequestId, Source};
use imgpress_http::Draining;
use imgpress_options::Options;

use crate::{EngineConfig, LocalEngine};

/// Counts who is inside, and lets them out one by one.
#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<Counts>,
    changed: Condvar,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) entered: usize,
    pub(crate) inside: usize,
    pub(crate) most_inside: usize,
    may_leave: usize,
}

impl Gate {
    pub(crate) fn counts(&self) -> Counts {
        *self.state.lock().unwrap()
    }

    pub(crate) fn let_out(&self, how_many: usize) {
        self.state.lock().unwrap().may_leave += how_many;
        self.changed.notify_all();
    }

    /// An engine whose codec passes through this gate, and then does its work.
    pub(crate) fn engine(self: &Arc<Self>, config: EngineConfig) -> LocalEngine {
        let gate = Arc::clone(self);
        let codec = move |input: &[u8], options: &Options, limits: &Limits, budget: &Budget| {
            gate.pass();
            imgpress_codec::compress(input, options, limits, budget)
        };
        engine(config, codec)
    }

    fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        state.entered += 1;
        state.inside += 1;
        state.most_inside = state.most_inside.max(state.inside);
        let mut state = self.changed.wait_while(state, |state| state.may_leave == 0).unwrap();
        state.may_leave -= 1;
        state.inside -= 1;
    }
}

pub(crate) fn engine(
    config: EngineConfig,
    codec: impl Fn(&[u8], &Options, &Limits, &Budget) -> Result<imgpress_codec::Output, Error>
    + Send
    + Sync
    + 'static,
) -> LocalEngine {
    LocalEngine::with_codec(config, Draining::default(), Arc::new(codec)).unwrap()
}

/// A generous machine, with timeouts that only a hang reaches.
pub(crate) fn config(workers: usize, queue: usize) -> EngineConfig {
    EngineConfig {
        queue,
        queue_timeout: HANG,
        request_timeout: HANG,
        ..EngineConfig::new(NonZeroUsize::new(workers).unwrap(), 1 << 30)
    }
}

pub(crate) const HANG: Duration = Duration::from_secs(120);

/// A picture of 200 × 200: large enough to need more than one unit of memory.
pub(crate) fn picture() -> Bytes {
    let mut picture = b"P6\n200 200\n255\n".to_vec();
    picture.extend((0..200 * 200 * 3_u32).map(|at| at.to_le_bytes()[0]));
    picture.into()
}

pub(crate) fn job(source: impl Into<Source>) -> Job {
    Job {
        options: Options::default(),
        source: source.into(),
        timeout: HANG,
        request_id: RequestId::random(),
        traceparent: None,
    }
}

/// Lets everything else run until `reached`.
pub(crate) async fn until(reached: impl Fn() -> bool) {
    let waiting = async {
        while !reached() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(HANG, waiting).await.expect("a state that is never reached");
}
