//! A refusal may leave most of an upload unread. Closing the connection then makes the kernel send a reset,
//! which can overtake the answer: the client sees a broken pipe instead of what was wrong. So what is left is
//! thrown away, within bounds, after the answer has gone out.
//!
//! Of HTTP/2, and where little is left, that is done here, and the connection goes on. A long rest of HTTP/1 ends its
//! connection, whose `serve::linger` throws it away without copying it: under overload it is most of what comes.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use http::header::CONNECTION;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;

use crate::serve::Lingering;

/// How much of a refused upload is thrown away: somewhat more than the default upload limit, so that whoever is just
/// over it reads why.
pub(crate) const MOST_BYTES: u64 = 64 << 20;

/// How long that may take.
pub(crate) const MOST_TIME: Duration = Duration::from_secs(5);

/// What is left of a body, at most, for its connection to be worth keeping, in bytes.
const LITTLE: u64 = 64 << 10;

/// Lets the rest of a body be thrown away after its handler has lost interest.
pub(crate) async fn drain_unread(request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<Lingering>().cloned();
    let ends = connection.clone();
    let mut response =
        next.run(request.map(|body| Body::new(DrainedBody { inner: Some(body), connection }))).await;
    if ends.is_some_and(|connection| connection.is_wanted()) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// A body that may be dropped before its end.
struct DrainedBody {
    /// `None` once the body has ended or failed.
    inner: Option<Body>,
    /// Of HTTP/1.
    connection: Option<Lingering>,
}

impl HttpBody for DrainedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(inner) = self.inner.as_mut() else {
            return Poll::Ready(None);
        };
        let frame = std::task::ready!(Pin::new(inner).poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            self.inner = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for DrainedBody {
    fn drop(&mut self) {
        let Some(body) = self.inner.take().filter(|inner| !inner.is_end_stream()) else { return };
        let is_long = body.size_hint().upper().is_none_or(|left| left > LITTLE);
        if let (Some(connection), true) = (&self.connection, is_long) {
            connection.want();
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout(MOST_TIME, read_away(body)));
        }
    }
}

async fn read_away(mut body: Body) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, |data| data.len() as u64);
        if read > MOST_BYTES {
            return;
        }
    }
}
