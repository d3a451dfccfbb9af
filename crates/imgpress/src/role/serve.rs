//! `imgpress serve`: everything in one process.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use imgpress_engine::LocalEngine;
use secrecy::{ExposeSecret, SecretString};

use crate::role::api_key::Access;
use crate::role::engine::config;
use crate::role::gateway::{Front, local_url};
use crate::role::traces::Traces;
use crate::server::{Server, block_on, reachable};
use crate::settings::ServeSettings;

/// Runs until it is told to stop.
pub(crate) fn run(settings: Box<ServeSettings>) -> anyhow::Result<ExitCode> {
    let access = Access::establish(settings.listen, &settings.api, &settings.storage.data_dir)?;
    let generated = access.generated.clone();
    let server = Server::prepare(settings.listen, &settings.server)?;
    let config = config(&settings.engine, &settings.request);
    block_on(async move {
        let engine = Arc::new(LocalEngine::new(config, server.draining.clone())?);
        let ServeSettings { api, request, storage, tinify, sharing, trace, .. } = &*settings;
        let front = Front { api, request, storage, tinify, sharing };
        let traces = Traces::start(trace)?;
        let app = front.app(engine, access, &server).await?;
        let routes = imgpress_gateway::router(traces.of(app).into(), server.public_exposition());
        show_banner(server.address(), generated.as_ref());
        server.run(routes, settings.api.connections(&settings.server), &settings.server).await?;
        traces.finish().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Says how to use what is about to run. Only a key that was made here is shown: the others are known to
/// whoever set them.
#[expect(clippy::print_stderr, reason = "for the person at the console, not for the log")]
fn show_banner(address: SocketAddr, generated: Option<&SecretString>) {
    let url = local_url(reachable(address));
    let key = generated.map_or("YOUR-KEY", |key| key.expose_secret());
    eprintln!("\n  imgpress {} is at {url}/\n", env!("CARGO_PKG_VERSION"));
    eprintln!("  Make an image smaller:\n");
    eprintln!("    curl -H 'x-api-key: {key}' -F image=@photo.png {url}/compress\n");
}
