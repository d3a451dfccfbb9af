use std::error::Error;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use http::header::{RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};

use crate::trust::{tls_client, trusted_certificates};
use crate::{BaseUrl, Blob};

/// The body of a request.
pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// The HTTP client of one store elsewhere. It follows no redirect, which would take the key along, and knows no proxy
/// from the environment.
pub(crate) struct Client {
    http: legacy::Client<HttpsConnector<HttpConnector>, Body>,
    headers: HeaderMap,
}

impl Client {
    /// A client for this URL that sends these headers with every request.
    pub(crate) fn new(url: &BaseUrl, headers: HeaderMap) -> Result<Self, rustls::Error> {
        Ok(Self::trusting(tls(url)?, headers))
    }

    /// A client for any URL.
    pub(crate) fn of_any() -> Result<Self, rustls::Error> {
        Ok(Self::trusting(tls_client(trusted_certificates())?, HeaderMap::new()))
    }

    fn trusting(tls: ClientConfig, mut headers: HeaderMap) -> Self {
        headers.insert(USER_AGENT, NAME);
        let http = legacy::Client::builder(TokioExecutor::new())
            // After an early refusal the store leaves the upload unread, and the next request on that connection
            // would hang: a connection serves one request.
            .pool_max_idle_per_host(0)
            .build(connector(tls));
        Self { http, headers }
    }

    /// A request to be given headers and a body.
    pub(crate) fn request(&self, method: Method, url: &str) -> http::request::Builder {
        let mut request = Request::builder().method(method).uri(url);
        if let Some(headers) = request.headers_mut() {
            headers.clone_from(&self.headers);
        }
        request
    }

    /// Sends a request and waits for the head of the answer.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Incoming>, legacy::Error> {
        self.http.request(request).await
    }
}

/// The body of a request that has none.
pub(crate) fn no_body() -> Body {
    Body::new(Empty::new().map_err(|never| match never {}))
}

/// The body of a request that sends a blob, chunk by chunk.
pub(crate) fn blob_body(blob: &Blob) -> Body {
    Body::new(StreamBody::new(blob.chunks().map_ok(Frame::data)))
}

/// A text from outside without the secrets, should it repeat them, and without anything but printable ASCII.
pub(crate) fn without_secrets<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    let scrubbed = secrets.into_iter().fold(text.to_owned(), |text, secret| text.replace(secret, "[secret]"));
    scrubbed.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(LONGEST_TEXT).collect()
}

/// The longest text of another machine that goes into a log line, in characters.
const LONGEST_TEXT: usize = 300;

/// The most that is read of an answer, in bytes. The real ones have a few hundred.
const LONGEST: usize = 16 * 1024;

/// The start of an answer's body.
pub(crate) async fn start_of_body(mut body: Incoming) -> Vec<u8> {
    let mut start = Vec::new();
    // A body that breaks off is judged by its HTTP status alone.
    while let Some(Ok(frame)) = body.frame().await {
        let chunk = frame.into_data().unwrap_or_default();
        let room = LONGEST - start.len();
        start.extend_from_slice(&chunk[..room.min(chunk.len())]);
        if start.len() == LONGEST {
            break;
        }
    }
    start
}

/// How long a store asks to wait, in whole seconds; the form with a date is for caches, and no store was seen to send it.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

/// How long a readiness probe waits: it is asked every few seconds, and an orchestrator's own limit is short.
pub(crate) const PROBE: Duration = Duration::from_secs(3);

/// An error with what lies behind it, in one line.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A browser-like one is refused together with a secret key.
pub(crate) const NAME: HeaderValue =
    HeaderValue::from_static(concat!("imgpress/", env!("CARGO_PKG_VERSION")));
/// How long a TCP connection may take: several retransmissions of a lost packet.
const CONNECT: Duration = Duration::from_secs(5);

fn connector(tls: ClientConfig) -> HttpsConnector<HttpConnector> {
    let mut tcp = HttpConnector::new();
    tcp.set_connect_timeout(Some(CONNECT));
    tcp.set_nodelay(true);
    tcp.enforce_http(false);
    HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp)
}

/// For plain HTTP nobody has to be trusted.
fn tls(url: &BaseUrl) -> Result<ClientConfig, rustls::Error> {
    let is_https = url.as_str().starts_with("https:");
    tls_client(if is_https { trusted_certificates() } else { RootCertStore::empty() })
}
