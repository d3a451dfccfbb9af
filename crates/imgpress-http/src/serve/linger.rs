use std::io;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How much is thrown away at a time, in bytes.
const AT_ONCE: usize = 256 << 10;

/// Lets a request of HTTP/1 have its connection stay, once it has been ended from here, until the client has read why.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lingering(Arc<AtomicBool>);

impl Lingering {
    pub(crate) fn want(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Throws away what a client still sends, until it ends the connection too: closing with bytes unread would reset it, and
/// the answer with it. Ends after so many bytes or so long at the latest.
pub(super) async fn linger(stream: &TcpStream, most_bytes: u64, most_time: Duration) {
    let mut nothing = Vec::with_capacity(AT_ONCE);
    let ended = timeout(most_time, async {
        let mut thrown = 0;
        while thrown < most_bytes {
            stream.readable().await?;
            match stream.try_io(Interest::READABLE, || throw_away(stream, nothing.spare_capacity_mut())) {
                Ok(0) => break,
                Ok(bytes) => thrown += bytes as u64,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    });
    // Whoever resets the connection, or does not listen for so long, is not waited for.
    let _ = ended.await;
}

/// Throws away as much as fits into the space, which Linux leaves untouched: with `MSG_TRUNC` it skips the bytes of a
/// TCP stream instead of copying them (tcp(7)).
fn throw_away(stream: &TcpStream, space: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
    let flags = if cfg!(target_os = "linux") { libc::MSG_TRUNC } else { 0 };
    SockRef::from(stream).recv_with_flags(space, flags)
}
