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
    known: Vec<(EngineUrl, Vec<SocketAddr>)>,
    lookup: Lookup,
}

impl Names {
    pub(super) fn new(urls: &EngineUrls, lookup: Lookup) -> Self {
        let fixed = |url: &EngineUrl| match url.addresses() {
            Addresses::Fixed(address) => vec![address],
            Addresses::Named(..) => Vec::new(),
        };
        Self { known: urls.iter().map(|url| (url.clone(), fixed(url))).collect(), lookup }
    }

    /// Whether there is nothing to look up.
    pub(super) fn all_fixed(&self) -> bool {
        self.known.iter().all(|(url, _)| matches!(url.addresses(), Addresses::Fixed(_)))
    }

    /// Every address with its URL, as they are known.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (&EngineUrl, SocketAddr)> {
        self.known.iter().flat_map(|(url, addresses)| addresses.iter().map(move |address| (url, *address)))
    }

    /// Looks all names up, all at once. A name that cannot be looked up keeps the addresses that it had: whoever answers
    /// for names may be away while the engines are not.
    pub(super) async fn look_up(&mut self) {
        let lookup = &self.lookup;
        join_all(self.known.iter_mut().map(async |(url, known)| {
            let Addresses::Named(name, port) = url.addresses() else { return };
            match lookup(name, port).await {
                Ok(mut found) if !found.is_empty() => {
                    // Names are answered in any order, and one address may be answered twice.
                    found.sort_unstable();
                    found.dedup();
                    *known = found;
                }
                Ok(_) => tracing::warn!(name = url.authority(), "an engine's name has no address"),
                Err(error) => {
                    tracing::warn!(name = url.authority(), %error, "an engine's name cannot be looked up");
                }
            }
        }))
        .await;
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
