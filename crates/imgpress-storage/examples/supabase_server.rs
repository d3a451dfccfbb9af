//! Runs the test server of Supabase Storage until its input ends: for tests in other languages. Prints its URL.

#![allow(clippy::print_stdout, reason = "the URL is what it is started for")]

use imgpress_storage::test_server::SupabaseServer;
use tokio::io::AsyncReadExt;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let server = SupabaseServer::start().await;
    println!("{}", server.url());
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    Ok(())
}
