use std::ops::Deref;
use std::sync::Arc;

use imgpress_engine_api::Engine;
use imgpress_http::Draining;
use imgpress_storage::Storage;

use crate::idempotency::Idempotency;
use crate::limits::Limits;
use crate::recent::Remembered;
use crate::result_cache::ResultCache;
use crate::routes::ready::Readiness;
use crate::shared::Shared;
use crate::{ApiKeys, GatewayConfig, Tinify, Tracer};

/// What the gateway works with. Made once, at the start.
pub struct App {
    pub(crate) config: GatewayConfig,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) api_keys: ApiKeys,
    pub(crate) draining: Draining,
    pub(crate) limits: Limits,
    pub(crate) readiness: Readiness,
    pub(crate) tinify: Option<Tinify>,
    pub(crate) idempotency: Option<Arc<Idempotency>>,
    pub(crate) results: Option<ResultCache>,
    pub(crate) tracer: Option<Tracer>,
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        config: GatewayConfig,
        engine: Arc<dyn Engine>,
        storage: Arc<dyn Storage>,
        api_keys: ApiKeys,
        draining: Draining,
    ) -> Self {
        let limits = Limits::new(&config);
        let readiness = Readiness::default();
        Self {
            config,
            engine,
            storage,
            api_keys,
            draining,
            limits,
            readiness,
            tinify: None,
            idempotency: None,
            results: None,
            tracer: None,
        }
    }

    /// Counts by client together with the other gateways that share this.
    #[must_use]
    pub fn sharing(self, shared: Arc<Shared>) -> Self {
        Self { limits: self.limits.shared_through(shared), ..self }
    }

    /// Honours `Idempotency-Key`, together with the gateways that share this.
    #[must_use]
    pub fn with_idempotency_keys(self, bounds: Remembered, shared: Option<Arc<Shared>>) -> Self {
        let idempotency = (bounds.most > 0).then(|| Arc::new(Idempotency::new(bounds, shared)));
        Self { idempotency, ..self }
    }

    /// Remembers what came of uploads, together with the gateways that share this.
    #[must_use]
    pub fn with_result_cache(self, bounds: Remembered, shared: Option<Arc<Shared>>) -> Self {
        let results = (bounds.most > 0).then(|| ResultCache::new(bounds, shared));
        Self { results, ..self }
    }

    /// Traces requests.
    #[must_use]
    pub fn with_tracer(self, tracer: Tracer) -> Self {
        Self { tracer: Some(tracer), ..self }
    }

    /// Speaks Tinify's API too.
    #[must_use]
    pub fn with_tinify(self, tinify: Tinify) -> Self {
        Self { tinify: Some(tinify), ..self }
    }
}

/// A handle to the [`App`], for every handler.
#[derive(Clone)]
pub struct AppState(Arc<App>);

impl From<App> for AppState {
    fn from(app: App) -> Self {
        Self(Arc::new(app))
    }
}

impl Deref for AppState {
    type Target = App;

    fn deref(&self) -> &App {
        &self.0
    }
}
