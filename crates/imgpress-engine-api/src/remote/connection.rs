//! Connections to one address, kept for the next request.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::Uri;
use http_body_util::combinators::UnsyncBoxBody;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

use super::upload::BrokenOff;

/// An engine is a neighbour: one that has not taken a connection by then, TLS included, will not.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Shorter than the engine keeps an idle connection, so that it is rarely the engine that closes one.
const IDLE_TIMEOUT: Duration = Duration::from_secs(3);

/// The body of a request.
pub(super) type Body = UnsyncBoxBody<Bytes, BrokenOff>;

/// The HTTP client of one address. It follows no redirect, and knows no proxy from the environment.
pub(super) type Client = legacy::Client<Connector, Body>;

type BoxError = Box<dyn Error + Send + Sync>;

/// A client whose connections all go to `address`, whatever name is in the request's URL. TLS goes by the name.
pub(super) fn client(address: SocketAddr, tls: &ClientConfig) -> Client {
    let tls = HttpsConnectorBuilder::new().with_tls_config(tls.clone()).https_or_http().enable_http1();
    legacy::Client::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_timer(TokioTimer::new())
        .build(Connector { tls: tls.wrap_connector(ToAddress(address)) })
}

/// TLS, 1.2 or 1.3, to whoever these certificates vouch for.
pub(super) fn tls(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}

/// Makes connections, within [`CONNECT_TIMEOUT`].
#[derive(Debug, Clone)]
pub(super) struct Connector {
    tls: HttpsConnector<ToAddress>,
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tls.poll_ready(context)
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let connecting = self.tls.call(url);
        Box::pin(async move { timeout(CONNECT_TIMEOUT, connecting).await? })
    }
}

#[derive(Debug, Clone, Copy)]
struct ToAddress(SocketAddr);

impl Service<Uri> for ToAddress {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let Self(address) = *self;
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(TokioIo::new(stream))
        })
    }
}
