//! The engine in this process and the engine behind a socket keep the same promises.

mod server;

use std::error::Error;

use imgpress_engine::LocalEngine;
use imgpress_engine_api::conformance;
use imgpress_engine_api::remote::{RemoteConfig, RemoteEngine};
use imgpress_http::Draining;

#[tokio::test]
async fn the_local_engine_keeps_its_promises() {
    let engine = LocalEngine::new(server::config(), Draining::default()).unwrap();
    conformance::run(&engine).await;
}

#[tokio::test]
async fn the_engine_behind_a_socket_keeps_its_promises() {
    let server = server::start(server::config()).await;
    conformance::run(&remote(&[&server]).unwrap()).await;
}

#[tokio::test]
async fn three_engines_keep_the_promises_of_one() {
    let servers = [
        server::start(server::config()).await,
        server::start(server::config()).await,
        server::start(server::config()).await,
    ];
    conformance::run(&remote(&servers.each_ref()).unwrap()).await;
}

fn remote(servers: &[&server::Server]) -> Result<RemoteEngine, Box<dyn Error>> {
    let urls: Vec<&str> = servers.iter().map(|server| server.url.as_str()).collect();
    Ok(RemoteEngine::new(RemoteConfig::new(urls.join(",").parse()?))?)
}
