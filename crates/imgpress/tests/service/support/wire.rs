use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{KEY, Service};

/// Longer than anything here takes; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Connects without any manners.
pub async fn connect(service: &Service) -> TcpStream {
    TcpStream::connect(service.url.trim_start_matches("http://")).await.unwrap()
}

/// The head of an upload whose boundary is `B`, with more lines in it.
pub fn head(lines: &str) -> String {
    format!(
        "POST /compress HTTP/1.1\r\nhost: a\r\nx-api-key: {KEY}\r\ncontent-type: multipart/form-data; boundary=B\r\n{lines}\r\n"
    )
}

/// A part of a body whose boundary is `B`.
pub fn part(header: &str, content: &[u8]) -> Vec<u8> {
    [b"--B\r\nContent-Disposition: form-data; ", header.as_bytes(), b"\r\n\r\n", content, b"\r\n"].concat()
}

/// A whole body of these parts.
pub fn body_of(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat(), b"--B--\r\n".to_vec()].concat()
}

/// A whole upload on a connection of its own, after which it is closed.
pub fn upload_of(body: &[u8]) -> Vec<u8> {
    let head = head(&format!("connection: close\r\ncontent-length: {}\r\n", body.len()));
    [head.as_bytes(), body].concat()
}

/// Sends what the server may not want to read to its end, and reads all that it says: a server that has answered may
/// close before everything has been sent.
pub async fn exchange(service: &Service, bytes: &[u8]) -> String {
    let mut stream = connect(service).await;
    let (mut reading, mut writing) = stream.split();
    let mut answer = Vec::new();
    let sent_and_read = async { tokio::join!(writing.write_all(bytes), reading.read_to_end(&mut answer)) };
    // Either side may see the connection go before it is done.
    let _ = timeout(PATIENCE, sent_and_read).await.expect("the server closes");
    String::from_utf8_lossy(&answer).into_owned()
}

/// The statuses of all answers, in their order.
pub fn statuses(answers: &str) -> Vec<u16> {
    answers.split("HTTP/1.1 ").skip(1).map(|answer| answer[..3].parse().unwrap()).collect()
}
