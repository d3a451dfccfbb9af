//! `imgpress engine`: compression alone.

use std::process::ExitCode;
use std::sync::Arc;

use axum::routing::get;
use imgpress_engine::{EngineConfig, LocalEngine};
use imgpress_http::{Service, edge};

use crate::machine;
use crate::sandbox;
use crate::server::{Server, block_on};
use crate::settings::{EngineRoleSettings, EngineSettings, RequestSettings};

/// Bytes that may stay for the next picture, for each worker: as much as most take.
const KEPT_PER_WORKER: usize = 48 << 20;

/// Of the memory for pictures, no more than one part in so many stays between them.
const KEPT_SHARE: u64 = 8;

/// Runs until it is told to stop.
pub(crate) fn run(settings: &EngineRoleSettings) -> anyhow::Result<ExitCode> {
    let server = Server::prepare(settings.listen, &settings.server)?;
    let config = config(&settings.engine, &settings.request);
    #[cfg(feature = "heic")]
    imgpress_codec::load_decoders();
    // Between the last file that is read and the first thread: what is given up here, later threads never had.
    sandbox::enter(settings.sandbox)?;
    block_on(async {
        let engine = Arc::new(LocalEngine::new(config, server.draining.clone())?);
        let mut routes = imgpress_engine::router(engine);
        if let Some(exposition) = server.public_exposition() {
            routes = routes.route("/metrics", get(move || exposition.show()));
        }
        let routes = edge(routes, Service::Engine, server.draining.clone());
        server.run(routes, settings.server.connections(), &settings.server).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// The engine as it is set up. Reads what this process may use of the machine, and has the allocator keep what pictures need:
/// to be called before there are threads.
pub(super) fn config(settings: &EngineSettings, request: &RequestSettings) -> EngineConfig {
    imgpress_engine::metrics::describe();
    let workers = settings.workers.unwrap_or_else(machine::workers);
    let mut config = EngineConfig::new(workers, machine::memory());
    config.limits.max_pixels = settings.max_pixels.0;
    config.limits.max_side = settings.max_side;
    config.limits.max_animation_frames = settings.max_frames;
    config.limits.max_animation_pixels = settings.max_frame_pixels.0;
    config.limits.max_image_memory = settings.max_image_memory.as_u64();
    config.verify = settings.verify;
    config.max_upload_bytes = request.max_upload_bytes.as_u64();
    config.request_timeout = request.request_timeout;
    config.queue_timeout = settings.queue_timeout;
    if let Some(budget) = settings.memory_budget {
        config.memory_budget = budget.as_u64();
    }
    if let Some(queue) = settings.queue {
        config.queue = queue;
    }
    let share = usize::try_from(config.memory_budget / KEPT_SHARE).unwrap_or(usize::MAX);
    let kept = share.min(KEPT_PER_WORKER.saturating_mul(config.workers.get()));
    imgpress_malloc::keep_memory_between_pictures(kept, config.workers.get());
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    tracing::info!(
        workers = config.workers,
        queue = config.queue,
        pictures_mb = megabytes(config.memory_budget),
        uploads_mb = megabytes(config.upload_memory.max(config.max_upload_bytes)),
        kept_mb = megabytes(kept as u64),
        "the most memory that pictures and uploads may take together"
    );
    config
}
