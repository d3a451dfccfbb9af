//! Runs the test server of S3 until its input ends: for tests in other languages. Prints a line each: its URL, the bucket, the
//! id of its key and the secret.

#![allow(clippy::print_stdout, reason = "the URL is what it is started for")]

use imgpress_storage::test_server::S3Server;
use tokio::io::AsyncReadExt;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let server = S3Server::start().await;
    for line in [&server.url(), S3Server::BUCKET, S3Server::KEY_ID, S3Server::SECRET] {
        println!("{line}");
    }
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    Ok(())
}
