use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

use super::address::Reachable;

/// How long a TCP connection may take: several retransmissions of a lost packet.
const CONNECT: Duration = Duration::from_secs(5);

/// How many addresses of a name are tried.
const MOST_ADDRESSES: usize = 4;

const NAME: &str = concat!("imgpress/", env!("CARGO_PKG_VERSION"));

/// Why a server could not be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    #[error("connecting")]
    Connect(#[from] io::Error),
    #[error("asking")]
    Ask(#[from] hyper::Error),
    #[error("forming the request")]
    Form(#[from] http::Error),
    #[error("the name leads to no address that may be reached")]
    NoAddress,
}

/// Asks the server of a URL, by its host's name, for what is there. The connection goes to an address that was looked at,
/// and no other.
pub(super) async fn ask(
    url: &Url,
    host: &str,
    reachable: Reachable,
    tls: &Arc<ClientConfig>,
) -> Result<Response<Incoming>, AskError> {
    let port = url.port_or_known_default().unwrap_or(443);
    let stream = connect(host, port, reachable).await?;
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the answer's body, or when that is no longer wanted.
    tokio::spawn(connection);
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let request = Request::get(path)
        .header(header::HOST, authority)
        .header(header::USER_AGENT, HeaderValue::from_static(NAME))
        .header(header::ACCEPT, HeaderValue::from_static("image/*"))
        .body(Empty::<Bytes>::new())?;
    Ok(sender.send_request(request).await?)
}

async fn connect(host: &str, port: u16, reachable: Reachable) -> Result<TcpStream, AskError> {
    let addresses: Vec<SocketAddr> = lookup_host((host, port)).await?.collect();
    let mut last = AskError::NoAddress;
    let allowed = addresses.into_iter().filter(|address| reachable.has(address.ip()));
    for address in allowed.take(MOST_ADDRESSES) {
        match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error.into(),
            Err(_) => last = io::Error::from(io::ErrorKind::TimedOut).into(),
        }
    }
    Err(last)
}
