//! What every service does around its routes: logs, metrics, listening, and going away when asked to.

mod logging;
mod shutdown;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener as StdListener};

use anyhow::Context;
use axum::Router;
use axum::routing::get;
use imgpress_http::{Connections, Draining, Exposition};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use crate::settings::ServerSettings;

/// Connections at once to an address that shows metrics alone.
const MOST_SCRAPERS: usize = 64;

/// Connections that wait to be taken, at most; the system may have a lower limit of its own.
const BACKLOG: i32 = 1024;

/// A service that is about to run.
pub(crate) struct Server {
    listener: StdListener,
    address: SocketAddr,
    metrics: Option<StdListener>,
    exposition: Exposition,
    pub(crate) draining: Draining,
}

/// Runs a service on a runtime of its own.
pub(crate) fn block_on<T>(service: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?
        .block_on(service)
}

impl Server {
    /// Starts logs and metrics, and takes the addresses, so that what cannot start says so at once. Needs no runtime,
    /// and starts no thread.
    pub(crate) fn prepare(listen: SocketAddr, settings: &ServerSettings) -> anyhow::Result<Self> {
        logging::start(settings);
        let exposition = Exposition::install(env!("CARGO_PKG_VERSION")).context("starting metrics")?;
        let listener = bind(listen, "listen")?;
        let address = listener.local_addr().context("asking for the address")?;
        let metrics = settings.metrics_listen.map(|address| bind(address, "metrics-listen")).transpose()?;
        Ok(Self { listener, address, metrics, exposition, draining: Draining::default() })
    }

    /// The address that is listened on, its port known even if any was asked for.
    #[cfg(feature = "gateway")]
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The metrics, if they are to be shown on the public port.
    pub(crate) fn public_exposition(&self) -> Option<Exposition> {
        self.metrics.is_none().then(|| self.exposition.clone())
    }

    /// Serves until SIGTERM or Ctrl-C, then drains.
    pub(crate) async fn run(
        self,
        routes: Router,
        connections: Connections,
        settings: &ServerSettings,
    ) -> anyhow::Result<()> {
        let asked_to_stop = shutdown::signal()?;
        let grace = settings.shutdown_grace;
        tokio::spawn(self.exposition.clone().keep_up());
        let listener = TcpListener::from_std(self.listener).context("taking up the address")?;
        if let Some(metrics) = self.metrics {
            let listener = TcpListener::from_std(metrics).context("taking up the address of metrics")?;
            let exposition = self.exposition;
            let routes = Router::new().route("/metrics", get(move || exposition.show()));
            let connections = Connections { most: MOST_SCRAPERS, ..settings.connections() };
            tokio::spawn(imgpress_http::serve(
                listener,
                routes,
                connections,
                std::future::pending(),
                Draining::default(),
                grace,
            ));
        }
        tracing::info!(address = %self.address, version = env!("CARGO_PKG_VERSION"), "listening");
        imgpress_http::serve(listener, routes, connections, asked_to_stop, self.draining, grace).await;
        tracing::info!("stopped");
        Ok(())
    }
}

/// An address to connect to from this machine, for one to listen on, which may stand for all that it has.
pub(crate) fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn bind(address: SocketAddr, flag: &str) -> anyhow::Result<StdListener> {
    listen(address).with_context(|| {
        let variable = format!("IMGPRESS_{}", flag.to_uppercase().replace('-', "_"));
        format!("--{flag} ({variable}): cannot listen on {address}")
    })
}

fn listen(address: SocketAddr) -> io::Result<StdListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A service that starts again takes its address at once, whatever connections the one before has left.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}
