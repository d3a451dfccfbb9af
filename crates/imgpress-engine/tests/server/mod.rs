//! An engine behind a real socket.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::num::NonZeroUsize;
use std::sync::Arc;

use imgpress_engine::{EngineConfig, LocalEngine, router};
use imgpress_http::{Draining, Service, edge};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running engine; it ends with the test.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) engine: Arc<LocalEngine>,
    pub(crate) draining: Draining,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Two workers, and uploads of at most 2 MB.
pub(crate) fn config() -> EngineConfig {
    let two = NonZeroUsize::new(2).unwrap();
    EngineConfig { max_upload_bytes: 2_000_000, ..EngineConfig::new(two, 1 << 30) }
}

pub(crate) async fn start(config: EngineConfig) -> Server {
    let draining = Draining::default();
    let engine = Arc::new(LocalEngine::new(config, draining.clone()).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = edge(router(Arc::clone(&engine)), Service::Engine, draining.clone());
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
    Server { url, engine, draining, serving }
}
