//! Images that are fetched from a URL: only from hosts that the operator named, over TLS, and from addresses of the public
//! internet alone, whatever a name server or a redirect says.

mod address;
mod connection;
mod hosts;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt, try_unfold};
use headers::{ContentLength, HeaderMapExt};
use http::{Response, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use imgpress_engine_api::{ErrorCode, Failure};
use imgpress_storage::{tls_client, trusted_certificates};
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

pub use self::hosts::{SourceHosts, SourceHostsMalformed};

use self::address::Reachable;
use self::connection::ask;
use crate::upload::too_large;

/// How many times a server may send on to another place.
const MOST_REDIRECTS: usize = 3;

/// How long fetching may take, from the first name that is looked up to the last byte.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest URL, in bytes.
const LONGEST_URL: usize = 2048;

/// Fetches images.
pub(super) struct Fetcher {
    hosts: SourceHosts,
    reachable: Reachable,
    patience: Duration,
    tls: Arc<ClientConfig>,
}

impl Fetcher {
    /// Fetches from these hosts.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub(super) fn new(hosts: SourceHosts) -> io::Result<Self> {
        let tls = tls_client(trusted_certificates()).map_err(io::Error::other)?;
        Ok(Self { hosts, reachable: Reachable::Public, patience: PATIENCE, tls: Arc::new(tls) })
    }

    /// An image as it arrives, and its length where the server says it.
    ///
    /// # Errors
    /// The URL is none that is fetched from, or nothing is to be had there; the image is larger than `max_bytes`. The stream
    /// fails where it takes too long.
    pub(super) async fn fetch(
        &self,
        url: &str,
        max_bytes: u64,
    ) -> Result<(BoxStream<'static, Result<Bytes, Failure>>, Option<u64>), Failure> {
        let deadline = Instant::now() + self.patience;
        let url = Url::parse(url).ok().filter(|_| url.len() <= LONGEST_URL);
        let url = url.ok_or_else(|| {
            not_found("The source's URL is none; it is written like https://example.com/a.jpg.")
        })?;
        let answer =
            timeout_at(deadline, self.follow(url)).await.map_err(|_| unreachable("it took too long"))??;
        let length = answer.headers().typed_get::<ContentLength>().map(|length| length.0);
        if length.is_some_and(|length| length > max_bytes) {
            return Err(too_large(max_bytes));
        }
        let chunks = try_unfold(answer.into_body(), move |mut body| async move {
            loop {
                let frame =
                    timeout_at(deadline, body.frame()).await.map_err(|_| unreachable("it took too long"))?;
                let Some(frame) = frame else { return Ok(None) };
                if let Ok(data) = frame.map_err(unreachable)?.into_data() {
                    return Ok(Some((data, body)));
                }
            }
        });
        Ok((chunks.boxed(), length))
    }

    /// Asks until a server has the image. Each place is held against the rules anew.
    async fn follow(&self, mut url: Url) -> Result<Response<Incoming>, Failure> {
        for _ in 0..=MOST_REDIRECTS {
            let host = self.allowed_host(&url)?.to_owned();
            let answer = ask(&url, &host, self.reachable, &self.tls).await.map_err(unreachable)?;
            if answer.status() == http::StatusCode::OK {
                return Ok(answer);
            }
            let location = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
            let next =
                location.filter(|_| answer.status().is_redirection()).map(|location| url.join(location));
            let Some(Ok(next)) = next.filter(|_| url.as_str().len() <= LONGEST_URL) else {
                return Err(unreachable(format!("the server answered {}", answer.status())));
            };
            url = next;
        }
        Err(unreachable("the server sends on and on"))
    }

    /// The name of the host that a URL leads to, if images may be fetched from there.
    fn allowed_host<'a>(&self, url: &'a Url) -> Result<&'a str, Failure> {
        let plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
        let own_port = url.port().is_none() || self.reachable != Reachable::Public;
        if !plain || !own_port {
            return Err(not_found(
                "Images are fetched over https alone, without a user or a port in the URL.",
            ));
        }
        match url.host() {
            Some(Host::Domain(name)) if self.hosts.has(name) => Ok(name),
            _ => Err(not_found("Images are not fetched from that host here; an operator can allow it.")),
        }
    }
}

fn not_found(message: &'static str) -> Failure {
    Failure::new(ErrorCode::SourceNotFound, message)
}

/// One answer for all that a name server or another server can do: what is where is nobody's business.
fn unreachable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    not_found("The image could not be fetched from its URL.").caused_by(cause)
}

#[cfg(test)]
mod tests;
