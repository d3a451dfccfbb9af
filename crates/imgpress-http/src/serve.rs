//! Listening, and what connections may take: how many there are, and how long each may say nothing.
//!
//! hyper gives a connection that is silent all the time there is; what ends it here is a watch over what each
//! connection does (`activity`). Whoever is one too many reads why (`refusal`).

mod activity;
mod connection;
mod places;
mod refusal;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use ipnet::IpNet;
use metrics::{counter, gauge};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::places::Places;
pub use self::places::client_network;
use crate::Draining;

/// How long nothing is taken when the system has no more sockets to give.
const OUT_OF_SOCKETS: Duration = Duration::from_millis(100);

/// How long a drain goes on when all work has ended: a request that is on its way then is told to come again, where it would
/// find its connection closed. Without it that befell 3 of 1,200 clients on a machine with six times the work it can do.
const LAST_CALL: Duration = Duration::from_millis(200);

/// What connections may take.
#[derive(Debug, Clone)]
pub struct Connections {
    /// How many there may be at once.
    pub most: usize,
    /// How many of them one client may have: an IPv4 address, or an IPv6 /64.
    pub most_per_client: usize,
    /// Proxies, which have as many as they need.
    pub proxies: Vec<IpNet>,
    /// How long a request's header may take, from its first byte to its last; and a connection until its first.
    pub header_timeout: Duration,
    /// How long a connection may wait for its next request.
    pub idle_timeout: Duration,
    /// How long a client may read nothing of an answer.
    pub stall_timeout: Duration,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            most: 2048,
            most_per_client: 256,
            proxies: Vec::new(),
            header_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(60),
            stall_timeout: Duration::from_secs(30),
        }
    }
}

/// Serves until `shutdown` completes, then drains: readiness flips first, work in flight ends, new work is
/// answered 503, and after `grace` at the latest this returns.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    connections: Connections,
    shutdown: impl Future<Output = ()> + Send,
    draining: Draining,
    grace: Duration,
) {
    let server = Server::new(routes, connections);
    let begun = async {
        shutdown.await;
        tracing::info!(in_flight = draining.in_flight(), "draining");
        draining.begin();
    };
    tokio::select! {
        never = server.accept(&listener) => never,
        () = begun => {}
    }
    let finished = async {
        draining.finished().await;
        tokio::time::sleep(LAST_CALL).await;
    };
    let drained = async {
        tokio::select! {
            never = server.accept(&listener) => never,
            () = finished => {}
        }
        server.stop.cancel();
        server.tasks.close();
        server.tasks.wait().await;
    };
    if tokio::time::timeout(grace, drained).await.is_err() {
        tracing::warn!(connections = server.tasks.len(), "the grace is over; what still runs is dropped");
    }
}

struct Server {
    routes: Router,
    connections: Connections,
    places: Arc<Places>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Server {
    fn new(routes: Router, connections: Connections) -> Self {
        let places = Arc::new(Places::new(&connections));
        Self { routes, connections, places, tasks: TaskTracker::new(), stop: CancellationToken::new() }
    }

    async fn accept(&self, listener: &TcpListener) -> ! {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => self.take(stream, peer),
                Err(error) if is_the_clients(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "cannot accept connections");
                    tokio::time::sleep(OUT_OF_SOCKETS).await;
                }
            }
        }
    }

    fn take(&self, stream: TcpStream, peer: SocketAddr) {
        // Answers are written whole: waiting to fill a packet only adds latency.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY");
        }
        let Some(place) = self.places.take(peer.ip()) else {
            counter!("http_connections_refused_total").increment(1);
            if let Err(error) = self.refuse(stream) {
                tracing::debug!(%error, "a connection too many went before it was told");
            }
            return;
        };
        let (routes, limits, stop) = (self.routes.clone(), self.connections.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            gauge!("http_connections_open").increment(1);
            connection::serve(stream, peer, routes, &limits, &stop).await;
            gauge!("http_connections_open").decrement(1);
            drop(place);
        });
    }

    /// Tells everybody, and waits for as many to hear it as there are places for.
    fn refuse(&self, stream: TcpStream) -> io::Result<()> {
        let refused = refusal::refuse(stream)?;
        let Some(place) = self.places.take_for_refusal() else {
            refused.close();
            return Ok(());
        };
        self.tasks.spawn(async move {
            let lingered = refused.linger().await;
            drop(place);
            lingered
        });
        Ok(())
    }
}

/// Whether it was the client that went away before it was taken.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
