//! What a connection does, seen from outside of hyper: bytes that come and go, and requests that are being served.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::{io, mem};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::Connections;

/// Shared by a connection's stream, its requests and whoever watches over it.
#[derive(Clone)]
pub(super) struct Activity(Arc<Mutex<State>>);

struct State {
    phase: Phase,
    /// Since when the client takes nothing of what it is sent.
    stalled: Option<Instant>,
}

#[derive(Clone, Copy)]
enum Phase {
    /// Connected, and nothing said yet.
    New(Instant),
    /// Between two requests.
    Idle(Instant),
    /// Within a request's header.
    Header(Instant),
    /// So many requests are being read and answered, each within deadlines of its own.
    Serving(usize),
}

/// A request that is being served, until its answer has been handed over as a whole.
pub(super) struct Serving(Activity);

impl Activity {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { phase: Phase::New(Instant::now()), stalled: None })))
    }

    /// A request's header has been read.
    pub(super) fn begin(&self) -> Serving {
        let mut state = self.lock();
        state.phase = match state.phase {
            Phase::Serving(others) => Phase::Serving(others + 1),
            _ => Phase::Serving(1),
        };
        Serving(self.clone())
    }

    /// When the connection has had its time, if nothing else happens.
    pub(super) fn deadline(&self, limits: &Connections) -> Option<Instant> {
        let state = self.lock();
        let waiting = match state.phase {
            Phase::New(since) | Phase::Header(since) => Some(since + limits.header_timeout),
            Phase::Idle(since) => Some(since + limits.idle_timeout),
            Phase::Serving(_) => None,
        };
        let stalled = state.stalled.map(|since| since + limits.stall_timeout);
        waiting.into_iter().chain(stalled).min()
    }

    fn has_read(&self) {
        let mut state = self.lock();
        if let Phase::Idle(_) = state.phase {
            state.phase = Phase::Header(Instant::now());
        }
    }

    fn has_written<T>(&self, written: &Poll<io::Result<T>>) {
        let mut state = self.lock();
        state.stalled = match written {
            Poll::Ready(_) => None,
            Poll::Pending => state.stalled.or_else(|| Some(Instant::now())),
        };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        let before = mem::replace(&mut state.phase, Phase::Idle(Instant::now()));
        if let Phase::Serving(requests @ 2..) = before {
            state.phase = Phase::Serving(requests - 1);
        }
    }
}

/// A stream whose reads and writes are seen.
pub(super) struct Watched {
    pub(super) stream: TcpStream,
    pub(super) activity: Activity,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.activity.has_read();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.activity.has_written(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.activity.has_written(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
