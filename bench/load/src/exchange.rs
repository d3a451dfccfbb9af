//! One request and its answer, in HTTP/1.1.

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The longest header of an answer, and the longest answer, in bytes.
const LONGEST_HEADER: usize = 64 << 10;
const LONGEST: usize = 1 << 28;

/// What became of a request.
pub(crate) struct Answer {
    /// Of HTTP.
    pub(crate) status: u16,
    /// Whether the connection takes another request.
    pub(crate) keeps: bool,
}

/// Asks on a connection of its own.
pub(crate) async fn once(port: u16, request: &[u8]) -> Result<Answer> {
    exchange(&mut connect(port).await?, request).await
}

pub(crate) async fn connect(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends a request and reads its answer to the end, also one that comes before all has been sent.
pub(crate) async fn exchange(stream: &mut TcpStream, request: &[u8]) -> Result<Answer> {
    let (mut reader, mut writer) = stream.split();
    let mut buffer = Vec::with_capacity(4096);
    let mut sent = 0;
    let mut is_open = true;
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        ensure!(buffer.len() < LONGEST_HEADER, "a header without an end");
        tokio::select! {
            written = writer.write(&request[sent..]), if is_open && sent < request.len() => match written {
                Ok(bytes) => sent += bytes,
                // A server that refuses does not take the rest; its answer is still to be read.
                Err(_) => is_open = false,
            },
            read = reader.read_buf(&mut buffer) => ensure!(read? > 0, "closed without an answer"),
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let length: usize = field("content-length:").context("no length")?.parse()?;
    ensure!(length <= LONGEST, "an answer of {length} bytes");
    let mut left = (end + length).checked_sub(buffer.len()).context("more than one answer")?;
    let mut chunk = [0; 64 << 10];
    while left > 0 {
        let wanted = left.min(chunk.len());
        match reader.read(&mut chunk[..wanted]).await? {
            0 => bail!("half an answer"),
            read => left -= read,
        }
    }
    let keeps = sent == request.len() && field("connection:") != Some("close");
    Ok(Answer { status, keeps })
}
