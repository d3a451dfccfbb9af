//! Tinify's API beside our own: who has a client of TinyPNG points it here and changes nothing else. What differs is said
//! in docs/TINIFY.md.
//!
//! An upload is compressed once, and kept with what came of it for a while, so that the client can fetch it, and have
//! others made of the original.

mod commands;
mod counts;
mod results;
mod routes;
mod source_url;
mod store;
mod wire;
mod words;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::routes::routes;
pub use self::source_url::{SourceHosts, SourceHostsMalformed};
pub use self::store::{StoreEndpoints, StoreEndpointsMalformed};

use crate::Shared;

use self::counts::Counts;
use self::results::{Bounds, Results};
use self::source_url::Fetcher;
use self::store::ClientStores;

/// What an operator decides about Tinify's API.
#[derive(Debug, Clone)]
pub struct TinifyConfig {
    /// The folder for temporary files.
    pub temp_dir: PathBuf,
    /// The folder of results, on the same file system. Made if need be.
    pub results_dir: PathBuf,
    /// The file that keeps how many images were compressed by each key, on the same file system.
    pub counts_file: PathBuf,
    /// Where the public reaches this service: without a slash at its end.
    pub public_url: String,
    /// How long a result is kept.
    pub keep_for: Duration,
    /// The most bytes that results may take together; the newest is kept in any case.
    pub keep_bytes: u64,
    /// From where images may be fetched. `None`: from nowhere.
    pub source_hosts: Option<SourceHosts>,
    /// Where clients may have images stored, with keys of theirs. `None`: nowhere.
    pub store_endpoints: Option<StoreEndpoints>,
    /// What several gateways share: counts of compressed images are among it.
    pub shared: Option<Arc<Shared>>,
}

/// What Tinify's API works with. Made once, at the start.
pub struct Tinify {
    results: Arc<Results>,
    counts: Counts,
    fetcher: Option<Fetcher>,
    stores: Option<ClientStores>,
    public_url: String,
}

impl Tinify {
    /// Opens the folder of results, where those of an earlier start may be, and the file of counts.
    ///
    /// # Errors
    /// The folder cannot be made or read, or TLS cannot be set up while images may be fetched or stored elsewhere.
    pub async fn open(config: TinifyConfig) -> io::Result<Self> {
        let bounds = Bounds { age: config.keep_for, bytes: config.keep_bytes };
        let results = Results::open(config.results_dir, config.temp_dir.clone(), bounds).await?;
        let results = Arc::new(results);
        tokio::spawn(results::sweep_while_used(Arc::downgrade(&results)));
        let counts = Counts::read(config.counts_file, config.temp_dir, config.shared).await;
        let fetcher = config.source_hosts.map(Fetcher::new).transpose()?;
        let stores = config.store_endpoints.map(ClientStores::new).transpose()?;
        Ok(Self { results, counts, fetcher, stores, public_url: config.public_url })
    }
}
