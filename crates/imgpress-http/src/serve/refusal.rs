use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream as StdTcpStream};
use std::time::Duration;

use imgpress_engine_api::wire::ErrorBody;
use imgpress_engine_api::{ErrorCode, Failure, RequestId};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a refused client is waited for, and how much of what it sends is read away: closing with bytes unread
/// would reset the connection, and the answer with it.
const MOST_TIME: Duration = Duration::from_secs(1);
const MOST_BYTES: u64 = 256 << 10;

/// How much of what has arrived is read away of a client that is not waited for: the header of a usual request.
const ARRIVED: usize = 16 << 10;

/// A client that has been told, and may still be sending.
pub(super) struct Refused(StdTcpStream);

/// Tells a client in HTTP/1.1 that there is no place for its connection. It waits for nothing, and so costs no place: a
/// new connection takes an answer of this length at once.
pub(super) fn refuse(stream: TcpStream) -> io::Result<Refused> {
    let mut stream = stream.into_std()?;
    stream.write_all(&answer())?;
    stream.shutdown(Shutdown::Write)?;
    Ok(Refused(stream))
}

impl Refused {
    /// Reads away what the client sends until it closes, within bounds.
    pub(super) async fn linger(self) -> io::Result<()> {
        let stream = TcpStream::from_std(self.0)?.take(MOST_BYTES);
        // Whoever does not listen is not waited for.
        let _ = timeout(MOST_TIME, tokio::io::copy(&mut { stream }, &mut tokio::io::sink())).await;
        Ok(())
    }

    /// Closes now. A client that sends more is reset; most systems keep what had arrived before that.
    pub(super) fn close(mut self) {
        // Nothing may have arrived yet.
        let _ = self.0.read(&mut [0; ARRIVED]);
    }
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
