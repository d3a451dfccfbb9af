use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// One connection, and what makes it behave as badly as the real server's.
pub(super) struct Connection<S> {
    pub(super) state: Arc<S>,
    /// Bodies that were refused and left unread. As long as one is held, the next request on this connection is
    /// never read: the trap that a pooled connection falls into.
    unread: Mutex<Vec<Incoming>>,
    reset: AtomicBool,
}

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is to be reset")]
pub(super) struct Reset;

impl<S> Connection<S> {
    pub(super) fn leave_unread(&self, body: Incoming) {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner).push(body);
    }

    pub(super) fn reset(&self) -> Reset {
        self.reset.store(true, Ordering::Relaxed);
        Reset
    }
}

/// Answers requests until the client leaves or is to be thrown out.
pub(super) async fn serve<S, F, B>(
    stream: TcpStream,
    state: Arc<S>,
    answer: impl Fn(Arc<Connection<S>>, Request<Incoming>) -> F,
) where
    F: Future<Output = Result<Response<B>, Reset>>,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + 'static,
{
    let unread = Mutex::default();
    let connection = Arc::new(Connection { state, unread, reset: AtomicBool::new(false) });
    let shared = Arc::clone(&connection);
    let service = service_fn(move |request| answer(Arc::clone(&shared), request));
    let mut serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // An error is the client's leaving, or a reset that was asked for.
    let _ = (&mut serving).await;
    if connection.reset.load(Ordering::Relaxed) {
        // Closed like this, a socket answers with RST, not FIN.
        let _ = serving.into_parts().io.into_inner().set_zero_linger();
    }
}
