use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use futures_util::FutureExt;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::Connections;
use super::activity::{Activity, Serving, Watched};

/// How long a connection of HTTP/2 whose time is up may take to end.
const GOODBYE: Duration = Duration::from_secs(2);

/// Largest header of a request, in bytes, as HTTP/1 and HTTP/2 count it.
const LARGEST_HEADER: u32 = 64 << 10;

/// Requests that an HTTP/2 connection may have at once.
const MOST_STREAMS: u32 = 64;

/// How much of an answer is handed over at a time, in bytes: what has been handed over waits for a slow client out of
/// sight. A frame of HTTP/2 has as much unless both sides agree on more.
const PIECE: usize = 16 << 10;

/// Answers a connection's requests, HTTP/1.1 or HTTP/2, until either side ends it or its time is up.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    routes: Router,
    limits: &Connections,
    stop: &CancellationToken,
) {
    let activity = Activity::new();
    let watched = TokioIo::new(Watched { stream, activity: activity.clone() });
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let serving = activity.begin(request.version());
        answer(request, peer, routes.clone(), serving)
    });
    let builder = builder();
    let mut connection = pin!(builder.serve_connection(watched, service));
    let mut told_to_stop = pin!(stop.cancelled().fuse());
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(error, "connection failed");
                }
                return;
            }
            () = time_is_up(&activity, limits) => break,
            // What is being answered goes on.
            () = told_to_stop.as_mut() => connection.as_mut().graceful_shutdown(),
        }
    }
    tracing::debug!("connection timed out");
    // A client of HTTP/1 has nothing to come that it could be told of: half a header is all that it would be waited for.
    if !activity.is_http2() {
        return;
    }
    connection.as_mut().graceful_shutdown();
    // Who fails now was about to go.
    let _ = timeout(GOODBYE, connection).await;
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // Its own timer for headers runs while a connection is idle too, and so would end those that are kept for
    // the next request.
    builder.http1().header_read_timeout(None).max_buf_size(LARGEST_HEADER as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(Duration::from_secs(20)))
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(LARGEST_HEADER);
    builder
}

/// Completes when the connection has been silent for too long. Looks again several times within the shortest
/// timeout, because what a connection does changes which of them holds.
async fn time_is_up(activity: &Activity, limits: &Connections) {
    let shortest = limits.header_timeout.min(limits.idle_timeout).min(limits.stall_timeout);
    loop {
        let now = Instant::now();
        let look = now + shortest / 4;
        match activity.deadline(limits) {
            Some(deadline) if deadline <= now => return,
            deadline => sleep_until(deadline.map_or(look, |deadline| deadline.min(look))).await,
        }
    }
}

async fn answer(
    request: hyper::Request<Incoming>,
    peer: SocketAddr,
    routes: Router,
    serving: Serving,
) -> Result<Response, Infallible> {
    let mut request: Request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = routes.oneshot(request).await?;
    serving.waits_for_client();
    Ok(response.map(|body| Body::new(ServedBody { body, rest: Bytes::new(), serving })))
}

/// An answer's body, piece by piece: its request is being served until it is gone.
struct ServedBody {
    body: Body,
    /// What the body has given and the client has not asked for yet.
    rest: Bytes,
    serving: Serving,
}

impl HttpBody for ServedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.serving.is_read();
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        self.serving.waits_for_client();
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower().saturating_add(rest));
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper.saturating_add(rest));
        }
        whole
    }
}
