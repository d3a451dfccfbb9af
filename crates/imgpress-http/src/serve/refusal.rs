use std::time::Duration;

use imgpress_engine_api::wire::ErrorBody;
use imgpress_engine_api::{ErrorCode, Failure, RequestId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a refused client is dealt with, and how much of what it sends is read away: closing with bytes unread
/// would reset the connection, and the answer with it.
const MOST_TIME: Duration = Duration::from_secs(1);
const MOST_BYTES: u64 = 256 << 10;

/// Tells a client in HTTP/1.1 that there is no place for its connection.
pub(super) async fn refuse(mut stream: TcpStream) {
    // Whoever does not listen is not waited for.
    let _ = timeout(MOST_TIME, async {
        stream.write_all(&answer()).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(MOST_BYTES), &mut tokio::io::sink()).await
    })
    .await;
}

fn answer() -> Vec<u8> {
    let failure = Failure::new(
        ErrorCode::Overloaded,
        "There are too many connections; close those that you do not need, and try again.",
    );
    let id = RequestId::random();
    let body = serde_json::to_vec(&ErrorBody::new(&failure, &id)).unwrap_or_default();
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json; charset=utf-8\r\n\
         content-length: {}\r\ncache-control: no-store\r\nretry-after: 1\r\nx-request-id: {}\r\n\
         connection: close\r\n\r\n",
        body.len(),
        id.as_str(),
    );
    [head.into_bytes(), body].concat()
}
