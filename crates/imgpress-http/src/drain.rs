use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use imgpress_engine_api::{ErrorCode, Failure};
use tokio_util::task::TaskTracker;

use crate::Error;

/// What a client should wait before it tries another instance.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Whether this process is on its way out, and what work it still has.
#[derive(Debug, Clone, Default)]
pub struct Draining {
    begun: Arc<AtomicBool>,
    work: TaskTracker,
}

impl Draining {
    /// Whether new work is refused.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    /// From now on new work is refused and readiness says so; what runs goes on.
    pub fn begin(&self) {
        self.begun.store(true, Ordering::Release);
        self.work.close();
    }

    /// How many requests are being worked on.
    pub(crate) fn in_flight(&self) -> usize {
        self.work.len()
    }

    /// Waits until the work that was taken before [`begin`](Self::begin) has been answered.
    pub(crate) async fn finished(&self) {
        self.work.wait().await;
    }
}

/// Counts work in flight, and refuses more of it once draining has begun. Reads go on: a drain must be
/// observable.
pub(crate) async fn refuse_work_while_draining(
    State(draining): State<Draining>,
    request: Request,
    next: Next,
) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    let _in_flight = draining.work.token();
    if draining.is_draining() {
        let failure = Failure::new(ErrorCode::Draining, "This instance is shutting down; please try again.");
        let mut response = Error(failure.retry_after(RETRY_AFTER)).into_response();
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        return response;
    }
    next.run(request).await
}
