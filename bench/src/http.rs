//! A client of HTTP/1.1 as small as a load generator's has to be: one connection that is kept, one answer at a time, and
//! no work worth mentioning beside that of the server on the same machine.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// How long an answer may be waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// The largest answer that is read.
const LARGEST: usize = 1 << 28;

/// What ends a part of an upload; it occurs in no picture but by a chance of 2^-128.
const BOUNDARY: &str = "----f1c0a9d27be34c0e8d5b61a74e2f9083";

/// A connection to a server on this machine.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    ///
    /// Nobody listens there.
    pub(crate) fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::with_capacity(1 << 16, stream) })
    }

    /// Sends a whole request, as [`get`] and [`upload`] make them, and puts the body of the answer into `body`.
    ///
    /// # Errors
    ///
    /// The answer has another status than 200, is not HTTP/1.1 with a `content-length`, or does not come.
    pub(crate) fn ask(&mut self, request: &[u8], body: &mut Vec<u8>) -> Result<()> {
        self.stream.get_mut().write_all(request)?;
        let status = self.line()?;
        let mut length = None;
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse::<usize>()?);
            }
        }
        let length = length.with_context(|| format!("an answer without a length: {status}"))?;
        ensure!(length <= LARGEST, "an answer of {length} bytes");
        body.resize(length, 0);
        self.stream.read_exact(body)?;
        if status.split(' ').nth(1) != Some("200") {
            bail!("{status}: {}", String::from_utf8_lossy(body));
        }
        Ok(())
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        let read = self.stream.by_ref().take(1 << 14).read_line(&mut line)?;
        ensure!(read > 0, "the server closed the connection");
        Ok(line.trim_end().to_owned())
    }
}

/// A request for a page.
pub(crate) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").into_bytes()
}

/// A request that uploads an image in the field `image`, with further header lines, each ended by CR LF.
pub(crate) fn upload(path: &str, headers: &str, image: &[u8]) -> Vec<u8> {
    let disposition = "content-disposition: form-data; name=\"image\"; filename=\"image\"";
    let start = format!("--{BOUNDARY}\r\n{disposition}\r\ncontent-type: application/octet-stream\r\n\r\n");
    let end = format!("\r\n--{BOUNDARY}--\r\n");
    let length = start.len() + image.len() + end.len();
    let kind = format!("content-type: multipart/form-data; boundary={BOUNDARY}");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}{kind}\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), start.as_bytes(), image, end.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    /// The port of a server that takes one connection, reads as many bytes as the request has and answers.
    fn serve_once(request: usize, answer: &'static str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            stream.read_exact(&mut vec![0; request]).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        port
    }

    fn ask(answer: &'static str) -> Result<Vec<u8>> {
        let (request, mut body) = (get("/x"), vec![7; 99]);
        Client::connect(serve_once(request.len(), answer))?.ask(&request, &mut body)?;
        Ok(body)
    }

    #[test]
    fn the_body_is_as_long_as_the_answer_says() {
        assert_eq!(ask("HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 3\r\n\r\nabcd").unwrap(), b"abc");
    }

    #[test]
    fn any_status_but_200_is_an_error_that_says_why() {
        let error = ask("HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nfull").unwrap_err();
        assert_eq!(error.to_string(), "HTTP/1.1 503 Busy: full");
    }

    #[test]
    fn an_upload_is_as_long_as_its_header_says() {
        let request = upload("/compress", "x-api-key: k\r\n", b"picture");
        let text = String::from_utf8(request).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains("x-api-key: k\r\n") && head.ends_with(&format!("content-length: {}", body.len()))
        );
        assert!(body.contains("\r\n\r\npicture\r\n--"));
    }
}
