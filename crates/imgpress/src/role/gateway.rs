//! `imgpress gateway`: the public API in front of an engine.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use imgpress_engine_api::Engine;
use imgpress_gateway::{
    App, GatewayConfig, Page, RateLimit, RedisUrl, Remembered, Shared, Tinify, TinifyConfig,
};
use secrecy::ExposeSecret;

use crate::cli::Usage;
use crate::role::api_key::Access;
use crate::role::engines::remote_engine;
use crate::role::store::{Store, client_prefixes, open_store};
use crate::role::traces::Traces;
use crate::server::{Server, block_on};
use crate::settings::{
    ApiSettings, GatewayRoleSettings, RequestSettings, SharingSettings, StorageSettings, Switch,
    TinifySettings,
};

/// The folder in the data folder for what clients of TinyPNG may still ask for.
const RESULTS: &str = "tinify";

/// The file there that keeps how many images they have compressed.
const COUNTS: &str = "tinify-counts.json";

/// Runs until it is told to stop.
pub(crate) fn run(settings: Box<GatewayRoleSettings>) -> anyhow::Result<ExitCode> {
    imgpress_malloc::give_back_large_blocks();
    block_on(async move {
        let access = Access::establish(settings.listen, &settings.api, &settings.storage.data_dir)?;
        let server = Server::prepare(settings.listen, &settings.server)?;
        let engine = remote_engine(&settings.engines)?;
        let GatewayRoleSettings { api, request, storage, tinify, sharing, trace, .. } = &*settings;
        let front = Front { api, request, storage, tinify, sharing };
        let traces = Traces::start(trace)?;
        let app = front.app(Arc::new(engine), access, &server).await?;
        let routes = imgpress_gateway::router(traces.of(app).into(), server.public_exposition());
        server.run(routes, settings.api.connections(&settings.server), &settings.server).await?;
        traces.finish().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// The settings of the public side, the same with an engine embedded or elsewhere.
pub(super) struct Front<'a> {
    pub(super) api: &'a ApiSettings,
    pub(super) request: &'a RequestSettings,
    pub(super) storage: &'a StorageSettings,
    pub(super) tinify: &'a TinifySettings,
    pub(super) sharing: &'a SharingSettings,
}

impl Front<'_> {
    /// The public API before an engine.
    pub(super) async fn app(
        &self,
        engine: Arc<dyn Engine>,
        access: Access,
        server: &Server,
    ) -> anyhow::Result<App> {
        let Store { storage, spool_dir } = open_store(self.storage, server.address()).await?;
        let page = match self.api.page {
            Switch::On => Page::On { key_was_made_here: access.generated.is_some() },
            Switch::Off => Page::Off,
        };
        let config = GatewayConfig {
            max_upload_bytes: self.request.max_upload_bytes.as_u64(),
            request_timeout: self.request.request_timeout,
            rate_limit: RateLimit { max: self.api.rate_limit_max, window: self.api.rate_limit_window },
            wrong_keys: RateLimit { max: self.api.wrong_keys_max, ..RateLimit::default() },
            trusted_proxies: self.api.trusted_proxies.clone(),
            cors_origins: self.api.cors_origins.clone(),
            page,
            client_prefixes: client_prefixes(self.storage)?,
            spool_dir: spool_dir.clone(),
        };
        let shared = open_shared(self.sharing).await?;
        let mut app = App::new(config, engine, storage, access.api_keys, server.draining.clone());
        if let Some(shared) = &shared {
            app = app.sharing(Arc::clone(shared));
        }
        let sharing = self.sharing;
        let answers = Remembered { most: sharing.idempotency_keys, keep_for: sharing.idempotency_keep_for };
        let results = Remembered { most: sharing.result_cache, keep_for: sharing.result_cache_keep_for };
        app = app.with_idempotency_keys(answers, shared.clone()).with_result_cache(results, shared.clone());
        match self.tinify.tinify {
            Switch::On => Ok(app.with_tinify(self.open_tinify(spool_dir, server, shared).await?)),
            Switch::Off => Ok(app),
        }
    }

    async fn open_tinify(
        &self,
        temp_dir: PathBuf,
        server: &Server,
        shared: Option<Arc<Shared>>,
    ) -> anyhow::Result<Tinify> {
        let data_dir = &self.storage.data_dir;
        let public_url = self.storage.public_url.as_ref().map(ToString::to_string);
        let config = TinifyConfig {
            temp_dir,
            results_dir: data_dir.join(RESULTS),
            counts_file: data_dir.join(COUNTS),
            public_url: public_url.unwrap_or_else(|| local_url(server.address())),
            keep_for: self.tinify.tinify_keep_for,
            keep_bytes: self.tinify.tinify_keep_bytes.as_u64(),
            source_hosts: self.tinify.allow_source_urls.clone(),
            store_endpoints: self.tinify.allow_store_endpoints.clone(),
            shared,
        };
        let opened = Tinify::open(config).await;
        opened
            .with_context(|| format!("--data-dir (IMGPRESS_DATA_DIR): {} cannot be used", data_dir.display()))
    }
}

/// What this gateway shares with others, if it is told through what. A Redis that is away ends no start.
async fn open_shared(settings: &SharingSettings) -> anyhow::Result<Option<Arc<Shared>>> {
    let Some(url) = &settings.redis_url else { return Ok(None) };
    let refused = |error: &dyn std::fmt::Display| Usage(format!("--redis-url (REDIS_URL): {error}"));
    let url: RedisUrl = url.expose_secret().parse().map_err(|error| refused(&error))?;
    let shared = Shared::connect(&url, settings.redis_timeout).await.map_err(|error| refused(&error))?;
    Ok(Some(Arc::new(shared)))
}

/// The URL under which a browser of this machine reaches an address.
pub(super) fn local_url(address: SocketAddr) -> String {
    format!("http://{address}")
}
