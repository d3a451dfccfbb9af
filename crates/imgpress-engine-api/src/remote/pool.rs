//! The engines that there are.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ClientConfig;
use tokio::sync::watch;
use tokio::time::timeout;

use super::connection::CONNECT_TIMEOUT;
use super::endpoint::Endpoint;
use super::urls::{EngineUrl, MOST_ENGINES};

/// All engines, ejected ones too.
pub(super) struct Pool {
    engines: RwLock<Arc<[Arc<Endpoint>]>>,
    tls: ClientConfig,
    /// Whether it is known what there is.
    known: watch::Sender<bool>,
}

impl Pool {
    pub(super) fn new(tls: ClientConfig) -> Self {
        Self { engines: RwLock::new(Arc::new([])), tls, known: watch::Sender::new(false) }
    }

    /// The engines at this moment. Waits for the first answer to what their names stand for, but not for long.
    pub(super) async fn engines(&self) -> Arc<[Arc<Endpoint>]> {
        let known = *self.known.borrow();
        if !known {
            // Late or not, what there is then is what there is.
            let _ = timeout(CONNECT_TIMEOUT, self.known.subscribe().wait_for(|known| *known)).await;
        }
        self.now()
    }

    /// From now on there are these, 64 at most. Who was there before stays as it is: its connections, its number and what
    /// is known of its health. Who is no longer there finishes what it has. Gives how many there are.
    pub(super) fn set<'a>(&self, found: impl Iterator<Item = (&'a EngineUrl, SocketAddr)>) -> usize {
        let before = self.now();
        let mut numbers =
            (0..MOST_ENGINES * 2).filter(|number| !before.iter().any(|engine| engine.number() == *number));
        let mut engines: Vec<Arc<Endpoint>> = Vec::new();
        for (url, address) in found {
            let named_twice = engines.iter().any(|engine| engine.is_at(url, address));
            if named_twice || engines.len() == MOST_ENGINES {
                continue;
            }
            engines.push(match before.iter().find(|engine| engine.is_at(url, address)) {
                Some(here) => Arc::clone(here),
                None => self.engine_found(numbers.next().unwrap_or(MOST_ENGINES), url, address),
            });
        }
        for gone in before.iter().filter(|engine| !engines.iter().any(|still| Arc::ptr_eq(still, engine))) {
            tracing::info!(engine = gone.number(), address = %gone.address(), "engine is no longer named");
        }
        let count = engines.len();
        *self.engines.write().unwrap_or_else(PoisonError::into_inner) = engines.into();
        self.known.send_replace(true);
        count
    }

    fn now(&self) -> Arc<[Arc<Endpoint>]> {
        Arc::clone(&self.engines.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn engine_found(&self, number: usize, url: &EngineUrl, address: SocketAddr) -> Arc<Endpoint> {
        tracing::info!(engine = number, %address, name = url.authority(), "engine found");
        Endpoint::new(number, url.clone(), address, &self.tls)
    }
}
