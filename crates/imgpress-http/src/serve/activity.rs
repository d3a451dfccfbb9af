//! What a connection does, seen from outside of hyper: bytes that come and go, and requests that are being served.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::{io, mem};

use axum::http::Version;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::Connections;

/// Shared by a connection's stream, its requests and whoever watches over it.
#[derive(Clone)]
pub(super) struct Activity(Arc<Mutex<State>>);

struct State {
    phase: Phase,
    /// Several requests at once, and frames that are no part of any.
    is_http2: bool,
    /// Since when the client takes nothing of what it is sent.
    stalled: Option<Instant>,
    /// Of HTTP/2, which answers wait until the client asks for more of them, and since when. No more than there are
    /// streams.
    unread: Vec<(u64, Instant)>,
    /// How many requests there have been.
    requests: u64,
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
pub(super) struct Serving {
    activity: Activity,
    number: u64,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            phase: Phase::New(Instant::now()),
            is_http2: false,
            stalled: None,
            unread: Vec::new(),
            requests: 0,
        })))
    }

    /// A request's header has been read.
    pub(super) fn begin(&self, version: Version) -> Serving {
        let mut state = self.lock();
        state.is_http2 = version == Version::HTTP_2;
        state.requests += 1;
        state.phase = match state.phase {
            Phase::Serving(others) => Phase::Serving(others + 1),
            _ => Phase::Serving(1),
        };
        Serving { activity: self.clone(), number: state.requests }
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
        let unread = state.unread.iter().map(|&(_, since)| since + limits.stall_timeout);
        waiting.into_iter().chain(stalled).chain(unread).min()
    }

    /// Whether it has had a request of HTTP/2.
    pub(super) fn is_http2(&self) -> bool {
        self.lock().is_http2
    }

    fn has_read(&self) {
        let mut state = self.lock();
        match state.phase {
            // Most of what comes between two requests of HTTP/2 is no header: pings, say. One that drips has the time
            // of an idle connection.
            Phase::Idle(_) if !state.is_http2 => state.phase = Phase::Header(Instant::now()),
            _ => {}
        }
    }

    fn has_written<T>(&self, written: &Poll<io::Result<T>>) {
        let mut state = self.lock();
        state.stalled = match written {
            Poll::Ready(_) => None,
            Poll::Pending => state.stalled.or_else(|| Some(Instant::now())),
        };
        // The end of an answer, which is still being read. In HTTP/2 it may be the echo of a ping.
        if let (Poll::Ready(Ok(_)), Phase::Idle(_), false) = (written, state.phase, state.is_http2) {
            state.phase = Phase::Idle(Instant::now());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Serving {
    /// A piece of the answer has been handed over; the client is to ask for the next.
    pub(super) fn waits_for_client(&self) {
        let mut state = self.activity.lock();
        // HTTP/1 asks for more as soon as it has written, and that is seen at the stream.
        if state.is_http2 {
            state.unread.push((self.number, Instant::now()));
        }
    }

    /// The client is there for the next piece.
    pub(super) fn is_read(&self) {
        self.activity.lock().unread.retain(|&(number, _)| number != self.number);
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.is_read();
        let mut state = self.activity.lock();
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
