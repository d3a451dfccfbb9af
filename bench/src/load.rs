//! Uploads at a steady concurrency, and how long each answer took.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};

use crate::clock::thread_time;
use crate::http::Client;

/// What one stretch of load gave.
pub(crate) struct Load {
    /// Requests a second.
    pub(crate) rate: f64,
    /// From the first byte sent to the last one read, in milliseconds, one for each request.
    pub(crate) latencies: Vec<f64>,
    /// CPU time that sending and reading took here, as a part of the time that went by.
    pub(crate) own: f64,
}

/// A request and how many bytes its answer has: another length would be another picture.
pub(crate) struct Request {
    /// The bytes to send.
    pub(crate) bytes: Vec<u8>,
    /// The length of the answer's body.
    pub(crate) answer: usize,
}

/// Sends the requests in turn, `times` over, on so many connections: each sends its next as soon as it has an answer.
///
/// # Errors
///
/// An answer is not 200 or has another length than it should.
pub(crate) fn run(port: u16, requests: &[Request], times: usize, connections: usize) -> Result<Load> {
    let next = AtomicUsize::new(0);
    let total = requests.len() * times;
    let begin = Instant::now();
    let results: Vec<Result<(Vec<f64>, Duration)>> = thread::scope(|scope| {
        let start = |_| scope.spawn(|| connection(port, requests, &next, total));
        let threads: Vec<_> = (0..connections).map(start).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(anyhow!("a connection's thread failed"))))
            .collect()
    });
    let seconds = begin.elapsed().as_secs_f64();
    let mut load = Load { rate: total as f64 / seconds, latencies: Vec::new(), own: 0.0 };
    for result in results {
        let (latencies, cpu) = result?;
        load.latencies.extend(latencies);
        load.own += cpu.as_secs_f64() / seconds;
    }
    Ok(load)
}

fn connection(
    port: u16,
    requests: &[Request],
    next: &AtomicUsize,
    total: usize,
) -> Result<(Vec<f64>, Duration)> {
    let cpu = thread_time();
    let mut client = Client::connect(port)?;
    let (mut body, mut latencies) = (Vec::new(), Vec::new());
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= total {
            return Ok((latencies, thread_time() - cpu));
        }
        let request = &requests[index % requests.len()];
        let begin = Instant::now();
        client.ask(&request.bytes, &mut body)?;
        latencies.push(begin.elapsed().as_secs_f64() * 1e3);
        ensure!(body.len() == request.answer, "an answer has {} bytes, not {}", body.len(), request.answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    /// A server that answers each request of five bytes with a body of two, on as many connections as come.
    fn server() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                thread::spawn(move || {
                    while stream.read_exact(&mut [0; 5]).is_ok() {
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab");
                    }
                });
            }
        });
        port
    }

    fn requests(answer: usize) -> Vec<Request> {
        [b"first", b"other"].map(|bytes| Request { bytes: bytes.to_vec(), answer }).into()
    }

    #[test]
    fn each_request_is_sent_as_often_as_asked_for() {
        let load = run(server(), &requests(2), 10, 4).unwrap();
        assert_eq!(load.latencies.len(), 20);
        assert!(load.rate > 0.0);
    }

    #[test]
    fn an_answer_of_another_length_ends_the_run() {
        assert!(run(server(), &requests(3), 10, 4).is_err());
    }
}
