use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::arrival::closed_loop;
use crate::client::Client;
use crate::memory::{Watch, resident};
use crate::server::Server;

/// How many stretches the soak is looked at in.
const PARTS: usize = 10;

/// How long memory that is given back late is waited for.
const REST: Duration = Duration::from_secs(5);

/// Compresses so many pictures, and prints the memory over time and what stays.
pub(crate) async fn run(
    server: &Server,
    requests: &[Vec<u8>],
    images: usize,
    connections: usize,
) -> Result<()> {
    let (client, requests) = (Arc::new(Client::new(server.port)), Arc::new(requests.to_vec()));
    println!("{:.0} MB before anything was asked\n", resident(server.pid));
    println!("| pictures | requests/s | most memory | after it |\n|---|---|---|---|");
    for part in 1..=PARTS {
        let watch = Watch::start(server.pid);
        let (rate, _) = closed_loop(&client, &requests, connections, images / PARTS).await?;
        let most = watch.most();
        tokio::time::sleep(REST).await;
        println!("| {} | {rate:.1} | {most:.0} MB | {:.0} MB |", images / PARTS * part, resident(server.pid));
    }
    Ok(())
}
