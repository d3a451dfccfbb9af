use std::future::IntoFuture;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use imgpress_engine_api::{ErrorCode, Failure};
use tokio::net::TcpListener;
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

    /// Waits until the work that was taken before [`begin`](Self::begin) has been answered.
    async fn finished(&self) {
        self.work.wait().await;
    }
}

/// Serves until `shutdown` completes, then drains: readiness flips first, work in flight ends, new work is
/// answered 503, and after `grace` at the latest this returns.
///
/// # Errors
/// The listener broke.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
    draining: Draining,
    grace: Duration,
) -> io::Result<()> {
    let (expire, expired) = tokio::sync::oneshot::channel::<()>();
    let until_idle = async move {
        shutdown.await;
        tracing::info!(in_flight = draining.work.len(), "draining");
        draining.begin();
        tokio::spawn(async move {
            tokio::time::sleep(grace).await;
            drop(expire);
        });
        draining.finished().await;
    };
    let listener = listener.tap_io(|stream| {
        // Answers are written whole: waiting to fill a packet only adds latency.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY");
        }
    });
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    tokio::select! {
        served = axum::serve(listener, service).with_graceful_shutdown(until_idle).into_future() => served,
        _ = expired => {
            tracing::warn!("the grace is over; what still runs is dropped");
            Ok(())
        }
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
