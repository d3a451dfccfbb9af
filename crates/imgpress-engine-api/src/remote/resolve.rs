//! What addresses the engines' names have at the moment.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use tokio::time::sleep;

use super::pool::Pool;
use super::urls::{Addresses, EngineUrl, EngineUrls};

/// How soon names are looked up again that have no address yet.
const WITHOUT_ANY: Duration = Duration::from_secs(1);

/// How a name's addresses are found.
pub(super) type Lookup =
    Arc<dyn Fn(String, u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// The engines' URLs with what addresses they had when they were last looked up.
pub(super) struct Names {
    names: Vec<Name>,
    lookup: Lookup,
}

struct Name {
    url: EngineUrl,
    addresses: Vec<SocketAddr>,
    /// Whether the last lookup found nothing: that is said once.
    lost: bool,
}

impl Names {
    pub(super) fn new(urls: &EngineUrls, lookup: Lookup) -> Self {
        let name = |url: &EngineUrl| {
            let addresses = match url.addresses() {
                Addresses::Fixed(address) => vec![address],
                Addresses::Named(..) => Vec::new(),
            };
            Name { url: url.clone(), addresses, lost: false }
        };
        Self { names: urls.iter().map(name).collect(), lookup }
    }

    /// Whether there is nothing to look up.
    pub(super) fn all_fixed(&self) -> bool {
        self.names.iter().all(|name| matches!(name.url.addresses(), Addresses::Fixed(_)))
    }

    /// Every address with its URL, as they are known.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (&EngineUrl, SocketAddr)> {
        self.names.iter().flat_map(|name| name.addresses.iter().map(|address| (&name.url, *address)))
    }

    /// Looks all names up, all at once.
    pub(super) async fn look_up(&mut self) {
        let lookup = &self.lookup;
        join_all(self.names.iter_mut().map(async |name| {
            if let Addresses::Named(host, port) = name.url.addresses() {
                name.found(lookup(host, port).await);
            }
        }))
        .await;
    }
}

impl Name {
    /// A name that cannot be looked up keeps the addresses that it had: whoever answers for names may be away while the
    /// engines are not.
    fn found(&mut self, found: io::Result<Vec<SocketAddr>>) {
        let found = found.and_then(|found| {
            if found.is_empty() { Err(io::Error::other("it has no address")) } else { Ok(found) }
        });
        match found {
            Ok(mut found) => {
                // Names are answered in any order.
                found.sort_unstable();
                self.addresses = found;
                self.lost = false;
            }
            Err(error) if !std::mem::replace(&mut self.lost, true) => {
                tracing::warn!(name = self.url.authority(), %error, "an engine's name cannot be looked up");
            }
            Err(_) => {}
        }
    }
}

/// Asks the system, as every program does.
pub(super) fn system() -> Lookup {
    Arc::new(|name, port| {
        Box::pin(async move { Ok(tokio::net::lookup_host((name.as_str(), port)).await?.collect()) })
    })
}

/// Keeps a pool at what its names stand for, until it is gone.
pub(super) async fn keep_up(mut names: Names, pool: Weak<Pool>, interval: Duration) {
    loop {
        names.look_up().await;
        let Some(pool) = pool.upgrade() else { return };
        let count = pool.set(names.addresses());
        drop(pool);
        sleep(if count == 0 { interval.min(WITHOUT_ANY) } else { interval }).await;
    }
}
